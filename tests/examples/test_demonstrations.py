"""The short examples show what the decks claim (shortened runs), and each saves its picture."""

import subprocess
import sys
import time

import numpy as np
import pytest

import afina
from afina import losses
from afina.examples import (
    adversarial,
    adversarial_network,
    collinearity,
    end_to_end,
    maximum_likelihood,
    meta_learning,
    no_panacea,
    overfitting,
    random_labels,
    self_supervised,
    style_transfer,
    text_generation,
    variational_autoencoder,
)

MODULES = (
    *(adversarial, collinearity, maximum_likelihood, meta_learning),
    *(overfitting, random_labels, self_supervised, text_generation),
    *(variational_autoencoder, adversarial_network, style_transfer),
    *(end_to_end, no_panacea),
)
EXAMPLES = {module.__name__.rpartition(".")[2]: module for module in MODULES}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """Name -> numbers of a shortened run; run at the first question, with its picture."""
    folder = tmp_path_factory.mktemp("pictures")
    known = {}

    def ask(name):
        if name not in known:
            picture = folder / f"{name}.png"
            known[name] = EXAMPLES[name].run(quick=True, picture=picture)
            assert picture.read_bytes().startswith(b"\x89PNG")
        return known[name]

    return ask


def test_a_small_step_along_the_gradient_makes_another_class(found):  # V7
    numbers = found("adversarial")
    assert numbers["target_probability_before"] < 0.05
    assert numbers["target_probability_after"] > 0.9
    assert numbers["largest_change_of_a_pixel"] <= 0.05 + 1e-6
    assert numbers["test_accuracy"] > 0.9


def test_the_gradient_sign_step_is_the_formula():  # V7
    rng = np.random.default_rng(0)
    x = rng.normal(size=(3, 6)).astype("float32")
    model = afina.Sequential([afina.layers.Dense(4, "softmax", input_shape=(6,))])
    kernel, bias = model.get_weights()
    z = x.astype("float64") @ kernel + bias
    p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    slope = kernel[:, 2][None] - p @ kernel.T  # d log p_2 / dx
    np.testing.assert_allclose(adversarial.input_gradient(model, x, 2), slope, rtol=1e-4, atol=1e-6)
    moved = adversarial.fast_gradient_sign(model, x, 2, 0.05)
    np.testing.assert_allclose(moved, x + 0.05 * np.sign(slope), rtol=1e-6)


def test_random_labels_are_learned_by_heart(found):  # V8
    numbers = found("random_labels")
    assert numbers["random_labels_training_accuracy"] >= 0.99
    assert abs(numbers["random_labels_test_accuracy"] - 0.1) < 0.06
    assert numbers["true_labels_test_accuracy"] > 0.9


def test_the_mean_attains_the_bound_and_the_false_model_comes_closest(found):  # V9
    numbers = found("maximum_likelihood")
    trials = maximum_likelihood.estimators(40_000)
    assert trials["mean"] == pytest.approx(1.0, rel=0.03)
    assert trials["median"] == pytest.approx(np.pi / 2, rel=0.03)
    assert trials["mid_range"] > 5 * trials["mean"]
    assert numbers["fitted_mean"] == pytest.approx(numbers["closest_mean"], rel=0.03)
    assert numbers["fitted_sigma"] == pytest.approx(numbers["closest_sigma"], rel=0.03)


def test_the_losses_are_negative_log_likelihoods():  # V11
    rng = np.random.default_rng(0)
    p, y = rng.random((5, 1)), rng.integers(0, 2, (5, 1)).astype("float64")
    bernoulli = -np.log(np.where(y == 1, p, 1 - p)).sum()
    assert losses.BinaryCrossentropy(reduction="sum")(y, p).item() == pytest.approx(bernoulli)
    q = rng.dirichlet(np.ones(4), 5)
    labels = rng.integers(0, 4, 5)
    cost = losses.SparseCategoricalCrossentropy(reduction="sum")(labels, q).item()
    assert cost == pytest.approx(-np.log(q[range(5), labels]).sum())
    x, mean = rng.normal(size=(50, 1)), rng.normal(size=(50, 1))
    gaussian = 0.5 * np.log(2 * np.pi) + 0.5 * (x - mean) ** 2
    squared = losses.MeanSquaredError(reduction="sum")(x, mean).item()
    assert gaussian.sum() == pytest.approx(0.5 * squared + 25 * np.log(2 * np.pi))
    data, zero = afina.tensor(x.ravel()), afina.tensor(np.zeros(1))
    by_hand = 0.5 * np.log(2 * np.pi) + 0.5 * np.mean(x**2)
    assert maximum_likelihood.negative_log_likelihood(data, zero, zero).item() == pytest.approx(by_hand)


