"""Models in files: what is loaded equals what was saved, and a file can do nothing but that."""

import json

import numpy as np
import pytest
from audit import watched_models

from afina import layers, models
from afina.checkpoint import read_file, write_file
from afina.errors import ArgumentError, FileFormatError, NotBuiltError

X = np.random.default_rng(0).normal(size=(5, 8, 8, 3)).astype(np.float32)


def chain():
    return models.Sequential(
        [
            layers.Conv2D(4, 3, padding="same", input_shape=(8, 8, 3), kernel_regularizer="l2"),
            layers.BatchNormalization(),
            layers.Activation("relu"),
            layers.MaxPooling2D(2),
            layers.Dropout(0.5),
            layers.Flatten(),
            layers.Dense(6, activation="tanh"),
            layers.LayerNormalization(),
            layers.Dense(3, activation="softmax"),
        ]
    )


def branches():
    left, right = layers.Input(shape=(8, 8, 3)), layers.Input(shape=(8, 8, 3))
    shared = models.Sequential([layers.Flatten(), layers.Dense(5, activation="relu")])
    a, b = shared(left), shared(right)
    total = layers.add([a, b])
    both = layers.concatenate([total, layers.Dense(2)(a)])
    return models.Model([left, right], [layers.Dense(3, name="first")(both), total])


@pytest.fixture(params=[chain, branches])
def model(request):
    return request.param()


def outputs(model):
    given = [X, X[::-1].copy()] if len(model.inputs) == 2 else X
    result = model(given)
    return [part.numpy() for part in (result if isinstance(result, list | tuple) else [result])]


