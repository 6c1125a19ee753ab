"""Every layer, model and application written as ONNX gives in ONNX Runtime what it gives here."""

import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx_networks import by_onnxruntime

import afina
from afina import Model, applications, layers, ops, registry
from afina.errors import NotBuiltError, UnsupportedOperatorError
from afina.interop.onnx import export, load, to_proto
from afina.layers import Input, Layer

sys.path.insert(0, str(Path(__file__).parents[1] / "layers"))
from layer_cases import CASES, MERGES, SEQUENCES, STEPS


def numbers(shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype("float32")


def disturbed(model):
    """The model with weights that are not those of its initializers; variances stay positive."""
    for index, weight in enumerate(model.weights):
        noise = numbers(weight.shape, index + 1) * 0.1
        weight.assign(weight.numpy() * 1.3 if "variance" in weight.name else weight.numpy() + noise)
    return model


def assert_exported(model, *inputs, tolerance=1e-4):
    """ONNX Runtime, and our importer, compute what the model computes, for batches of one and four."""
    proto = to_proto(model)
    onnx.checker.check_model(proto, full_check=True)
    for batch in (1, 4):
        given = [np.resize(x, (batch, *x.shape[1:])) for x in inputs]
        wanted = model(given if len(given) > 1 else given[0])
        wanted = [np.asarray(y) for y in (wanted if isinstance(wanted, list | tuple) else [wanted])]
        scale = max(1.0, *[np.abs(y).max() for y in wanted])
        for got in (by_onnxruntime(proto, *given), load(proto.SerializeToString()).run(given)):
            for a, b in zip(got, wanted, strict=True):
                np.testing.assert_allclose(np.asarray(a), b, rtol=0, atol=tolerance * scale)
    return proto


@pytest.mark.parametrize(("layer", "shape"), CASES, ids=lambda v: v.name if isinstance(v, Layer) else "")
def test_a_layer_equals_onnx_runtime(layer, shape):
    layer = registry.deserialize(registry.serialize(layer))  # the table's own stays as it is
    x = numbers(shape)
    x = np.abs(x) if getattr(layer, "operation", "") == "power" else x
    inputs = Input(shape=shape[1:])
    assert_exported(disturbed(Model(inputs, layer(inputs))), x)


@pytest.mark.parametrize("name", MERGES)
def test_a_merging_layer_equals_onnx_runtime(name):
    pair = [Input(shape=(5,)), Input(shape=(5,))]
    assert_exported(Model(pair, getattr(layers, name)()(pair)), numbers((3, 5)), numbers((3, 5), 1))


RECURRENT = {
    "bidirectional": lambda: layers.Bidirectional(layers.LSTM(3, return_sequences=True)),
    "bidirectional sum": lambda: layers.Bidirectional(layers.GRU(3), merge_mode="sum"),
    "time distributed": lambda: layers.TimeDistributed(layers.Dense(2)),
    "lstm cell": lambda: layers.RNN(layers.LSTMCell(3), return_sequences=True),
    "stacked cells": lambda: layers.RNN([layers.GRUCell(3), layers.SimpleRNNCell(2)]),
    "backward cell": lambda: layers.RNN(layers.GRUCell(3, reset_after=False), go_backwards=True),
    "states": lambda: layers.LSTM(3, return_state=True, return_sequences=True),
    "other gates": lambda: layers.LSTM(3, activation="elu", recurrent_activation="hard_sigmoid"),
    "backward states": lambda: layers.GRU(3, return_sequences=True, return_state=True, go_backwards=True),
}


@pytest.mark.parametrize("name", RECURRENT)
def test_a_layer_over_time_equals_onnx_runtime(name):
    inputs = Input(shape=STEPS[1:])
    assert_exported(disturbed(Model(inputs, RECURRENT[name]()(inputs))), numbers(STEPS))


MASKED = {
    "lstm": lambda: layers.LSTM(3, return_sequences=True, return_state=True),
    "last lstm": lambda: layers.LSTM(3),
    "gru with zeros": lambda: layers.GRU(3, return_sequences=True, zero_output_for_mask=True),
    "simple rnn backward": lambda: layers.SimpleRNN(3, return_sequences=True, go_backwards=True),
    "bidirectional": lambda: layers.Bidirectional(layers.GRU(3, return_sequences=True)),
    "stacked cells": lambda: layers.RNN([layers.LSTMCell(3), layers.GRUCell(2)], return_sequences=True),
}


@pytest.mark.parametrize("name", MASKED)
def test_a_masked_layer_over_time_equals_onnx_runtime(name):
    inputs = Input(shape=(6, 3))
    x = numbers((4, 6, 3))
    x[0, 4:] = 0  # the end is hidden
    x[1, [0, 2, 3]] = 0  # the beginning, and steps between
    x[2] = 0  # everything; of the last sample nothing
    model = disturbed(Model(inputs, MASKED[name]()(layers.Masking()(inputs))))
    assert_exported(model, x)


def test_a_masked_layer_with_a_given_state_equals_onnx_runtime():
    inputs, states = Input(shape=(6, 3)), [Input(shape=(2,)), Input(shape=(2,))]
    y = layers.LSTM(2, return_sequences=True, return_state=True)(
        layers.Masking()(inputs), initial_state=states
    )
    x = numbers((4, 6, 3))
    x[0], x[1, :2] = 0, 0
    assert_exported(disturbed(Model([inputs, *states], y)), x, numbers((4, 2), 1), numbers((4, 2), 2))


ATTENTION = {
    "dot": lambda a, b: layers.Dot((1, 1), normalize=True)([a, b]),
    "scaled": lambda a, b: layers.Attention(use_scale=True)([a, b]),
    "concat": lambda a, b: layers.Attention(score_mode="concat")([a, b]),
    "additive": lambda a, b: layers.AdditiveAttention()([a, b]),
    "heads": lambda a, b: layers.MultiHeadAttention(2, 3)(a, b),
    "causal": lambda a, b: layers.MultiHeadAttention(2, 3)(a, b, use_causal_mask=True),
    "scores": lambda a, b: layers.MultiHeadAttention(2, 3)(a, b, return_attention_scores=True),
}


@pytest.mark.parametrize("name", ATTENTION)
def test_attention_equals_onnx_runtime(name):
    pair = [Input(shape=SEQUENCES[1:]), Input(shape=SEQUENCES[1:])]
    model = disturbed(Model(pair, ATTENTION[name](*pair)))
    assert_exported(model, numbers(SEQUENCES), numbers(SEQUENCES, 1))


def test_words_masked_by_an_embedding_reach_the_pooling():
    words = Input(shape=(5,), dtype="int64")
    y = layers.GlobalAveragePooling1D()(layers.Embedding(7, 3, mask_zero=True)(words))
    assert_exported(disturbed(Model(words, y)), np.array([[1, 2, 0, 0, 0], [3, 4, 5, 6, 0]]))


def test_soft_sharing_lambda_nested_and_subclassed_models_are_written():
    x = Input(shape=(4,))
    inner = Model(x, layers.Dense(3, activation="tanh")(x))
    both = layers.SoftSharing([layers.Dense(3), layers.Dense(3)])([inner(x), inner(x * 2.0)])
    y = layers.Lambda(lambda t: ops.exp(-t[:, ::-1]) / 2.0)(layers.Add()(both))
    assert_exported(Model(x, y), numbers((3, 4)))

    class Twice(Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(4)

        def call(self, inputs):
            return self.dense(self.dense(inputs)).sum(-1, keepdims=True)

    model, data = Twice(), numbers((2, 4))
    with pytest.raises(NotBuiltError, match="give inputs="):
        to_proto(model)
    (got,) = by_onnxruntime(to_proto(model, inputs=data), data)
    np.testing.assert_allclose(got, model(data).numpy(), atol=1e-5)


SMALL = {
    "MobileNetV2": ({}, 64),
    "EfficientNetLite0": ({}, 64),
    "EfficientNetLite1": ({}, 64),
    "EfficientNetLite2": ({}, 64),
    "SqueezeNet": ({}, 64),
    "ResNet18": ({}, 64),
    "ResNet50": ({}, 64),
    "VGG16": ({"include_top": False}, 32),
    "VGG19": ({"include_top": False}, 32),
    "InceptionResNetV2": ({}, 96),
}


@pytest.mark.parametrize("name", SMALL)
def test_an_application_equals_onnx_runtime(name):
    options, size = SMALL[name]
    model = getattr(applications, name)(weights=None, input_shape=(size, size, 3), **options)
    x = np.random.default_rng(0).uniform(-1, 1, (2, size, size, 3)).astype("float32")
    wanted = model(x).numpy()
    (got,) = by_onnxruntime(to_proto(model), x)
    np.testing.assert_allclose(got, wanted, rtol=0, atol=1e-4 * max(1.0, np.abs(wanted).max()))


def test_every_application_is_in_the_table_above():
    assert set(SMALL) == {name for name in dir(applications) if name[0].isupper()}


def test_what_is_exported_is_imported_trained_and_exported_again(tmp_path):
    inputs = Input(shape=(8, 8, 3))
    x = layers.Conv2D(8, 3, padding="same", activation="relu")(inputs)
    x = layers.BatchNormalization()(layers.DepthwiseConv2D(3, padding="same")(x))
    x = layers.MaxPooling2D()(layers.Add()([x, layers.Conv2D(8, 1)(inputs)]))
    model = Model(inputs, layers.Dense(2)(layers.GlobalAveragePooling2D()(x)))
    export(model, tmp_path / "first.onnx")
    twin = load(tmp_path / "first.onnx")
    data, labels = numbers((16, 8, 8, 3)), np.arange(16) % 2
    np.testing.assert_allclose(twin(data).numpy(), model(data).numpy(), atol=1e-5)
    assert len(twin.trainable_weights) == len(model.trainable_weights)
    for net in (model, twin):
        net.compile(afina.optimizers.SGD(0.1), afina.losses.SparseCategoricalCrossentropy(from_logits=True))
        net.fit(data, labels, epochs=1, batch_size=16, verbose=0)
    ours = sorted(np.abs(w.numpy()).sum() for w in model.trainable_weights)
    theirs = sorted(np.abs(w.numpy()).sum() for w in twin.trainable_weights)
    np.testing.assert_allclose(theirs, ours, rtol=1e-4, atol=1e-6)  # the same step from the same gradients
    export(twin, tmp_path / "second.onnx")
    again = load(tmp_path / "second.onnx")
    np.testing.assert_array_equal(again(data).numpy(), twin(data).numpy())
    (got,) = by_onnxruntime(onnx.load(tmp_path / "second.onnx"), data)
    np.testing.assert_allclose(got, twin(data).numpy(), atol=1e-4)


def test_transpositions_between_kernels_cancel():
    inputs = Input(shape=(8, 8, 3))
    x = layers.ReLU()(layers.BatchNormalization()(layers.Conv2D(4, 3)(inputs)))
    proto = to_proto(Model(inputs, layers.MaxPooling2D()(layers.Conv2D(4, 3, activation="relu")(x))))
    words = [node.op_type for node in proto.graph.node]
    assert words == [
        *(
            "Transpose",
            "Conv",
            "BatchNormalization",
            "Relu",
            "Conv",
            "Relu",
            "MaxPool",
            "Transpose",
            "Identity",
        )
    ]


def test_what_onnx_has_no_word_for_is_refused_by_name():
    inputs = Input(shape=(5, 3))
    looks = Model(inputs, layers.Lambda(lambda t: t * float(t.shape[0]))(inputs))
    with pytest.raises(UnsupportedOperatorError, match=r"ops\.multiply was given 2\.0 in one run and 3\.0"):
        to_proto(looks)
    outside = Model(inputs, layers.Lambda(lambda t: t + afina.tensor(np.sin(t.numpy())))(inputs))
    with pytest.raises(UnsupportedOperatorError, match=r"computed outside of afina\.ops"):
        to_proto(outside)
    scanned = Model(inputs, layers.Lambda(lambda t: ops.cumprod(t))(inputs))
    with pytest.raises(UnsupportedOperatorError, match=r"ops\.cumprod"):
        to_proto(scanned)


def test_the_ops_are_what_they_were_after_an_export():
    before = {name: getattr(ops, name) for name in ops.__all__}
    method = afina.Tensor.__dict__["__add__"]
    inputs = Input(shape=(3,))
    to_proto(Model(inputs, layers.Dense(2)(inputs)))
    assert all(getattr(ops, name) is function for name, function in before.items())
    assert afina.Tensor.__dict__["__add__"] is method
