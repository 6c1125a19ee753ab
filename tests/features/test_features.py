"""Features: bitwise those of the truncated model, reduced, classified, searched (K6)."""

import numpy as np
import pytest

from afina import Model, applications, layers
from afina.errors import ArgumentError, FileFormatError, NotBuiltError, ShapeError
from afina.features import (
    ProductQuantizer,
    Retrieval,
    decision_tree,
    extract,
    linear_svm,
    nearest_neighbors,
    pca,
    plot_neighbors,
)


@pytest.fixture(scope="module")
def model():
    return applications.MobileNetV2(weights=None, alpha=0.35, input_shape=(32, 32, 3), classes=5)


@pytest.fixture
def images(rng):
    return rng.normal(size=(7, 32, 32, 3)).astype("float32")


@pytest.fixture
def clusters(rng):
    """200 rows around 10 centres of 16 numbers, and the number of the centre."""
    centres = 4 * rng.normal(size=(10, 16))
    labels = np.repeat(np.arange(10), 20)
    return centres[labels] + rng.normal(size=(200, 16)), labels


@pytest.mark.parametrize("layer", ["block_6_expand_relu", "block_3_project_BN", "avg_pool"])
def test_features_are_bitwise_those_of_the_truncated_model(layer, model, images):
    wanted = Model(model.input, model.get_layer(layer).output).predict(images)
    np.testing.assert_array_equal(extract(model, images, layer, pooling=None), wanted)
    np.testing.assert_allclose(
        extract(model, images, layer, batch_size=3, pooling=None), wanted, rtol=1e-5, atol=1e-6
    )


def test_activation_maps_become_rows(model, images):
    maps = extract(model, images, "block_6_expand_relu", pooling=None)
    assert maps.ndim == 4
    np.testing.assert_array_equal(extract(model, images, "block_6_expand_relu"), maps.mean((1, 2)))
    np.testing.assert_array_equal(
        extract(model, images, "block_6_expand_relu", pooling="max"), maps.max((1, 2))
    )
    assert extract(model, images, "block_6_expand_relu", pooling="flat").shape == (7, maps[0].size)
    assert extract(model, images).shape == (7, 1280)
    with pytest.raises(ArgumentError, match="no layer 'nowhere'"):
        extract(model, images, "nowhere")
    with pytest.raises(ArgumentError, match="pooling"):
        extract(model, images, pooling="mean")


def test_the_cache_is_used_for_the_same_weights_and_data_only(model, images, tmp_path, monkeypatch):
    first = extract(model, images, cache=tmp_path)
    (file,) = tmp_path.iterdir()
    monkeypatch.setattr(Model, "predict", lambda *_, **__: pytest.fail("computed again"))
    np.testing.assert_array_equal(extract(model, images, cache=tmp_path), first)
    monkeypatch.undo()
    extract(model, images + 1, cache=tmp_path)
    other = applications.MobileNetV2(weights=None, alpha=0.35, input_shape=(32, 32, 3), classes=5)
    extract(other, images, cache=tmp_path)
    extract(model, images, pooling="max", layer="block_6_expand_relu", cache=tmp_path)
    assert len(list(tmp_path.iterdir())) == 4
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(FileFormatError):
        extract(model, images, cache=tmp_path)


def test_pca_is_the_singular_value_decomposition_up_to_signs(clusters):
    rows, _ = clusters
    found = pca(5).fit(rows)
    _, _, axes = np.linalg.svd(rows - rows.mean(0), full_matrices=False)
    np.testing.assert_allclose(np.abs((found.components_ * axes[:5]).sum(1)), 1, atol=1e-4)


def test_product_quantization_gets_better_with_more_parts_and_finds_neighbours(clusters):
    rows, _ = clusters
    errors = []
    for parts in (1, 2, 4, 8):
        quantizer = ProductQuantizer(parts, codes=16).fit(rows)
        codes = quantizer.encode(rows)
        assert codes.dtype == np.uint8
        assert codes.shape == (200, parts)
        errors.append(float(((quantizer.decode(codes) - rows) ** 2).mean()))
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 0.6 * errors[0]
    exact = ((rows[:, None] - rows[None]) ** 2).sum(-1)
    found = np.stack([quantizer.distances(row, codes) for row in rows])
    decoded = ((rows[:, None] - quantizer.decode(codes)[None]) ** 2).sum(-1)
    np.testing.assert_allclose(found, decoded, rtol=1e-3, atol=1e-2)
    best, coded = np.argsort(exact, 1)[:, 0], np.argsort(found, 1)[:, :10]
    assert np.mean([one in ten for one, ten in zip(best, coded, strict=True)]) > 0.8  # recall@10


