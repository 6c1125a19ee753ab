"""Transfer in every mode: what is trained changes, what is frozen keeps every bit (K1 to K4, K8)."""

import numpy as np
import pytest

from afina import Model, Sequential, applications, layers
from afina.errors import ArgumentError
from afina.features import feature_tensor
from afina.transfer import Stage, Transfer, freeze, gradual, head_then_middle, unfreeze


def network():
    """Two convolutions with their normalizations, and a classifier; its statistics are not those of zeros."""
    image = layers.Input(shape=(8, 8, 3))
    x = image
    for number, filters in enumerate((4, 6), 1):
        x = layers.Conv2D(filters, 3, 2, "same", use_bias=False, name=f"conv{number}")(x)
        x = layers.ReLU(name=f"relu{number}")(layers.BatchNormalization(name=f"norm{number}")(x))
    x = layers.Dropout(0.5, name="old_dropout")(layers.GlobalAveragePooling2D(name="pool")(x))
    model = Model(image, layers.Dense(7, "softmax", name="old_head")(x))
    rng = np.random.default_rng(0)
    for weight in model.weights:
        if weight.name in ("moving_mean", "beta"):
            weight.assign(rng.normal(0, 0.2, weight.shape))
        elif weight.name in ("moving_variance", "gamma"):
            weight.assign(rng.uniform(0.5, 1.5, weight.shape))
    return model


def images(count=16):
    rng = np.random.default_rng(1)
    y = np.arange(count) % 3
    return (rng.normal(size=(count, 8, 8, 3)) + y[:, None, None, None]).astype("float32"), y


TRAINED = {
    "total": {"conv1", "norm1", "conv2", "norm2", "transfer_head"},
    "partial": {"conv2", "norm2", "transfer_head"},
    "minimum": {"transfer_head"},
}


@pytest.mark.parametrize("mode", TRAINED)
def test_a_mode_trains_exactly_its_layers_and_frozen_ones_keep_every_bit(mode):
    transfer = Transfer(network(), 3, mode)
    model = transfer.model
    assert model.output_shape == (None, 3)
    assert {layer.name for layer in model.layers if layer.trainable_weights} == TRAINED[mode]
    before = {weight.path: weight.numpy().copy() for weight in model.weights}
    transfer.fit(*images(), [Stage(100, 1e-3)], batch_size=16, verbose=0)  # 100 steps
    for weight in model.weights:
        layer = weight.path.split("/")[0]
        same = np.array_equal(weight.numpy(), before[weight.path])
        assert same == (layer not in TRAINED[mode]), weight.path


def test_a_frozen_normalization_uses_its_moving_statistics_in_training():
    transfer = Transfer(network(), 3, "minimum", dropout=0.0)
    x, _ = images()
    np.testing.assert_array_equal(
        transfer.model(x, training=True).numpy(), transfer.model(x, training=False).numpy()
    )
    transfer.set_mode("total")
    assert not np.allclose(
        transfer.model(x, training=True).numpy(), transfer.model(x, training=False).numpy()
    )


def test_the_given_model_is_not_changed():
    model = network()
    before = model.get_weights()
    Transfer(model, 3, "total").fit(*images(), [Stage(2)], verbose=0)
    for mine, theirs in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert all(layer.trainable for layer in model.layers)


def test_dense_layers_are_put_between_and_the_middle_is_trained_afterwards():
    head = [layers.Dense(5, "relu", name="between"), layers.Dense(3, "softmax", name="classes")]
    transfer = Transfer(network(), 3, head=head)
    history = transfer.fit(*images(), head_then_middle("conv2", (2, 3)), verbose=0, batch_size=8)
    assert history.epoch == [0, 1, 2, 3, 4]
    assert len(history.history["loss"]) == 5
    assert [layer.name for layer in transfer.model.layers if layer.trainable_weights] == [
        "conv2", "norm2", "between", "classes",
    ]  # fmt: skip
    with pytest.raises(ArgumentError, match=r"head must give 4 classes, it gives \(3,\)"):
        Transfer(network(), 4, head=[layers.Dense(3)])
    with pytest.raises(ArgumentError, match="list of layers"):
        Transfer(network(), 4, head=["softmax"])


def test_gradual_unfreezing_goes_from_the_head_to_the_first_layer():
    transfer = Transfer(network(), 3)
    assert transfer.groups(4) == ["norm2", "conv2", "norm1", "conv1"]
    stages = gradual(transfer.groups(2), 1, 1e-3)
    seen = []
    for stage in stages:
        transfer.fit(*images(), [stage], verbose=0)
        seen.append(len(transfer.model.trainable_weights))
    assert seen == [2, 5, 8]  # head; and conv2, gamma, beta; and the same of the first
    with pytest.raises(ArgumentError, match=r"count must lie in 1\.\.4"):
        transfer.groups(5)
    with pytest.raises(ArgumentError, match="factor"):
        gradual(["conv1"], factor=0)


