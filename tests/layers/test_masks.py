"""Masks: who makes them, who passes them on, where they end, and what losses and metrics make of them."""

import json

import numpy as np
import pytest

import afina
from afina import layers, losses, metrics, ops, registry
from afina.errors import DTypeError, ShapeError
from afina.layers import LSTM, Dense, Dropout, Embedding, Input, Masking
from afina.masked import MaskedTensor, mask_of

WORDS = np.array([[3, 1, 2, 0], [4, 0, 0, 0], [1, 2, 3, 4]], "int32")
KEPT = WORDS != 0


def masked(shape=(3, 4, 2)):
    values = np.random.default_rng(0).standard_normal(shape).astype("float32")
    return MaskedTensor(afina.tensor(values), KEPT)


def test_an_embedding_with_mask_zero_hides_zeros():
    np.testing.assert_array_equal(mask_of(Embedding(5, 2, mask_zero=True)(WORDS)).numpy(), KEPT)
    assert mask_of(Embedding(5, 2)(WORDS)) is None


def test_masking_hides_steps_whose_features_all_have_the_value():
    x = np.array([[[1.0, 9.0], [9.0, 9.0]], [[9.0, 9.0], [9.0, 0.0]]], "float32")
    layer = Masking(9.0)
    for _ in range(2):  # also when the layer is known
        y = layer(x)
        assert mask_of(y).tolist() == [[True, False], [False, True]]
        np.testing.assert_array_equal(y.numpy(), x * mask_of(y).numpy()[..., None])


@pytest.mark.parametrize(
    "layer",
    [
        Dense(3),
        layers.Activation("tanh"),
        layers.ReLU(),
        Dropout(0.5),
        layers.LayerNormalization(),
        LSTM(2, return_sequences=True),
        layers.Rescaling(2.0),
    ],
    ids=lambda layer: layer.name,
)
def test_a_layer_that_keeps_the_steps_passes_the_mask_on(layer):
    for _ in range(2):
        assert mask_of(layer(masked())).tolist() == KEPT.tolist()
    assert mask_of(layer(masked().detach())) is None


def test_merging_layers_join_masks():
    a, b = masked(), MaskedTensor(afina.tensor(np.ones((3, 4, 2), "float32")), ~KEPT)
    assert mask_of(layers.add([a, a])).tolist() == KEPT.tolist()
    assert mask_of(layers.add([a, b])).numpy().all()
    assert mask_of(layers.add([a, a.detach()])) is None
    assert mask_of(layers.concatenate([a, a])).tolist() == KEPT.tolist()
    joined = mask_of(layers.concatenate([a, b.detach()], axis=1)).numpy()
    np.testing.assert_array_equal(joined, np.concatenate([KEPT, np.ones((3, 4), bool)], 1))
    assert mask_of(layers.dot([a, a], axes=2)) is None


def test_a_layer_that_cannot_pass_a_mask_on_says_that_it_ends():
    with pytest.warns(UserWarning, match="Flatten 'flatten.*the mask of the inputs ends here"):
        assert mask_of(layers.Flatten()(masked())) is None
    assert mask_of(LSTM(3)(masked())) is None  # used up: no warning


def test_a_layer_of_ones_own_reads_the_mask_and_makes_another():
    class Shift(layers.Layer):
        supports_masking = True

        def call(self, inputs, mask=None):
            self.seen = mask
            return inputs

        def compute_mask(self, inputs, mask=None):
            return None if mask is None else ops.flip(mask, 1)

    layer = Shift()
    assert mask_of(layer(masked())).tolist() == KEPT[:, ::-1].tolist()
    assert layer.seen.tolist() == KEPT.tolist()
    layer(masked(), mask=afina.tensor(~KEPT))
    assert layer.seen.tolist() == (~KEPT).tolist()
    assert mask_of(layer(masked().detach())) is None


def model_of(kind):
    parts = [Embedding(5, 3, mask_zero=True), LSTM(4, return_sequences=True), Dropout(0.0), LSTM(3)]
    if kind == "sequential":
        return afina.Sequential([Input((None,), dtype="int32"), *parts])
    if kind == "functional":
        x = y = Input((None,), dtype="int32")
        for part in parts:
            y = part(y)
        return afina.Model(x, y)
    if kind == "nested":
        inner = afina.Sequential([Input((None,), dtype="int32"), *parts[:2]])
        return afina.Sequential([Input((None,), dtype="int32"), inner, *parts[2:]])

    class Own(afina.Model):
        def __init__(self):
            super().__init__()
            self.parts = parts

        def call(self, inputs):
            for part in self.parts:
                inputs = part(inputs)
            return inputs

    return Own()


