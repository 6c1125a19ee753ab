"""Functional models: several inputs and outputs, sharing, nesting, residual sums, operators."""

import json

import numpy as np
import pytest

import afina
from afina import Input, Model, Sequential, ops
from afina.errors import ArgumentError, NotBuiltError, ShapeError
from afina.layers import (
    Activation,
    Add,
    BatchNormalization,
    Concatenate,
    Conv2D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    Lambda,
)


def test_a_graph_computes_what_its_layers_compute(rng):
    x = Input(shape=(5,), dtype="float64")
    first, second = Dense(4, "tanh", dtype="float64"), Dense(5, dtype="float64")
    model = Model(x, Add(dtype="float64")([x, second(first(x))]))
    data = rng.standard_normal((3, 5))
    expected = data + np.tanh(data @ first.kernel.numpy()) @ second.kernel.numpy()
    np.testing.assert_allclose(model(data).numpy(), expected, rtol=1e-12)


def test_a_shared_layer_is_counted_once_and_its_gradient_is_the_sum_over_uses(rng):
    a, b = Input(shape=(3,), dtype="float64"), Input(shape=(3,), dtype="float64")
    shared = Dense(2, use_bias=False, dtype="float64")
    model = Model([a, b], Add(dtype="float64")([shared(a), shared(b)]))
    assert model.count_params() == 6
    assert len(model.layers) == 4
    p, q = rng.standard_normal((2, 4, 3))
    (gradient,) = afina.gradients(ops.sum(model([p, q])), model.trainable_weights)
    np.testing.assert_allclose(gradient.numpy(), np.repeat((p + q).sum(0)[:, None], 2, 1), rtol=1e-12)


def test_inputs_come_as_a_list_or_as_a_dict_by_name(rng):
    a, b = Input(shape=(2,), name="left"), Input(shape=(3,), name="right")
    model = Model([a, b], Concatenate()([a, b]))
    p, q = rng.standard_normal((4, 2)).astype("float32"), rng.standard_normal((4, 3)).astype("float32")
    listed = model([p, q]).numpy()
    np.testing.assert_array_equal(listed, np.concatenate([p, q], 1))
    np.testing.assert_array_equal(model({"right": q, "left": p}).numpy(), listed)
    assert model.input_names == ["left", "right"]
    with pytest.raises(
        ArgumentError, match=r"inputs must have the names \['left', 'right'\], got \['left'\]"
    ):
        model({"left": p})
    with pytest.raises(ArgumentError, match="needs 2 inputs"):
        model([p])


def test_outputs_keep_the_structure_they_were_given_in(rng):
    x = Input(shape=(3,))
    hidden = Dense(4)(x)
    model = Model(x, {"a": Dense(1, name="one")(hidden), "b": [hidden, x]})
    result = model(rng.standard_normal((2, 3)).astype("float32"))
    assert result["a"].shape == (2, 1)
    assert [t.shape for t in result["b"]] == [(2, 4), (2, 3)]
    assert model.output_names[0] == "one"


def test_a_model_is_a_layer_of_another_model_and_shares_its_weights(rng):
    inner = Sequential([Dense(4, "relu", input_shape=(3,)), Dense(2)])
    x = Input(shape=(3,))
    outer = Model(x, inner(x) * 2.0)
    data = rng.standard_normal((5, 3)).astype("float32")
    np.testing.assert_allclose(outer(data).numpy(), 2 * inner(data).numpy(), rtol=1e-6)
    assert [id(w) for w in outer.weights] == [id(w) for w in inner.weights]
    assert outer.layers[1] is inner
    gradient = afina.gradients(ops.sum(outer(data)), inner.trainable_weights)[-1]
    np.testing.assert_allclose(gradient.numpy(), [10, 10])


def test_training_reaches_dropout_and_batch_norm_inside_nested_models(rng):
    inner = Sequential([BatchNormalization(input_shape=(3,)), Dropout(0.5)])
    x = Input(shape=(3,))
    outer = Model(x, inner(x))
    data = rng.standard_normal((50, 3)).astype("float32") + 5
    assert (outer(data).numpy() != 0).all()
    assert (outer(data, training=True).numpy() == 0).any()
    assert inner.layers[0].moving_mean.numpy().min() > 0


def test_training_given_at_the_symbolic_call_stays(rng):
    x = Input(shape=(3,))
    model = Model(x, Dropout(0.5)(x, training=False))
    data = np.ones((50, 3), "float32")
    np.testing.assert_array_equal(model(data, training=True).numpy(), data)


def test_operators_and_indexing_on_symbolic_tensors_compute_as_numpys(rng):
    x = Input(shape=(4,), dtype="float64")
    y = (1.0 - x) * 3.0 / (x * x + 2.0) - x[:, 1:2] + (-x) ** 2.0
    model = Model(x, y)
    d = rng.standard_normal((3, 4))
    expected = (1 - d) * 3 / (d * d + 2) - d[:, 1:2] + d**2
    config = json.loads(json.dumps(model.get_config()))
    for m in (model, Model.from_config(config)):
        np.testing.assert_allclose(m(d).numpy(), expected, rtol=1e-10)


def test_a_part_of_a_model_is_a_model_with_the_same_weights(rng):
    x = Input(shape=(6, 6, 1))
    h = Conv2D(2, 3, name="conv")(x)
    model = Model(x, Dense(2)(Flatten()(h)))
    part = Model(model.input, model.get_layer("conv").output)
    data = rng.standard_normal((2, 6, 6, 1)).astype("float32")
    np.testing.assert_array_equal(part(data).numpy(), model.get_layer("conv")(data).numpy())
    assert part.weights[0] is model.weights[0]