def test_the_first_layers_are_frozen_by_number_and_by_name():
    model = network()
    assert freeze(model, 3) == 3
    assert [layer.name for layer in model.layers if layer.trainable_weights] == ["conv2", "norm2", "old_head"]
    unfreeze(model)
    assert freeze(model, until="norm2") == 5
    assert [layer.name for layer in model.layers if layer.trainable_weights] == ["old_head"]
    unfreeze(model, start="conv2")
    assert [layer.name for layer in model.layers if layer.trainable_weights] == ["conv2", "norm2", "old_head"]
    unfreeze(model)
    freeze(model, -1)
    assert [layer.name for layer in model.layers if layer.trainable_weights] == ["old_head"]
    freeze(model)
    assert not model.trainable_weights
    unfreeze(model, 1)
    assert len(model.trainable_weights) == 2
    for arguments, message in (
        ({"until": "conv9"}, "no layer 'conv9'"),
        ({"n": 1, "until": "conv1"}, "not both"),
        ({"n": 1.5}, "n must be an int"),
    ):
        with pytest.raises(ArgumentError, match=message):
            freeze(model, **arguments)
    with pytest.raises(ArgumentError, match="at least 0"):
        unfreeze(model, -1)


def test_the_classifier_is_found_and_cut_off():
    small = {"weights": None, "input_shape": (64, 64, 3)}
    assert feature_tensor(network()).node.layer.name == "pool"
    assert feature_tensor(applications.SqueezeNet(**small)).node.layer.name == "fire9_concat"
    assert feature_tensor(applications.ResNet18(**small)).node.layer.name == "avg_pool"
    without = applications.ResNet18(include_top=False, **small)
    assert feature_tensor(without) is without.outputs[0]
    assert feature_tensor(network(), "relu1").shape == (None, 4, 4, 4)
    chain = Sequential([layers.Dense(4, input_shape=(3,)), layers.Dense(2), layers.Softmax()])
    assert feature_tensor(chain).shape == (None, 4)
    image = layers.Input(shape=(3,))
    both = Model(image, [layers.Dense(1)(image), layers.Dense(2)(image)])
    with pytest.raises(ArgumentError, match="several outputs"):
        feature_tensor(both)


def test_a_squeezenet_gets_a_head_behind_its_last_images():
    transfer = Transfer(applications.SqueezeNet(weights=None, input_shape=(64, 64, 3)), 4, "partial")
    assert transfer.model.output_shape == (None, 4)
    assert [layer.name for layer in transfer.model.layers if layer.trainable_weights] == [
        "fire9_expand3x3", "transfer_head",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"classes": 0}, "classes must be a positive int"),
        ({"classes": True}, "classes must be a positive int"),
        ({"classes": 2, "mode": "all"}, "mode must be one of"),
        ({"classes": 2, "features": "nowhere"}, "no layer 'nowhere'"),
        ({"classes": 2, "mode": "partial", "start": "nowhere"}, "no layer 'nowhere'"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        Transfer(network(), **arguments)


def test_no_model_and_no_epochs_are_refused():
    with pytest.raises(ArgumentError, match="model must be a model"):
        Transfer("MobileNetV2", 2)
    with pytest.raises(ArgumentError, match="epochs"):
        Stage(0)


def test_one_class_ends_in_a_sigmoid():
    transfer = Transfer(network(), 1)
    x, y = images()
    history = transfer.fit(x, (y > 0).astype("float32")[:, None], [Stage(2)], verbose=0)
    assert len(history.history["accuracy"]) == 2


def test_the_decks_listing_freezes_pops_and_adds_a_new_softmax():  # A2.7
    model = Sequential(
        [
            layers.Conv2D(4, 3, activation="relu", input_shape=(8, 8, 1)),
            layers.Flatten(),
            layers.Dense(6, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    for layer in model.layers:
        layer.trainable = False
    model.pop()
    model.add(layers.Dense(2, activation="softmax"))
    model.compile("sgd", "sparse_categorical_crossentropy")
    before = model.get_weights()
    model.fit(np.random.default_rng(0).normal(size=(8, 8, 8, 1)), np.arange(8) % 2, epochs=3, verbose=0)
    changed = [not np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True)]
    assert changed == [False, False, False, False, True, True]