def test_a_quantizer_says_what_does_not_fit(rng):
    rows = rng.normal(size=(30, 8))
    with pytest.raises(NotBuiltError, match="call fit first"):
        ProductQuantizer(2).encode(rows)
    quantizer = ProductQuantizer(2, codes=4).fit(rows)
    with pytest.raises(ShapeError, match="multiple of parts=3"):
        ProductQuantizer(3).fit(rows)
    with pytest.raises(ShapeError, match="another width"):
        quantizer.encode(rows[:, :4])
    with pytest.raises(ArgumentError, match=r"0\.\.3"):
        quantizer.decode([[0, 4]])
    with pytest.raises(ShapeError, match="whole numbers"):
        quantizer.decode([[0.5, 1.0]])
    with pytest.raises(ArgumentError, match="parts must lie in"):
        ProductQuantizer(0)


def test_the_classifiers_tell_clusters_apart(clusters):
    rows, labels = clusters
    for classifier in (linear_svm(), nearest_neighbors(3), decision_tree()):
        assert classifier.fit(rows[::2], labels[::2]).score(rows[1::2], labels[1::2]) > 0.8


def test_the_linear_svm_is_within_a_hundredth_of_scikit_learns(clusters):
    svm = pytest.importorskip("sklearn.svm")
    rows, labels = clusters
    mine = linear_svm().fit(rows[::2], labels[::2]).score(rows[1::2], labels[1::2])
    plain = svm.LinearSVC(max_iter=20_000, random_state=0).fit(rows[::2], labels[::2])
    assert mine >= plain.score(rows[1::2], labels[1::2]) - 0.01


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_retrieval_returns_the_query_first_and_its_cluster_next(metric, clusters):
    rows, labels = clusters
    places, distances = Retrieval(rows, metric).search(rows, k=5)
    np.testing.assert_array_equal(places[:, 0], np.arange(len(rows)))
    np.testing.assert_allclose(distances[:, 0], 0, atol=2e-3)
    assert (np.diff(distances, axis=1) >= -1e-6).all()
    assert (labels[places] == labels[:, None]).mean() > 0.9
    if metric == "cosine":
        a, b = rows[0], rows[places[0, 1]]
        cosine = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
        assert distances[0, 1] == pytest.approx(1 - cosine, abs=1e-4)


def test_retrieval_says_what_does_not_fit(rng):
    index = Retrieval(rng.normal(size=(6, 4)))
    with pytest.raises(ShapeError, match="4 columns"):
        index.search(np.ones((1, 3)))
    with pytest.raises(ArgumentError, match=r"k must lie in 1\.\.6"):
        index.search(np.ones((1, 4)), k=7)
    with pytest.raises(ArgumentError, match="metric"):
        Retrieval(np.ones((2, 2)), "manhattan")
    with pytest.raises(ShapeError, match="rows must have shape"):
        Retrieval(np.ones(3))


def test_neighbours_are_drawn(rng, tmp_path):
    photos = rng.integers(0, 256, (6, 8, 8, 3)).astype("uint8")
    made = plot_neighbors(photos[:2], photos, [[0, 1, 2], [1, 0, 5]], tmp_path / "found.png")
    assert len(made.axes) == 8
    assert (tmp_path / "found.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(ShapeError, match="a row a query"):
        plot_neighbors(photos[:2], photos, [[0, 1]])


def test_a_model_without_images_has_features_too():
    model = layers.Input(shape=(3,))
    net = Model(model, layers.Dense(2, name="head")(layers.Dense(4, name="wide")(model)))
    assert extract(net, np.ones((5, 3), "float32")).shape == (5, 4)
