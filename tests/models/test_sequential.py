"""Chains: immediate and deferred weights, pop and add, configuration."""

import copy
import json

import numpy as np
import pytest

import afina
from afina import Input, Model, Sequential
from afina.errors import ArgumentError, NotBuiltError, ShapeError
from afina.layers import BatchNormalization, Conv2D, Dense, Dropout, Flatten, InputLayer


def test_a_chain_and_a_graph_of_the_same_weights_give_the_same_bits(rng):
    chain = Sequential([Dense(8, "relu", input_shape=(5,)), Dense(3, "softmax")])
    x = Input(shape=(5,))
    graph = Model(x, Dense(3, "softmax")(Dense(8, "relu")(x)))
    graph.set_weights(chain.get_weights())
    data = rng.standard_normal((4, 5)).astype("float32")
    np.testing.assert_array_equal(chain(data).numpy(), graph(data).numpy())


@pytest.mark.parametrize(
    "layers",
    [
        lambda: [Dense(2, input_shape=(3,))],
        lambda: [Dense(2, input_dim=3)],
        lambda: [Dense(2, batch_input_shape=(None, 3))],
        lambda: [Input(shape=(3,)), Dense(2)],
        lambda: [InputLayer(shape=(3,)), Dense(2)],
        lambda: [InputLayer(input_shape=(3,)), Dense(2)],
        lambda: [Dropout(0.2, input_shape=(3,)), Dense(2)],
        lambda: [Sequential([Dense(2, input_shape=(3,))])],
    ],
)
def test_every_spelling_of_the_input_creates_the_weights_at_once(layers):
    model = Sequential(layers())
    assert model.count_params() == 8
    assert model.input_shape == (None, 3)
    assert model.output_shape == (None, 2)


def test_weights_come_at_the_first_call_without_an_input_shape(rng):
    model = Sequential([Dense(4), Dense(2)])
    with pytest.raises(NotBuiltError):
        model.count_params()
    assert model(rng.standard_normal((5, 3))).shape == (5, 2)
    assert model.count_params() == 26
    assert model.input_shape == (None, 3)


def test_build_creates_the_weights_for_a_shape():
    model = Sequential([Conv2D(4, 3), Flatten(), Dense(2)])
    model.build((None, 8, 8, 1))
    assert model.count_params() == 4 * 9 + 4 + 144 * 2 + 2


def test_pop_and_add_replace_the_head_and_keep_the_other_weights(rng):
    model = Sequential([Dense(4, input_shape=(3,)), Dense(10)])
    kept = model.layers[0].get_weights()
    assert model.pop().units == 10
    assert model.output_shape == (None, 4)
    model.add(Dense(2, name="head"))
    assert model(np.ones((1, 3), "float32")).shape == (1, 2)
    assert all((a == b).all() for a, b in zip(kept, model.layers[0].get_weights(), strict=True))
    assert model.count_params() == 16 + 10
    assert model.get_layer("head") is model.layers[-1]


def test_freezing_every_layer_and_adding_a_head_trains_the_head_only():
    model = Sequential([Dense(4, input_shape=(3,)), BatchNormalization(), Dense(10)])
    for layer in model.layers:
        layer.trainable = False
    model.pop()
    model.add(Dense(2))
    assert [w.shape for w in model.trainable_weights] == [(4, 2), (2,)]


def test_dropout_first_sees_the_data_only_in_training():
    model = Sequential([Dropout(0.5, input_shape=(50,))])
    x = np.ones((4, 50), "float32")
    np.testing.assert_array_equal(model(x).numpy(), x)
    assert (model(x, training=True).numpy() == 0).any()


def test_a_chain_comes_back_from_json(rng):
    model = Sequential([Dense(4, "relu", input_shape=(3,)), Dropout(0.5), Dense(2)], name="chain")
    model.layers[0].trainable = False
    again = Sequential.from_config(json.loads(json.dumps(model.get_config())))
    again.set_weights(model.get_weights())
    x = rng.standard_normal((4, 3)).astype("float32")
    np.testing.assert_array_equal(again(x).numpy(), model(x).numpy())
    assert again.name == "chain"
    assert len(again.trainable_weights) == 2


def test_a_deferred_chain_comes_back_deferred():
    again = Sequential.from_config(Sequential([Dense(4), Dense(2)]).get_config())
    assert not again.built
    assert [layer.units for layer in again.layers] == [4, 2]


def test_things_that_are_not_layers_are_refused():
    with pytest.raises(ArgumentError, match="add takes a layer, got str"):
        Sequential().add("Dense")
    with pytest.raises(ArgumentError, match="pop from a model without layers"):
        Sequential().pop()
    with pytest.raises(ArgumentError, match="an Input must come first"):
        Sequential([Dense(2, input_shape=(3,)), Input(shape=(2,))])


def test_one_layer_cannot_stand_twice_in_a_chain():
    layer = Dense(3, input_shape=(3,))
    with pytest.raises(ArgumentError, match="names must differ"):
        Sequential([layer, layer])


def test_a_wrong_shape_names_the_layer_inside():
    model = Sequential([Dense(4), Dense(2)], name="net")
    model(np.ones((2, 3), "float32"))
    with pytest.raises(ShapeError, match=r"must have shape \(None, 3\), got \(2, 5\)"):
        model(afina.tensor(np.ones((2, 5), "float32")))


def test_get_layer_lists_the_names_it_knows():
    model = Sequential([Dense(4, name="a", input_shape=(3,))])
    with pytest.raises(ArgumentError, match=r"no layer 'b'; there are \['a'\]"):
        model.get_layer("b")


def test_a_deep_copy_has_the_values_and_its_own_memory(rng):
    model = Sequential([Dense(4, "relu", input_shape=(3,)), BatchNormalization(), Dense(2)])
    twin = copy.deepcopy(model)
    x = rng.standard_normal((4, 3)).astype("float32")
    np.testing.assert_array_equal(twin(x).numpy(), model(x).numpy())
    twin.layers[0].kernel.fill_(0.0)
    assert (model.layers[0].kernel.numpy() != 0).any()
    assert len(twin.trainable_weights) == len(model.trainable_weights)


def test_a_clone_has_the_layers_and_new_weights():
    model = Sequential([Dense(4, input_shape=(3,)), Dense(2)])
    clone = afina.models.clone_model(model)
    assert [layer.name for layer in clone.layers] == [layer.name for layer in model.layers]
    assert (clone.weights[0].numpy() != model.weights[0].numpy()).any()