def test_collinear_coefficients_swing_while_predictions_hold_and_ridge_cures_it(found):  # V10
    numbers = found("collinearity")
    assert numbers["coefficient_std"] > 10 * numbers["prediction_std"]
    assert numbers["ridge_coefficient_std"] < numbers["coefficient_std"] / 10
    assert numbers["error_without_a_feature"] < 1.5 * numbers["error"]
    assert numbers["descent_differs_from_the_solution_by"] < 1e-4


def test_a_meta_trained_start_fits_a_new_task_in_five_steps(found):  # V5
    assert found("meta_learning")["share"] < 0.25


def test_a_pretext_without_labels_beats_a_random_encoder(found):  # V6
    numbers = found("self_supervised")
    assert numbers["contrastive_cost"] < numbers["cost_of_guessing"]
    assert numbers["probe_on_the_pretrained_encoder"] > numbers["probe_on_an_untrained_encoder"] + 0.1


@pytest.mark.parametrize("name", ["polynomial", "radial"])
def test_training_error_falls_with_complexity_and_test_error_is_a_u(found, name):  # B7
    numbers = found("overfitting")
    train, test = (np.array(numbers[f"{name}_{part}_errors"]) for part in ("training", "test"))
    assert np.all(np.diff(train) <= 1e-9)
    best = int(test.argmin())
    assert 0 < best < len(test) - 1
    assert test[0] > 1.5 * test[best]
    assert test[-1] > 1.5 * test[best]
    assert np.all(train[best:] < test[best:])


def test_the_style_loss_falls_ten_times_under_l_bfgs(found):  # V2
    numbers = found("style_transfer")
    assert numbers["fell_by_a_factor_of"] > 10
    assert numbers["evaluations"] > 50


def test_the_flat_gradient_of_the_style_loss_is_its_slope():  # V2
    afina.utils.set_random_seed(0)
    afina.config.set_floatx("float64")
    try:
        content, style = style_transfer.pictures(16)
        evaluator = style_transfer.Evaluator(style_transfer.vgg_shaped(16, width=4), content, style)
    finally:
        afina.config.set_floatx("float32")
    rng = np.random.default_rng(0)
    flat = content.astype("float64").ravel() + rng.normal(size=content.size)
    value, slope = evaluator(flat)
    assert slope.shape == flat.shape
    for _ in range(5):
        way = rng.normal(size=flat.size)
        step = 1e-5
        numerical = (evaluator(flat + step * way)[0] - evaluator(flat - step * way)[0]) / (2 * step)
        assert numerical == pytest.approx(slope @ way, rel=1e-5)
    gram = style_transfer.gram(afina.tensor(rng.normal(size=(1, 3, 3, 2))))
    assert gram.shape == (2, 2)
    assert value > 0


def test_the_autoencoder_draws_images_from_two_numbers(found):  # V3
    numbers = found("variational_autoencoder")
    assert numbers["cost_last_epoch"] < numbers["cost_first_epoch"]
    assert numbers["squared_error"] < 0.8 * numbers["squared_error_of_the_mean_image"]
    assert numbers["manifold_shape"] == (120, 120)


def test_the_cost_of_the_autoencoder_is_its_formula():  # V3
    rng = np.random.default_rng(0)
    image, drawn = rng.random((4, 8, 8, 1)), rng.random((4, 8, 8, 1)) * 0.8 + 0.1
    mean, log_variance = rng.normal(size=(4, 2)), rng.normal(size=(4, 2))
    layer = variational_autoencoder.Reconstruction(dtype="float64")
    layer([image, drawn, mean, log_variance])
    pixels = -(image * np.log(drawn) + (1 - image) * np.log(1 - drawn)).mean()
    divergence = -5e-4 * (1 + log_variance - mean**2 - np.exp(log_variance)).mean()
    assert layer.losses[0].item() == pytest.approx(pixels + divergence, rel=1e-9)


