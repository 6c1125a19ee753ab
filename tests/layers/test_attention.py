"""The attention layers against NumPy and with probabilities in memory, and their mistakes."""

import json

import numpy as np
import pytest

import afina
from afina import layers, ops, registry
from afina.errors import ArgumentError, ShapeError

BATCH, QUERIES, KEYS = 2, 5, 7


def softmax(scores, seen=True):
    e = np.where(seen, np.exp(scores - scores.max(axis=-1, keepdims=True)), 0)
    total = e.sum(axis=-1, keepdims=True)
    return e / np.where(total == 0, 1, total)


def built(layer, *inputs, **kwargs):
    """The layer with weights that are far from zero and one."""
    layer(*inputs, **kwargs)
    rng = np.random.default_rng(3)
    layer.set_weights([0.5 * rng.standard_normal(w.shape) for w in layer.weights])
    return layer


def operands(rng, dtype="float32"):
    """query, value and key of different widths."""
    shapes = [(BATCH, QUERIES, 8), (BATCH, KEYS, 6), (BATCH, KEYS, 3)]
    return [rng.standard_normal(shape).astype(dtype) for shape in shapes]


def reference(layer, query, value, key, seen=True):
    w = {weight.path.split("/", 1)[1]: weight.numpy() for weight in layer.weights}
    q, k, v = (
        np.einsum("btd,dhk->bhtk", x, w[f"{name}/kernel"]) + w[f"{name}/bias"][None, :, None]
        for x, name in ((query, "query"), (key, "key"), (value, "value"))
    )
    p = softmax(np.einsum("bhtk,bhsk->bhts", q, k) / layer.key_dim**0.5, seen)
    attended = np.einsum("bhts,bhsk->bthk", p, v)
    y = np.einsum("bthk,hk...->bt...", attended, w["attention_output/kernel"]) + w["attention_output/bias"]
    return y, p


@pytest.mark.parametrize(
    "options",
    [{}, {"value_dim": 6}, {"output_shape": 9}, {"output_shape": (3, 2)}, {"flash_attention": False}],
)
def test_heads_are_projected_attended_and_projected_back(options, rng):
    inputs = operands(rng)
    layer = built(layers.MultiHeadAttention(3, 4, **options), *inputs)
    wanted, _ = reference(layer, *inputs)
    y = layer(*inputs)
    assert y.shape == wanted.shape
    np.testing.assert_allclose(y.numpy(), wanted, rtol=1e-4, atol=1e-5)


def test_weights_have_the_layout_of_keras():
    layer = layers.MultiHeadAttention(3, 4, value_dim=5, name="m")
    layer.build((None, None, 8), (None, None, 6), (None, None, 7))
    assert [(w.path, w.shape) for w in layer.weights] == [
        ("m/query/kernel", (8, 3, 4)),
        ("m/query/bias", (3, 4)),
        ("m/key/kernel", (7, 3, 4)),
        ("m/key/bias", (3, 4)),
        ("m/value/kernel", (6, 3, 5)),
        ("m/value/bias", (3, 5)),
        ("m/attention_output/kernel", (3, 5, 8)),
        ("m/attention_output/bias", (8,)),
    ]


