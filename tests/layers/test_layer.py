"""The base class: weights, freezing, training flag, losses, subclassing."""

import numpy as np
import pytest

import afina
from afina import ops
from afina.errors import ArgumentError, DTypeError, NotBuiltError, ShapeError
from afina.layers import BatchNormalization, Dense, Dropout, Input, Layer


class Scale(Layer):
    def __init__(self, start=1.0, **kwargs):
        super().__init__(**kwargs)
        self.start = start

    def build(self, input_shape):
        self.factor = self.add_weight(
            shape=(input_shape[-1],), initializer=afina.initializers.Constant(self.start), name="factor"
        )

    def call(self, inputs):
        return inputs * self.factor


class Block(Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.parts = [Dense(4), BatchNormalization()]
        self.drop = Dropout(0.5)

    def call(self, inputs):
        for part in self.parts:
            inputs = part(inputs)
        return self.drop(inputs)


def test_a_subclass_with_build_and_call_is_a_layer():
    layer = Scale(3.0)
    np.testing.assert_array_equal(layer(np.ones((2, 4), "float32")).numpy(), np.full((2, 4), 3, "float32"))
    assert layer.count_params() == 4
    assert layer(Input(shape=(4,))).shape == (None, 4)


def test_layers_inside_a_layer_give_it_their_weights_in_order():
    block = Block()
    block(np.ones((2, 3), "float32"))
    names = ["kernel", "bias", "gamma", "beta", "moving_mean", "moving_variance"]
    assert [w.name for w in block.weights] == names
    assert [w.name for w in block.trainable_weights] == names[:4]
    assert [w.name for w in block.non_trainable_weights] == names[4:]


def test_the_training_flag_reaches_layers_inside_a_layer_that_does_not_mention_it():
    block = Block()
    x = np.random.default_rng(0).standard_normal((64, 3)).astype("float32")
    block(x)
    before = block.parts[1].moving_mean.numpy().copy()
    y = block(x, training=True).numpy()
    assert 0.3 < (y == 0).mean() < 0.7
    assert (block.parts[1].moving_mean.numpy() != before).any()
    assert (block(x).numpy() != 0).all()


def test_freezing_a_layer_freezes_the_layers_inside_and_thawing_thaws_them():
    block = Block()
    block(np.ones((2, 3), "float32"))
    block.trainable = False
    assert block.trainable_weights == []
    assert not block.parts[0].trainable
    assert len(block.non_trainable_weights) == 6
    block.trainable = True
    assert len(block.trainable_weights) == 4


def test_a_parameter_assigned_to_an_attribute_is_a_weight():
    class Shift(Layer):
        def __init__(self):
            super().__init__()
            self.offset = afina.Parameter([1.0, 2.0], "offset")

        def call(self, inputs):
            return inputs + self.offset

    layer = Shift()
    np.testing.assert_array_equal(layer([[0.0, 0.0]]).numpy(), [[1, 2]])
    assert [w.name for w in layer.trainable_weights] == ["offset"]


def test_regularizers_of_two_layers_keep_their_own_strength():
    a = Dense(2, kernel_regularizer=afina.regularizers.L2(0.1), dtype="float64")
    b = Dense(2, kernel_regularizer=afina.regularizers.L2(0.5, half=True), dtype="float64")
    model = afina.Sequential([Input(shape=(3,), dtype="float64"), a, b])
    values = [loss.item() for loss in model.losses]
    np.testing.assert_allclose(values[0], 0.1 * (a.kernel.numpy() ** 2).sum())
    np.testing.assert_allclose(values[1], 0.25 * (b.kernel.numpy() ** 2).sum())
    total = model.losses[0] + model.losses[1]
    gradient_a, gradient_b = afina.gradients(total, [a.kernel, b.kernel])
    np.testing.assert_allclose(gradient_a.numpy(), 0.2 * a.kernel.numpy())
    np.testing.assert_allclose(gradient_b.numpy(), 0.5 * b.kernel.numpy())


def test_add_loss_counts_once_per_use_and_is_forgotten_at_the_next_call():
    class Penalty(Layer):
        def call(self, inputs):
            self.add_loss(ops.sum(inputs))
            return inputs

    shared = Penalty()
    x = Input(shape=(2,))
    model = afina.Model(x, shared(shared(x)))
    for _ in range(3):
        model(np.ones((1, 2), "float32"))
        assert [loss.item() for loss in model.losses] == [2.0, 2.0]


def test_an_activity_regularizer_penalizes_the_output_per_sample():
    layer = Dense(2, use_bias=False, activity_regularizer=afina.regularizers.L2(0.1), dtype="float64")
    for _ in range(2):
        y = layer(np.ones((4, 3)))
        (loss,) = layer.losses
        np.testing.assert_allclose(loss.item(), 0.1 * (y.numpy() ** 2).sum() / 4)


def test_names_count_up_per_class_and_are_checked():
    afina.utils.clear_session()
    assert [Dense(1).name, Dense(1).name, Scale().name] == ["dense", "dense_1", "scale"]
    for name in ("../up", "a/b", "", "x" * 101, "a..b"):
        with pytest.raises(ArgumentError, match=r"name:? must"):
            Dense(1, name=name)


def test_weights_are_set_only_when_every_shape_fits():
    layer = Dense(2)
    layer.build((None, 3))
    before = layer.get_weights()
    with pytest.raises(ShapeError, match=r"kernel has shape \(3, 2\), got \(2, 3\)"):
        layer.set_weights([np.ones((2, 3)), np.ones(2)])
    with pytest.raises(ShapeError, match="needs 2 arrays, got 1"):
        layer.set_weights([np.ones((3, 2))])
    assert all((a == b).all() for a, b in zip(before, layer.get_weights(), strict=True))


def test_a_layer_without_a_shape_says_that_it_is_not_built():
    with pytest.raises(NotBuiltError, match="count_params needs a built layer"):
        Dense(2).count_params()
    with pytest.raises(NotBuiltError, match="never called on a symbolic tensor"):
        _ = Dense(2).output


def test_an_unknown_feature_size_is_refused_at_build():
    with pytest.raises(ShapeError, match="the last axis of the inputs must be known"):
        Dense(2)(Input(shape=(None,)))


def test_text_is_refused_as_data():
    with pytest.raises(DTypeError, match="inputs must be real numbers"):
        Dense(2)(np.array([["a", "b"]]))


def test_an_unknown_argument_lists_the_allowed_ones():
    with pytest.raises(ArgumentError, match=r"unknown argument 'unit'; allowed: \['units'"):
        Dense(3, unit=4)


def test_an_error_of_an_op_inside_a_layer_names_the_layer_once():
    class Clash(Layer):
        def call(self, inputs):
            return ops.matmul(inputs, inputs)

    with pytest.raises(ShapeError, match=r"^Clash 'clash_layer', inputs of shape \(2, 3\): matmul"):
        Clash(name="clash_layer")(np.ones((2, 3), "float32"))
