"""The listings of the lecture decks run with only the import changed (tests/listings, as printed)."""

from pathlib import Path

import numpy as np
import pytest

import afina
from afina.datasets import digits
from afina.errors import ShapeError
from afina.utils import to_categorical

LISTINGS = Path(__file__).parent / "listings"


def run(name, **given):
    """Executes a listing with `given` in its namespace, and returns the namespace."""
    exec(compile((LISTINGS / f"{name}.py").read_text(), f"{name}.py", "exec"), given)
    return given


@pytest.fixture(autouse=True)
def _seeded():
    afina.utils.set_random_seed(0)


@pytest.fixture(scope="module")
def large_digits():
    """The shipped digits at MNIST's size: each pixel three times as wide, two pixels of margin."""
    (x, y), (x_test, y_test) = digits.load_data()

    def enlarged(images):
        wide = np.kron(np.asarray(images).reshape(-1, 8, 8), np.ones((3, 3)))
        return np.pad(wide, ((0, 0), (2, 2), (2, 2))).astype("float32") / 16

    return (enlarged(x), y), (enlarged(x_test), y_test)


def test_batch_normalization_follows_conv_and_dense():
    spaces = run("a2_1", conv_model=afina.Sequential(), dense_model=afina.Sequential())
    assert spaces["conv_model"](np.ones((2, 8, 8, 1), "float32")).shape == (2, 6, 6, 32)
    assert spaces["dense_model"](np.ones((2, 8), "float32")).shape == (2, 32)


def test_mnist_is_prepared():
    class mnist:
        @staticmethod
        def load_data():
            def part(n):
                return np.zeros((n, 28, 28), "uint8") + 255, np.arange(n) % 10

            return part(60000), part(10000)

    spaces = run("a2_2", mnist=mnist)
    assert spaces["train_images"].shape == (60000, 784)
    assert spaces["train_images"].max() == 1.0
    assert spaces["test_labels"].shape == (10000, 10)
    assert (spaces["test_labels"].argmax(1) == np.arange(10000) % 10).all()


@pytest.mark.parametrize("choice", ["sgd", "rmsprop", "adam"])
def test_the_network_trains_with_each_optimizer(choice, large_digits):
    (x, y), (x_test, y_test) = large_digits
    spaces = run(
        "a2_3",
        train_images=x.reshape(-1, 784),
        train_labels=to_categorical(y),
        test_images=x_test.reshape(-1, 784),
        test_labels=to_categorical(y_test),
        choice=choice,
        verbose=0,
    )
    assert spaces["network"].count_params() == 407_050
    assert spaces["test_acc"] > 0.85


def test_the_search_finds_a_good_network():
    import random

    random.seed(0)
    (x, y), (x_test, y_test) = digits.load_data()
    x, x_test = (np.asarray(images).reshape(-1, 64).astype("float32") / 16 for images in (x, x_test))
    search = run("a2_4")["dnn_optimization"]
    options = {"topology": [[64, 32]], "algorithm": ["adam", "rmsprop", "sgd_momentum"], "lr": [0.01, 0.003]}
    config, accuracy = search(
        options, x, to_categorical(y), x_test, to_categorical(y_test), iterations=3, verbose=False
    )
    assert config[0] == [64, 32]
    assert accuracy > 0.85


def test_a_search_without_an_output_layer_says_so():
    spaces = run("a2_4")
    x, y = np.zeros((32, 20), "float32"), to_categorical(np.arange(32) % 10)
    with pytest.raises(ShapeError, match=r"\(None, 100\)[\s\S]*labels[\s\S]*\(\w+, 10\)"):
        spaces["dnn_optimization"]({}, x, y, x, y, iterations=1, verbose=False)


def test_the_functional_network_trains(capsys):
    rng = np.random.default_rng(0)
    x, y = rng.random((256, 64), "float32"), to_categorical(rng.integers(0, 10, 256))
    spaces = run("a2_5", x_train=x, y_train=y, verbose=0)
    assert spaces["model"].count_params() == 3466
    assert "3,466" in capsys.readouterr().out


def test_two_inputs_of_any_length_are_answered_in_lists_and_in_dicts_by_name():
    rng = np.random.default_rng(0)
    text, question = rng.integers(1, 10000, (256, 40)), rng.integers(1, 10000, (256, 7))
    text[:, 20] = answers = rng.integers(0, 5, 256)  # what the answer is hidden in
    given = {"text_data": text, "quest_data": question, "answers_data": to_categorical(answers, 500)}
    spaces = run("a2_6", **given, verbose=0)
    model, losses = spaces["model"], spaces["history"].history["loss"] + spaces["by_name"].history["loss"]
    embeddings = 10000 * (64 + 32)
    lstms = 4 * (32 * (64 + 32 + 1) + 16 * (32 + 16 + 1))
    assert model.count_params() == embeddings + lstms + 500 * (32 + 16 + 1)
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < 0.5 * losses[0]
    short = [text[:3, :11], question[:3, :5]]
    np.testing.assert_array_equal(
        model.predict(short, verbose=0), model.predict({"question": short[1], "text": short[0]}, verbose=0)
    )


def test_the_cnn_trains_and_its_frozen_layers_stay_bitwise_equal(large_digits, capsys):
    (x, y), (x_test, y_test) = large_digits
    x, x_test = x[:128, None], x_test[:64, None]  # (n, 1, 28, 28): channels first, as the listing says
    with pytest.warns(UserWarning, match="channels as pixels"):
        spaces = run(
            "a2_7",
            input_shape=(1, 28, 28),
            num_classes=10,
            x_train=x,
            y_train=to_categorical(y[:128], 10),
            x_test=x_test,
            y_test=to_categorical(y_test[:64], 10),
            cat_train_x=x,
            cat_train_y=to_categorical(y[:128] % 2),
            cat_test_x=x_test,
            cat_test_y=to_categorical(y_test[:64] % 2),
            batch_size=32,
            epochs=1,
        )
    assert spaces["parameters_before"] == 1_491_338
    assert spaces["modelTL"].count_params() == 1_490_306
    after = [weight for layer in spaces["modelTL"].layers[:-1] for weight in layer.get_weights()]
    assert len(after) == 6
    for before, now in zip(spaces["frozen_before"], after, strict=True):
        np.testing.assert_array_equal(before, now)
    assert "1,491,338" in capsys.readouterr().out


def test_the_three_fragments_run_in_three_frameworks_words():
    image = afina.Input(shape=(28, 28, 1))
    layer = run("a2_8_tf", input_layer=image)["conv_layer"]
    assert layer.shape == (None, 28, 28, 32)
    assert afina.Model(image, layer).count_params() == 5 * 5 * 32 + 32
    model = afina.Sequential([afina.Input(shape=(3,))])
    run("a2_8_keras", model=model)
    assert model.count_params() == 4 * 64
    network = run("a2_8_torch")["model"]
    assert network.count_params() == 32_584
    assert network(np.zeros((2, 1, 28, 28), "float32")).shape == (2, 64, 20, 20)
