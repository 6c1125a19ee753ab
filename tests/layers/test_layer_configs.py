"""Every registered layer comes back from its configuration, through JSON, and computes the same."""

import json

import numpy as np
import pytest
from layer_cases import CASES, MERGES, ROWS

import afina
from afina import layers, registry
from afina.errors import ArgumentError
from afina.layers import Layer


@pytest.mark.parametrize(("layer", "shape"), CASES, ids=lambda v: v.name if isinstance(v, Layer) else "")
def test_a_layer_comes_back_from_json_and_computes_the_same(layer, shape, rng):
    x = rng.standard_normal(shape).astype("float32")
    y = layer(x).numpy()
    assert layer(layers.Input(shape=shape[1:])).shape == (None, *y.shape[1:])
    text = json.dumps(registry.serialize(layer))
    again = registry.deserialize(json.loads(text))
    assert type(again) is type(layer)
    assert json.dumps(registry.serialize(again)) == text
    again(x)
    again.set_weights(layer.get_weights())
    np.testing.assert_array_equal(again(x).numpy(), y)
    assert len(again.trainable_weights) == len(layer.trainable_weights)


@pytest.mark.parametrize("name", MERGES)
def test_a_merging_layer_comes_back_from_json(name, rng):
    layer = getattr(layers, name)()
    pair = [rng.standard_normal(ROWS).astype("float32") for _ in range(2)]
    again = registry.deserialize(json.loads(json.dumps(registry.serialize(layer))))
    np.testing.assert_array_equal(again(pair).numpy(), layer(pair).numpy())


def test_every_registered_layer_is_in_the_table_above():
    tested = {type(layer).__name__ for layer, _ in CASES} | set(MERGES)
    elsewhere = {"Embedding", "Dot", "Lambda", "InputLayer", "Model", "Sequential"}
    elsewhere |= {"OnnxModel", "TorchModel", "TorchLayer"}  # tests/interop
    elsewhere |= {"SoftSharing"}  # tests/multitask
    elsewhere |= {"MultiHeadAttention", "Attention", "AdditiveAttention"}  # test_attention.py
    elsewhere |= {"RNN", "LSTMCell", "GRUCell", "SimpleRNNCell", "StackedRNNCells"}  # in test_recurrent.py
    elsewhere |= {"Bidirectional", "TimeDistributed"}  # in test_over_time.py
    known = {
        n
        for n, c in registry.registered_classes().items()
        if issubclass(c, Layer) and c.__module__ != __name__
    }
    ours = {n for n in known if registry.find_class(n).__module__.startswith("afina.")}
    assert ours - elsewhere == tested  # some modules of the others are imported when they are used


def test_embedding_and_dot_come_back(rng):
    table = layers.Embedding(7, 3, embeddings_initializer="ones")
    again = registry.deserialize(json.loads(json.dumps(registry.serialize(table))))
    np.testing.assert_array_equal(again(np.array([[1, 2]])).numpy(), np.ones((1, 2, 3)))
    dot = registry.deserialize(json.loads(json.dumps(registry.serialize(layers.Dot((1, 2), normalize=True)))))
    assert (dot.axes, dot.normalize) == ((1, 2), True)


def test_a_lambda_is_saved_only_with_a_registered_function():
    with pytest.raises(ArgumentError, match=r"decorate it with @afina.utils.register"):
        layers.Lambda(lambda x: x).get_config()

    @afina.utils.register(name="doubled_in_test")
    def doubled(x):
        return x * 2.0

    config = registry.serialize(layers.Lambda(doubled))
    assert registry.deserialize(json.loads(json.dumps(config)))([[1.0]]).tolist() == [[2.0]]


def test_a_class_that_was_not_registered_is_refused():
    with pytest.raises(ArgumentError, match="class 'os' is not registered"):
        registry.deserialize({"class_name": "os", "config": {}})
    with pytest.raises(ArgumentError, match="function 'system' is not registered"):
        registry.deserialize({"function": "system"})


def test_a_custom_layer_keeps_its_arguments_without_writing_get_config():
    @afina.utils.register(name="PowerInTest")
    class Power(Layer):
        def __init__(self, exponent, **kwargs):
            super().__init__(**kwargs)
            self.exponent = exponent

        def call(self, inputs):
            return inputs**self.exponent

    again = registry.deserialize(json.loads(json.dumps(registry.serialize(Power(3.0, name="p")))))
    assert (again.exponent, again.name) == (3.0, "p")


def test_a_custom_layer_that_hides_an_argument_is_told_so():
    class Hides(Layer):
        def __init__(self, size, **kwargs):
            super().__init__(**kwargs)
            self.n = size

    with pytest.raises(ArgumentError, match=r"finds no self\.size for the argument 'size'"):
        Hides(3).get_config()


def test_two_classes_cannot_share_a_registered_name():
    with pytest.raises(ArgumentError, match="name 'Dense' already belongs to"):
        registry.register(name="Dense")(type("Dense", (Layer,), {"__module__": "elsewhere"}))
