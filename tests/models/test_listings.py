"""The networks of the lecture decks, with the numbers of parameters stated for them."""

import numpy as np
import pytest

import afina
from afina import layers, models
from afina.layers import Activation, BatchNormalization, Conv2D, Dense, Dropout, Flatten, Input, MaxPooling2D
from afina.models import Model, Sequential


def test_batch_normalization_after_conv_and_dense():
    conv_model, dense_model = Sequential(), Sequential()
    conv_model.add(layers.Conv2D(32, 3, activation="relu"))
    conv_model.add(layers.BatchNormalization())
    dense_model.add(layers.Dense(32, activation="relu"))
    dense_model.add(layers.BatchNormalization())
    conv_model.build((None, 28, 28, 1))
    dense_model.build((None, 784))
    assert conv_model.count_params() == 320 + 128
    assert dense_model.count_params() == 784 * 32 + 32 + 128


def test_the_mnist_network_has_407050_parameters():
    network = models.Sequential()
    network.add(layers.Dense(512, activation="relu", input_shape=(28 * 28,)))
    network.add(layers.Dense(10, activation="softmax"))
    assert network.count_params() == 407_050
    y = network(np.random.default_rng(0).random((3, 784), "float32")).numpy()
    np.testing.assert_allclose(y.sum(1), 1.0, rtol=1e-6)


@pytest.mark.parametrize(("topo", "outputs"), [([100], 100), ([100, 50], 10)])
def test_the_search_listing_builds_as_printed_and_a_single_layer_lacks_its_output(topo, outputs):
    model = Sequential()
    model.add(Dense(topo[0], activation="relu", input_dim=784))
    model.add(Dropout(0.2))
    for i in range(1, len(topo)):
        model.add(Dense(topo[i], activation="relu"))
        model.add(Dropout(0.2))
        model.add(Dense(10))
        model.add(Activation("softmax"))
    assert model.output_shape == (None, outputs)
    assert model.count_params() == (78_500 if outputs == 100 else 78_500 + 5_050 + 510)


def test_the_functional_network_has_3466_parameters(capsys):
    input_tensor = Input(shape=(64,))
    x = layers.Dense(32, activation="relu")(input_tensor)
    x = layers.Dense(32, activation="relu")(x)
    output_tensor = layers.Dense(10, activation="softmax")(x)
    model = Model(input_tensor, output_tensor)
    model.summary()
    text = capsys.readouterr().out
    for number in ("2,080", "1,056", "330", "3,466"):
        assert number in text


def test_two_inputs_of_any_length_meet_in_one_answer():
    text_input = Input(shape=(None,), dtype="int32", name="text")
    question_input = Input(shape=(None,), dtype="int32", name="question")
    mean = layers.Lambda(lambda t: afina.ops.mean(t, 1))
    encoded_text = mean(layers.Embedding(100, 64)(text_input))
    encoded_question = mean(layers.Embedding(100, 32)(question_input))
    concaten = layers.concatenate([encoded_text, encoded_question], axis=-1)
    answer = layers.Dense(500, activation="softmax")(concaten)
    model = Model([text_input, question_input], answer)
    text, question = np.ones((2, 7), "int32"), np.ones((2, 3), "int32")
    listed = model([text, question]).numpy()
    np.testing.assert_array_equal(model({"question": question, "text": text}).numpy(), listed)
    assert model.count_params() == 6400 + 3200 + 96 * 500 + 500


def cnn(input_shape, num_classes, first_layout):
    model = Sequential()
    model.add(
        Conv2D(32, kernel_size=(3, 3), activation="relu", data_format=first_layout, input_shape=input_shape)
    )
    model.add(Conv2D(64, (3, 3), activation="relu"))
    model.add(MaxPooling2D(pool_size=(2, 2)))
    model.add(Dropout(0.25))
    model.add(Flatten())
    model.add(Dense(128, activation="relu"))
    model.add(Dropout(0.5))
    model.add(Dense(num_classes, activation="softmax"))
    return model


def test_the_cnn_as_printed_mixes_layouts_with_a_warning_and_the_stated_counts():
    with pytest.warns(UserWarning, match="channels as pixels"):
        model = cnn((1, 28, 28), 10, "channels_first")
    assert model.layers[1].output_shape == (None, 30, 24, 64)
    assert [layer.count_params() for layer in model.layers if layer.weights] == [
        320,
        15_040,
        1_474_688,
        1_290,
    ]
    assert model.count_params() == 1_491_338
    for layer in model.layers:
        layer.trainable = False
    model.pop()
    model.add(Dense(2, activation="softmax"))
    assert model.count_params() == 1_490_306
    assert sum(w.size for w in model.trainable_weights) == 258


def test_the_cnn_with_one_layout_is_the_same_in_both(rng):
    last = cnn((28, 28, 1), 10, "channels_last")
    assert last.count_params() == 1_199_882
    afina.config.set_image_data_format("channels_first")
    try:
        first = cnn((1, 28, 28), 10, None)
    finally:
        afina.config.set_image_data_format("channels_last")
    first.set_weights(last.get_weights())
    x = rng.random((2, 28, 28, 1), "float32")
    np.testing.assert_allclose(first(x.transpose(0, 3, 1, 2)).numpy(), last(x).numpy(), atol=1e-6)


def test_batch_normalization_layers_share_no_state():
    a, b = BatchNormalization(), BatchNormalization()
    a(np.random.default_rng(0).random((4, 3), "float32"), training=True)
    b.build((None, 3))
    assert (b.moving_mean.numpy() == 0).all()