def test_a_loaded_model_gives_bit_for_bit_the_same_outputs(tmp_path, model):
    model.save(tmp_path / "m.afina")
    loaded = models.load_model(tmp_path / "m.afina", strict=True)
    assert loaded.get_config() == model.get_config()
    for mine, theirs in zip(outputs(model), outputs(loaded), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_weights_fit_a_model_that_was_built_a_second_time(tmp_path):
    first, second = chain(), chain()
    assert first.layers[0].name != second.layers[0].name
    first.save_weights(tmp_path / "w.afina")
    second.load_weights(tmp_path / "w.afina")
    np.testing.assert_array_equal(outputs(first)[0], outputs(second)[0])


def test_weights_can_be_taken_from_the_file_of_a_model(tmp_path):
    first, second = chain(), chain()
    first.save(tmp_path / "m.afina")
    second.load_weights(tmp_path / "m.afina")
    np.testing.assert_array_equal(outputs(first)[0], outputs(second)[0])


def test_names_in_the_file_say_layer_and_weight(tmp_path):
    chain().save_weights(tmp_path / "w.afina")
    names = set(read_file(tmp_path / "w.afina").tensors)
    assert {"conv2d/kernel", "conv2d/bias", "dense/kernel", "dense_1/kernel", "dense_1/bias"} <= names


def test_weights_of_another_model_are_refused_whole_and_the_differences_listed(tmp_path):
    first = models.Sequential([layers.Dense(4, input_shape=(3,), name="a"), layers.Dense(2, name="b")])
    second = models.Sequential([layers.Dense(4, input_shape=(3,), name="a"), layers.Dense(1, name="c")])
    first.save_weights(tmp_path / "w.afina")
    before = second.get_weights()
    with pytest.raises(ArgumentError, match=r"the file lacks c/kernel.*the model lacks b/bias"):
        second.load_weights(tmp_path / "w.afina")
    third = models.Sequential([layers.Dense(4, input_shape=(2,), name="a"), layers.Dense(2, name="b")])
    with pytest.raises(
        ArgumentError, match=r"a/kernel is float32 \(3, 4\) in the file and float32 \(2, 4\) here"
    ):
        third.load_weights(tmp_path / "w.afina")
    for mine, old in zip(second.get_weights(), before, strict=True):
        np.testing.assert_array_equal(mine, old)


def test_a_model_without_weights_yet_is_named(tmp_path):
    unbuilt = models.Sequential([layers.Dense(3)])
    with pytest.raises(NotBuiltError, match="cannot be saved before"):
        unbuilt.save(tmp_path / "m.afina")
    chain().save_weights(tmp_path / "w.afina")
    with pytest.raises(NotBuiltError, match="no weights yet"):
        unbuilt.load_weights(tmp_path / "w.afina")


class Doubled(layers.Layer):
    """A layer of the program's own."""

    def __init__(self, factor=2.0, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def call(self, x):
        return x * self.factor


def test_a_class_of_the_program_is_built_only_when_the_caller_gives_it(tmp_path):
    model = models.Sequential([layers.Dense(3, input_shape=(4,)), Doubled(factor=3.0)])
    model.save(tmp_path / "m.afina")
    with pytest.raises(ArgumentError, match=r"'Doubled' is not registered"):
        models.load_model(tmp_path / "m.afina")
    loaded = models.load_model(tmp_path / "m.afina", custom_objects={"Doubled": Doubled})
    assert loaded.layers[1].factor == 3.0


def test_a_compiled_model_comes_back_compiled_and_trains(tmp_path):
    from afina import optimizers

    model = models.Sequential([layers.Dense(3, activation="softmax", input_shape=(4,))])
    model.compile(
        optimizers.SGD(learning_rate=0.25, momentum=0.5), "categorical_crossentropy", metrics=["accuracy"]
    )
    x, y = np.eye(4, dtype=np.float32), np.eye(4, 3, dtype=np.float32)
    model.fit(x, y, epochs=2, verbose=0)
    model.save(tmp_path / "m.afina")
    loaded = models.load_model(tmp_path / "m.afina")
    assert loaded.optimizer.get_config() == model.optimizer.get_config()
    assert loaded.evaluate(x, y, verbose=0) == model.evaluate(x, y, verbose=0)
    loaded.fit(x, y, verbose=0)
    assert not models.load_model(tmp_path / "m.afina", compile=False).compiled


def sound_file(folder):
    model = models.Sequential([layers.Dense(3, input_shape=(4,), name="one")], name="net")
    model.save(folder / "sound.afina")
    return read_file(folder / "sound.afina")


def dense(**changes):
    return {"class_name": "Dense", "config": {"units": 3, "name": "one", **changes}}


def net(*entries):
    return {"class_name": "Sequential", "config": {"name": "net", "layers": list(entries)}}


INPUT = {"class_name": "InputLayer", "config": {"batch_shape": [None, 4], "name": "in"}}
DEEP = json.loads('{"a":' * 150 + "1" + "}" * 150)
HOSTILE_MODELS = {
    "no model": None,
    "a number": 7,
    "a list": [1],
    "a text": "Sequential",
    "an empty object": {},
    "a layer, not a model": dense(),
    "an unknown class": net({"class_name": "Evil", "config": {}}),
    "a dotted name": net({"class_name": "os.system", "config": {}}),
    "a module path": net({"class_name": "afina.utils.download.get_file", "config": {}}),
    "a builtin": net({"class_name": "eval", "config": {}}),
    "a function as class": {"function": "relu"},
    "an unknown function": net(INPUT, dense(activation={"function": "system"})),
    "a class name that is a list": net({"class_name": ["Dense"], "config": {}}),
    "a class name that is null": net({"class_name": None, "config": {}}),
    "a config that is a list": net({"class_name": "Dense", "config": [1]}),
    "a config that is null": net({"class_name": "Dense", "config": None}),
    "an argument that is not there": net(INPUT, dense(module="os", registered_name="x")),
    "units negative": net(INPUT, dense(units=-1)),
    "units a text": net(INPUT, dense(units="3")),
    "units of 2**40": net(INPUT, dense(units=1 << 40)),
    "units a million times the file": net(INPUT, dense(units=1_000_000)),
    "a name that climbs": net(INPUT, dense(name="../../one")),
    "a name with a slash": net(INPUT, dense(name="/etc/passwd")),
    "layers missing": {"class_name": "Sequential", "config": {}},
    "layers a number": {"class_name": "Sequential", "config": {"layers": 3}},
    "layers twice the same name": net(INPUT, dense(), dense()),
    "a graph of unknown tensors": {
        "class_name": "Model",
        "config": {"layers": [], "inputs": {"tensor": ["x", 0, 0]}, "outputs": {"tensor": ["x", 0, 0]}},
    },
    "deep": DEEP,
    "a deep config": net(INPUT, dense(activation=DEEP)),
    "other weights": net(INPUT, dense(units=2)),
    "no weights wanted": net(INPUT),
    "no input shape": net(dense()),
    "an optimizer as layer": net(INPUT, {"class_name": "Adam", "config": {}}),
}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    contents = sound_file(folder)
    paths = {}
    for number, (name, config) in enumerate(HOSTILE_MODELS.items()):
        paths[name] = folder / f"{number:02d}.afina"
        write_file(paths[name], contents.tensors, {**contents.metadata, "model": config})
    rows = watched_models([*paths.values(), folder / "sound.afina"])
    return dict(zip([*paths, "sound"], rows, strict=True))


@pytest.mark.parametrize("name", HOSTILE_MODELS)
def test_a_hostile_configuration_gets_a_typed_error_and_nothing_else_happens(name, hostile):
    row = hostile[name]
    assert row["kind"] in {"FileFormatError", "ArgumentError", "NotBuiltError", "ShapeError", "DTypeError"}, (
        row
    )
    assert row["seen"] == []


def test_a_sound_model_opens_its_file_and_nothing_else(hostile):
    assert hostile["sound"] == {"kind": None, "text": "", "seen": []}


def test_other_files_of_the_container_are_not_models(tmp_path):
    write_file(tmp_path / "state.afina", {}, {"kind": "training state"})
    with pytest.raises(FileFormatError, match="holds 'training state'"):
        models.load_model(tmp_path / "state.afina")
    with pytest.raises(FileFormatError, match="not the weights"):
        chain().load_weights(tmp_path / "state.afina")