def test_forgeries_come_closer_to_the_real_images(found):  # V4
    numbers = found("adversarial_network")
    assert numbers["distance_from_real_images_after"] < 0.7 * numbers["distance_from_real_images_before"]
    assert numbers["spread_of_the_forgeries"] > 0.02


def test_the_discriminator_moves_in_its_own_step_and_not_in_the_whole_ones():  # V4
    generator, discriminator, whole = adversarial_network.networks((8, 8, 1))
    images = np.zeros((8, 8, 8, 1), "float32")
    noise = np.zeros((8, adversarial_network.LATENT), "float32") + 0.5

    def moved(step):
        before = discriminator.get_weights(), generator.get_weights()
        step()
        after = discriminator.get_weights(), generator.get_weights()
        return [
            any(np.abs(a - b).max() > 0 for a, b in zip(*pair, strict=True))
            for pair in zip(before, after, strict=True)
        ]

    assert moved(lambda: discriminator.train_on_batch(images, np.ones((8, 1)))) == [True, False]
    assert moved(lambda: whole.train_on_batch(noise, np.zeros((8, 1)))) == [False, True]
    assert moved(lambda: discriminator.train_on_batch(images, np.ones((8, 1)))) == [True, False]


def test_end_to_end_needs_many_more_pairs_than_the_pipeline(found):  # M6
    numbers = found("end_to_end")
    (few, many), (few_whole, many_whole) = numbers["pipeline"], numbers["end_to_end"]
    assert few > 0.75
    assert few_whole < 0.4
    assert many_whole > 0.8
    assert many - many_whole < 0.25 * (few - few_whole)


def test_the_best_model_depends_on_the_task(found):  # V12
    numbers = found("no_panacea")
    assert numbers["best"] == {
        "a noisy line": "linear", "a table of thresholds": "forest", "digits anywhere": "network",
    }  # fmt: skip
    for scores in numbers["scores"].values():
        best, second = sorted(scores.values())[:0:-1]
        assert best > second + 0.05


def test_an_example_is_a_command(tmp_path):
    picture = tmp_path / "a.png"
    command = [sys.executable, "-m", "afina.examples.maximum_likelihood", "--quick", "--out", str(picture)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "mean error over bound" in done.stdout
    assert picture.exists()


@pytest.mark.slow
@pytest.mark.parametrize("name", EXAMPLES)
def test_the_whole_example_takes_less_than_two_minutes(name, tmp_path):
    started = time.perf_counter()
    EXAMPLES[name].run(picture=tmp_path / "a.png")
    assert time.perf_counter() - started < 120


def test_an_lstm_reproduces_a_repeated_sentence_at_a_low_temperature(found):  # V1
    numbers = found("text_generation")
    assert numbers["reproduced_at_0.2"] == 1.0
    assert numbers["last_loss"] < 0.1 * numbers["first_loss"]
    low, high = numbers["text_at_0.2"], numbers["text_at_1.2"]
    assert len(low) == 120
    assert low.startswith("jumps the quick brown fox jumps ")
    assert low != high


def test_the_lower_the_temperature_the_likelier_the_letter():  # V1
    p, generator = np.array([0.5, 0.3, 0.2]), np.random.default_rng(0)
    for temperature in (0.2, 0.5, 1.0, 1.2):
        letters = [text_generation.drawn(p, temperature, generator) for _ in range(4000)]
        wanted = p ** (1 / temperature)
        np.testing.assert_allclose(np.bincount(letters, minlength=3) / 4000, wanted / wanted.sum(), atol=0.03)


def test_text_is_generated_from_a_file(tmp_path):  # V1
    file, picture = tmp_path / "book.txt", tmp_path / "loss.png"
    file.write_text("To be, or not to be: that is the question. " * 40, encoding="utf-8")
    command = [sys.executable, "-m", "afina.examples.text_generation", "--quick", "--passes", "1"]
    command += ["--text", str(file), "--out", str(picture)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "text at 0.2: " in done.stdout
    assert picture.exists()
    file.write_text("too short", encoding="utf-8")
    with pytest.raises(afina.errors.ArgumentError, match="the text must have 1020 characters, got 9"):
        text_generation.run(quick=True, text=file)