MASKS = {
    "attention_mask": lambda seen: seen[:, 0],
    "one for all heads and samples": lambda seen: seen[0, 0],
    "of heads": lambda seen: seen,
    "value_mask": lambda seen: seen[:, 0, 0],
    "key_mask": lambda seen: seen[:, 0, 0],
    "query_mask": lambda seen: seen[:, 0, :, 0],
}


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("kind", MASKS)
def test_masks_hide_keys_from_queries(kind, causal, rng):
    seen = rng.random((BATCH, 3, QUERIES, KEYS)) < 0.7
    mask = MASKS[kind](seen)
    shown = {
        "one for all heads and samples": lambda: mask[None, None],
        "attention_mask": lambda: mask[:, None],
        "of heads": lambda: mask,
        "query_mask": lambda: mask[:, None, :, None],
    }.get(kind, lambda: mask[:, None, None])()
    shown = shown & np.tri(QUERIES, KEYS, dtype=bool) if causal else shown
    inputs = operands(rng)
    argument = kind if kind.endswith("_mask") else "attention_mask"
    layer = built(layers.MultiHeadAttention(3, 4), *inputs)
    wanted, weights = reference(layer, *inputs, seen=shown)
    options = {argument: mask, "use_causal_mask": causal}
    np.testing.assert_allclose(layer(*inputs, **options).numpy(), wanted, rtol=1e-4, atol=1e-5)
    y, scores = layer(*inputs, **options, return_attention_scores=True)
    np.testing.assert_allclose(y.numpy(), wanted, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(scores.numpy(), weights, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("causal", [False, True])
def test_gradients_are_those_of_probabilities_in_memory(causal, rng):
    inputs = [afina.tensor(x, requires_grad=True) for x in operands(rng, "float64")]
    mask = rng.random((BATCH, KEYS)) < 0.7
    found = []
    for flash in (None, False):
        layer = built(layers.MultiHeadAttention(3, 4, dtype="float64", flash_attention=flash), *inputs)
        loss = ops.sum(ops.square(layer(*inputs, use_causal_mask=causal, value_mask=mask)))
        found.append(afina.gradients(loss, [*inputs, *layer.trainable_weights]))
    for ours, wanted in zip(*found, strict=True):
        np.testing.assert_allclose(ours.numpy(), wanted.numpy(), rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("axes", [None, 1, (2,), (1, 2), (2, 1)])
def test_attention_runs_over_the_chosen_axes(axes, rng):
    x = rng.standard_normal((2, 3, 4, 8)).astype("float32")
    layer = built(layers.MultiHeadAttention(2, 4, attention_axes=axes), x, x)
    chosen = (1, 2) if axes is None else (axes,) if isinstance(axes, int) else axes
    rest = [a for a in (1, 2) if a not in chosen]
    order = (0, *rest, *chosen, 3)
    moved = x.transpose(order)
    rows = moved.reshape(-1, np.prod([x.shape[a] for a in chosen]), 8)
    wanted, _ = reference(layer, rows, rows, rows)
    wanted = wanted.reshape(moved.shape).transpose(np.argsort(order))
    np.testing.assert_allclose(layer(x, x).numpy(), wanted, rtol=1e-4, atol=1e-5)


def test_masks_that_tensors_carry_hide_keys_and_are_passed_on(rng):
    tokens = np.array([[3, 1, 0, 0], [2, 0, 0, 0]])
    x = layers.Embedding(5, 8, mask_zero=True)(tokens)
    seen = tokens != 0
    layer = layers.MultiHeadAttention(2, 4)
    y = layer(x, x, use_causal_mask=True)
    plain = afina.tensor(x.numpy())
    wanted = layer(plain, plain, query_mask=seen, value_mask=seen, use_causal_mask=True)
    np.testing.assert_array_equal(y.numpy(), wanted.numpy())
    np.testing.assert_array_equal(y.mask.numpy(), seen)
    attended = layers.Attention()([x, x])
    np.testing.assert_array_equal(
        attended.numpy(), layers.Attention()([plain, plain], mask=[seen, seen]).numpy()
    )
    np.testing.assert_array_equal(attended.mask.numpy(), seen)


def test_probabilities_are_dropped_in_training_only(rng):
    x = rng.standard_normal((2, 6, 8)).astype("float32")
    layer = layers.MultiHeadAttention(2, 4, dropout=0.5, seed=1)
    still = layer(x, x).numpy()
    np.testing.assert_array_equal(layer(x, x).numpy(), still)
    first, second = (layer(x, x, training=True).numpy() for _ in range(2))
    assert (first != still).any()
    assert (first != second).any()
    again = layers.MultiHeadAttention(2, 4, dropout=0.5, seed=1)
    again.build(x.shape, x.shape)
    again.set_weights(layer.get_weights())
    np.testing.assert_array_equal(again(x, x, training=True).numpy(), first)


@pytest.mark.parametrize("mode", ["dot", "concat", "additive"])
@pytest.mark.parametrize("causal", [False, True])
def test_unprojected_attention_is_the_papers_formula(mode, causal, rng):
    query = rng.standard_normal((BATCH, QUERIES, 8)).astype("float32")
    value, key = (rng.standard_normal((BATCH, KEYS, n)).astype("float32") for n in (6, 8))
    made = layers.AdditiveAttention() if mode == "additive" else layers.Attention(True, mode)
    layer = built(made, [query, value, key])
    sums = query[:, :, None] + key[:, None]
    if mode == "dot":
        scores = np.einsum("btd,bsd->bts", query, key) * layer.scale.numpy()
    elif mode == "concat":
        scores = layer.concat_score_weight.numpy() * np.tanh(sums * layer.scale.numpy()).sum(-1)
    else:
        scores = (layer.scale.numpy() * np.tanh(sums)).sum(-1)
    wanted, seen = rng.random((BATCH, QUERIES)) < 0.7, rng.random((BATCH, KEYS)) < 0.7
    shown = seen[:, None] & np.tri(QUERIES, KEYS, dtype=bool) if causal else seen[:, None]
    weights = softmax(scores, shown)
    expected = np.where(wanted[:, :, None], weights @ value, 0)
    options = {"mask": [wanted, seen], "use_causal_mask": causal}
    np.testing.assert_allclose(layer([query, value, key], **options).numpy(), expected, rtol=1e-4, atol=1e-5)
    y, scores = layer([query, value, key], **options, return_attention_scores=True)
    np.testing.assert_allclose(y.numpy(), expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(scores.numpy(), weights, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    "layer",
    [
        layers.MultiHeadAttention(2, 4, 3, 0.1, False, (2, 3), 1, seed=4, kernel_regularizer="l2"),
        layers.Attention(use_scale=True, score_mode="concat", dropout=0.2, seed=1),
        layers.AdditiveAttention(use_scale=False, dropout=0.2),
    ],
    ids=lambda layer: layer.name,
)
def test_the_layers_come_back_from_json(layer, rng):
    x = rng.standard_normal((2, 5, 8)).astype("float32")
    inputs = (x, x) if isinstance(layer, layers.MultiHeadAttention) else ([x, x],)
    text = json.dumps(registry.serialize(layer))
    again = registry.deserialize(json.loads(text))
    assert json.dumps(registry.serialize(again)) == text
    y = layer(*inputs).numpy()
    again(*inputs)
    again.set_weights(layer.get_weights())
    np.testing.assert_array_equal(again(*inputs).numpy(), y)


def test_a_model_with_attention_learns_is_saved_and_loaded(tmp_path, rng):
    tokens = afina.Input((6,), dtype="int32")
    x = layers.Embedding(11, 8)(tokens)
    y, scores = layers.MultiHeadAttention(2, 4)(x, x, use_causal_mask=True, return_attention_scores=True)
    x = layers.Attention()([layers.MultiHeadAttention(2, 4)(y, x, use_causal_mask=True), x])
    assert scores.shape == (None, 2, 6, 6)
    model = afina.Model(tokens, layers.Dense(11)(x))
    model.compile("adam", afina.losses.SparseCategoricalCrossentropy(from_logits=True))
    ids = rng.integers(0, 11, (16, 6)).astype("int32")
    history = model.fit(ids, ids, epochs=20, verbose=0).history["loss"]
    assert history[-1] < history[0]
    model.save(tmp_path / "model.afina")
    again = afina.models.load_model(tmp_path / "model.afina")
    np.testing.assert_array_equal(again.predict(ids, verbose=0), model.predict(ids, verbose=0))


X = np.zeros((2, 5, 8), "float32")
MISTAKES = [
    (lambda: layers.MultiHeadAttention(0, 4), ArgumentError, "num_heads must be a positive int, got 0"),
    (lambda: layers.MultiHeadAttention(2, 4, dropout=1.0), ArgumentError, r"dropout must lie in \[0, 1\)"),
    (lambda: layers.MultiHeadAttention(2, 4, output_shape=0), ArgumentError, "output_shape must be a pos"),
    (lambda: layers.MultiHeadAttention(2, 4)(X), ArgumentError, "needs a query and a value, got no value"),
    (lambda: layers.MultiHeadAttention(2, 4)(X[0], X), ShapeError, "at least rank 3"),
    (lambda: layers.MultiHeadAttention(2, 4)(X, X[0]), ShapeError, "value needs at least three axes"),
    (lambda: layers.MultiHeadAttention(2, 4)(X, X[:1]), ShapeError, "does not fit query of shape"),
    (lambda: layers.MultiHeadAttention(2, 4)(X, X, X[:, :3]), ShapeError, "key and value need the same len"),
    (
        lambda: layers.MultiHeadAttention(2, 4)(X, X, attention_mask=np.ones((2, 4, 5), bool)),
        ShapeError,
        r"attention_mask of shape \(2, 4, 5\) does not fit scores of shape \(2, 2, 5, 5\)",
    ),
    (
        lambda: layers.MultiHeadAttention(2, 4)(X, X, value_mask=np.ones((2, 4), bool)),
        ShapeError,
        r"value_mask needs shape \(n, 5\), one entry a position, got \(2, 4\)",
    ),
    (
        lambda: layers.MultiHeadAttention(2, 4, attention_axes=3)(X, X),
        ArgumentError,
        "attention_axes must be",
    ),
    (lambda: layers.Attention(score_mode="some"), ArgumentError, "score_mode must be 'dot' or 'concat'"),
    (lambda: layers.Attention()(X), ShapeError, "inputs must be a list of query, value and key"),
    (lambda: layers.Attention()([X]), ArgumentError, r"inputs must be a list \[query, value\]"),
    (lambda: layers.AdditiveAttention()([X, X[0]]), ShapeError, "of shapes"),
    (lambda: layers.Attention()([X, X], mask=X), ArgumentError, r"mask must be \[query_mask, value_mask\]"),
    (
        lambda: layers.Attention()([X, X], mask=[None, np.ones((2, 5, 1), bool)]),
        ShapeError,
        r"mask\[1\] needs 2 axes, got shape \(2, 5, 1\)",
    ),
]


@pytest.mark.parametrize(("call", "error", "match"), MISTAKES)
def test_a_mistake_is_named(call, error, match):
    with pytest.raises(error, match=match):
        call()