def test_a_sequence_of_any_length_goes_through_an_embedding():
    text = Input(shape=(None,), dtype="int32", name="text")
    model = Model(text, Lambda(lambda t: ops.mean(t, 1))(Embedding(20, 3)(text)))
    for length in (2, 7):
        assert model(np.ones((4, length), "int32")).shape == (4, 3)


def test_a_model_comes_back_from_json_with_sharing_nesting_and_names(rng):
    a, b = Input(shape=(3,), name="a"), Input(shape=(3,), name="b")
    shared = Dense(4, "relu", name="shared", kernel_regularizer=afina.regularizers.L2(0.1, half=True))
    inner = Sequential([Dense(2, input_shape=(4,)), BatchNormalization()], name="inner")
    outputs = [inner(Add()([shared(a), shared(b)])), Dropout(0.5)(shared(a), training=False)]
    model = Model([a, b], outputs, name="whole", regularizer=afina.regularizers.L1(0.01))
    model.get_layer("inner").trainable = False
    again = Model.from_config(json.loads(json.dumps(model.get_config())))
    again.set_weights(model.get_weights())
    data = [rng.standard_normal((5, 3)).astype("float32") for _ in range(2)]
    for p, q in zip(model(data), again(data), strict=True):
        np.testing.assert_array_equal(p.numpy(), q.numpy())
    assert [layer.name for layer in again.layers] == [layer.name for layer in model.layers]
    assert len(again.trainable_weights) == len(model.trainable_weights)
    np.testing.assert_allclose(
        sum(x.item() for x in again.losses), sum(x.item() for x in model.losses), rtol=1e-6
    )


def test_a_subclass_of_model_with_its_own_call_trains_its_layers(rng):
    class Net(Model):
        def __init__(self):
            super().__init__()
            self.hidden = [Dense(8, "relu"), Dropout(0.5)]
            self.head = Dense(2)

        def call(self, inputs):
            for layer in self.hidden:
                inputs = layer(inputs)
            return self.head(inputs)

    net = Net()
    with pytest.raises(NotBuiltError, match="count_params needs a built model"):
        net.count_params()
    x = rng.standard_normal((4, 3)).astype("float32")
    y = net(x)
    assert net.count_params() == 3 * 8 + 8 + 8 * 2 + 2
    assert all(g is not None for g in afina.gradients(ops.sum(y), net.trainable_weights))
    assert (net(x, training=True).numpy() != y.numpy()).any()
    assert net(Input(shape=(3,))).shape == (None, 2)


def test_a_subclass_may_be_built_from_a_shape():
    class Net(Model):
        def __init__(self):
            super().__init__()
            self.head = Dense(2)

        def call(self, inputs):
            return self.head(inputs)

    net = Net()
    net.build((None, 5))
    assert net.count_params() == 12


def test_a_subclass_may_hand_a_graph_to_the_base():
    class Net(Model):
        def __init__(self, units):
            x = Input(shape=(3,))
            super().__init__(x, Dense(units)(x))
            self.units = units

    net = Net(4)
    assert net.count_params() == 16
    again = Net.from_config(net.get_config())
    assert again.count_params() == 16


def test_the_old_spelling_of_inputs_and_outputs_works():
    x = afina.input(shape=(3,))
    assert Model(input=x, output=Dense(2)(x)).count_params() == 8


def test_outputs_that_depend_on_a_missing_input_name_it():
    a, b = Input(shape=(3,), name="a"), Input(shape=(3,), name="forgotten")
    with pytest.raises(ArgumentError, match="depend on the Input 'forgotten'"):
        Model(a, Add()([a, b]))


def test_two_layers_of_one_name_are_refused():
    x = Input(shape=(3,))
    with pytest.raises(ArgumentError, match="two layers have the name 'twin'"):
        Model(x, Dense(2, name="twin")(Dense(2, name="twin")(x)))


def test_data_of_another_shape_names_the_input():
    x = Input(shape=(3,), name="measurements")
    model = Model(x, Dense(2)(x))
    with pytest.raises(ShapeError, match=r"input 'measurements' must have shape \(None, 3\), got \(2, 4\)"):
        model(np.ones((2, 4), "float32"))


def test_values_are_not_accepted_as_symbolic_inputs():
    with pytest.raises(ArgumentError, match="inputs must be symbolic tensors"):
        Model(np.ones((2, 3)), Input(shape=(3,)))


def test_a_symbolic_tensor_refuses_to_be_a_number():
    x = Input(shape=(3,))
    for use in (bool, len, np.asarray, list):
        with pytest.raises(ArgumentError):
            use(x)


def test_an_enormous_shape_is_reasoned_about_without_memory():
    x = Input(shape=(10**6, 10**6, 10**3))
    assert (x * 2.0 + x)[:, :5, ::2].shape == (None, 5, 500_000, 1000)


def test_operands_that_do_not_broadcast_are_named():
    with pytest.raises(ShapeError, match=r"Operation 'add.*\(None, 3\), \(None, 4\)"):
        Input(shape=(3,)) + Input(shape=(4,))
    with pytest.raises(ShapeError, match=r"Slice .*too many indices"):
        Input(shape=(3,))[:, 0, 0]


def test_a_prediction_keeps_only_the_values_that_are_still_to_be_read():
    def peak(blocks):
        x = t = Input(shape=(256,))
        for _ in range(blocks):
            t = Add()([t, Activation("relu")(Dense(256)(t))])
        model = Model(x, t)
        rows = afina.ones((2048, 256))
        before = afina.memory_stats()["in_use"]
        afina.reset_peak_memory()
        with afina.no_grad():
            model(rows)
        return afina.memory_stats()["peak"] - before

    assert peak(12) == peak(3)
