"""The published weights name the photos of scikit-image, with the logits of torch; skipped without them."""

import numpy as np
import pytest
from photos import photo, weights_of

import afina
from afina import applications
from afina.applications import efficientnet_lite, mobilenet_v2
from afina.applications.pretrained import find
from afina.interop import onnx

NETWORKS = {
    "MobileNetV2": (mobilenet_v2.IMAGENET, "mobilenet_v2"),
    "EfficientNetLite0": (efficientnet_lite.LITE0.pretrained, "efficientnet_lite"),
    "EfficientNetLite1": (efficientnet_lite.LITE1.pretrained, "efficientnet_lite"),
    "EfficientNetLite2": (efficientnet_lite.LITE2.pretrained, "efficientnet_lite"),
}
CATS = {"tabby cat", "a cat having a striped coat", "Egyptian Mau"}
ROCKETS = {"missile", "space shuttle"}


def test_squeezenet_names_the_cat_and_the_coffee_on_the_scale_of_its_weights():
    weights_of("ndf")
    model = applications.SqueezeNet(classifier_activation=None)
    images = applications.prepare(model, [photo(name) for name in ("chelsea.png", "coffee.png")])
    assert images.min() < -100  # "caffe"
    cat, coffee = (
        [name for _, name, _ in row] for row in applications.decode_predictions(model.predict(images))
    )
    assert set(cat) >= CATS
    assert coffee[0] == "espresso"


@pytest.fixture(scope="module", params=NETWORKS)
def answers(request):
    published, forward = NETWORKS[request.param]
    weights_of(published.packages[0])
    model = getattr(applications, request.param)(classifier_activation=None)
    images = [photo(name) for name in ("chelsea.png", "coffee.png", "rocket.jpg")]
    x = applications.prepare(model, images)
    return x, model.predict(x), forward, find(published), model


def test_a_cat_a_coffee_and_a_rocket_are_among_the_five_best(answers):
    cat, coffee, rocket = (
        [name for _, name, _ in row] for row in applications.decode_predictions(answers[1])
    )
    assert set(cat) >= CATS
    assert coffee[0] == "espresso"
    assert ROCKETS & set(rocket)


def test_the_logits_are_those_of_torch(answers):
    pytest.importorskip("torch")
    import torch_forward

    x, logits, forward, path, _ = answers
    wanted = torch_forward.logits(getattr(torch_forward, forward), path, x)
    np.testing.assert_allclose(logits, wanted, atol=1e-3)


def test_the_logits_are_those_of_onnx_runtime_and_of_the_file_read_back(answers, tmp_path):
    runtime = pytest.importorskip("onnxruntime")
    x, logits, _, _, model = answers
    path = tmp_path / "network.onnx"
    onnx.export(model, path)
    session = runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (got,) = session.run(None, {session.get_inputs()[0].name: x})
    np.testing.assert_allclose(got, logits, atol=1e-4 * np.abs(logits).max())
    twin = onnx.load(path)
    np.testing.assert_allclose(twin.predict(x), logits, atol=1e-4 * np.abs(logits).max())
    twin.compile(afina.optimizers.SGD(1e-3), afina.losses.SparseCategoricalCrossentropy(from_logits=True))
    labels = logits.argmin(axis=1)
    first = twin.train_on_batch(x, labels)
    assert twin.train_on_batch(x, labels) < first
    onnx.export(twin, tmp_path / "trained.onnx")
    again = onnx.load(tmp_path / "trained.onnx")
    np.testing.assert_array_equal(again.predict(x), twin.predict(x))