@pytest.mark.parametrize("kind", ["sequential", "functional", "nested", "subclass"])
def test_in_every_kind_of_model_padding_changes_nothing(kind):
    model = model_of(kind)
    y = model(WORDS).numpy()
    for row, length in enumerate(KEPT.sum(1)):
        np.testing.assert_allclose(
            model(WORDS[row : row + 1, :length]).numpy()[0], y[row], rtol=1e-5, atol=1e-7
        )
    longer = np.concatenate([WORDS, np.zeros((3, 5), "int32")], 1)
    np.testing.assert_allclose(model.predict(longer, verbose=0), y, rtol=1e-6)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("weighted", [False, True])
def test_a_loss_counts_the_steps_that_the_mask_keeps(reduction, weighted):
    p, y = masked(), np.zeros((3, 4, 2), "float32")
    weights = np.array([1.0, 2.0, 0.5], "float32") if weighted else None
    loss = losses.MeanSquaredError(reduction=reduction)(y, p, weights).item()
    every = (p.numpy() ** 2).mean(-1) * (1 if weights is None else weights[:, None])
    assert loss == pytest.approx(every[KEPT].mean() if reduction == "mean" else every[KEPT].sum(), rel=1e-5)


def test_a_metric_counts_the_steps_that_the_mask_keeps():
    p, y = masked(), np.zeros((3, 4, 2), "float32")
    every = abs(p.numpy()).mean(-1)
    assert metrics.MeanAbsoluteError()(y, p) == pytest.approx(every[KEPT].mean(), rel=1e-5)
    labels = np.random.default_rng(1).integers(0, 2, (3, 4))
    right = (p.numpy().argmax(-1) == labels)[KEPT].mean()
    assert metrics.SparseCategoricalAccuracy()(labels, p) == pytest.approx(right)
    custom = metrics.MeanOfFunction(lambda t, q: ops.mean(abs(t - q), -1))
    assert custom(y, p) == pytest.approx(every[KEPT].mean(), rel=1e-5)


def test_fit_and_evaluate_leave_the_padding_out():
    def made():
        afina.utils.set_random_seed(4)
        model = afina.Sequential(
            [
                Input((None,), dtype="int32"),
                Embedding(5, 3, mask_zero=True),
                LSTM(4, return_sequences=True),
                Dense(2),
            ]
        )
        model.compile("sgd", "mse", metrics=["mae"], weighted_metrics=["mse"])
        return model

    y = np.random.default_rng(2).standard_normal((3, 4, 2)).astype("float32")
    spoilt = np.where(KEPT[..., None], y, 1e6).astype("float32")
    first, second = made(), made()
    logs = [
        m.fit(WORDS, t, epochs=3, verbose=0, shuffle=False).history for m, t in ((first, y), (second, spoilt))
    ]
    assert logs[0] == logs[1]
    for a, b in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    found = first.evaluate(WORDS, spoilt, verbose=0)
    error = (first(WORDS).numpy() - y)[KEPT]
    np.testing.assert_allclose(found, [(error**2).mean(), abs(error).mean(), (error**2).mean()], rtol=1e-5)


def test_a_mask_must_fit_its_values():
    x = afina.tensor(np.ones((3, 4, 2), "float32"))
    with pytest.raises(ShapeError, match=r"mask must have the leading axes of values of shape \(3, 4, 2\)"):
        MaskedTensor(x, KEPT[:2])
    with pytest.raises(DTypeError, match="mask must be bool, got float32"):
        MaskedTensor(x, afina.tensor(KEPT.astype("float32")))


def test_an_embedding_and_a_masking_layer_come_back_from_json():
    for layer in (Embedding(5, 2, mask_zero=True), Masking(-1.0)):
        again = registry.deserialize(json.loads(json.dumps(registry.serialize(layer))))
        assert again.get_config() == layer.get_config()
        assert again.supports_masking


def test_gradients_go_through_a_masked_tensor():
    table = Embedding(5, 2, mask_zero=True)
    table(WORDS)
    y = layers.Rescaling(3.0)(table(WORDS))
    (found,) = afina.gradients(y.sum(), table.trainable_weights)
    np.testing.assert_array_equal(found.numpy()[:, 0], 3 * np.bincount(WORDS.ravel(), minlength=5))


def test_attention_heeds_the_masks_of_what_it_is_given():
    short, long = masked((3, 4, 6)), afina.tensor(np.ones((3, 5, 6), "float32"))
    heads, plain = layers.MultiHeadAttention(2, 3), layers.Attention()
    y = heads(long, short)
    np.testing.assert_array_equal(y.numpy(), heads(long, short.detach(), value_mask=KEPT).numpy())
    assert abs(y.numpy() - heads(long, short.detach()).numpy()).max() > 1e-4
    assert mask_of(y) is None
    assert mask_of(heads(short, short)).tolist() == KEPT.tolist()
    y, scores = plain([short, long], return_attention_scores=True)
    assert mask_of(y).tolist() == KEPT.tolist()
    assert mask_of(scores) is None
    joined = plain([long, short]).numpy()
    np.testing.assert_array_equal(joined, plain([long, short.detach()], mask=[None, KEPT]).numpy())
