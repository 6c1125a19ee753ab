"""ONNX models run, train, are saved and go back; ONNX's own node tests are the oracle."""

import warnings
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper
from onnx_networks import by_onnxruntime, classifier, network

import afina
from afina.errors import ArgumentError, FileFormatError, UnsupportedOperatorError
from afina.interop.onnx import Backend, OnnxModel, load, operators

LISTED = (Path(__file__).parent / "onnx_node_tests.txt").read_text().split()


@pytest.fixture(scope="module")
def node_tests():
    """The node tests that the installed onnx package brings, by name."""
    from onnx.backend.test.loader import load_model_tests

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its data are made to overflow
        return {case.name: case for case in load_model_tests(kind="node")}


def arrays(values):
    return [numpy_helper.to_array(v) if hasattr(v, "data_type") else v for v in values]


def assert_equal(got, wanted, case):
    if wanted is None or isinstance(wanted, list):
        assert (got is None) == (wanted is None)
        for a, b in zip(got or [], wanted or [], strict=True):
            assert_equal(a, b, case)
        return
    wanted = np.asarray(wanted)
    assert (got.dtype, got.shape) == (wanted.dtype, wanted.shape), case.name
    np.testing.assert_allclose(got, wanted, rtol=case.rtol, atol=case.atol, err_msg=case.name)


def test_at_least_130_operators_are_there():
    assert len(operators()) >= 130


def test_the_listed_node_tests_of_onnx_pass(node_tests):
    names = [name for name in LISTED if name in node_tests]  # another version of onnx has others
    assert len(names) >= 1300
    for name in names:
        case = node_tests[name]
        prepared = Backend.prepare(case.model)
        for inputs, outputs in case.data_sets:
            got = prepared.run(arrays(inputs))
            for a, b in zip(got, arrays(outputs), strict=True):
                assert_equal(a, b, case)


def test_a_node_test_that_is_not_listed_runs_or_gets_an_error_that_names_the_operator(node_tests):
    refused = {}
    for name in node_tests.keys() - set(LISTED):
        model = node_tests[name].model
        try:
            Backend.prepare(model)
        except (UnsupportedOperatorError, FileFormatError) as error:
            refused[name] = str(error)
    assert len(refused) > 100
    for name, text in refused.items():
        words = {f"'{node.op_type}'" for node in node_tests[name].model.graph.node}
        assert any(word in text for word in {*words, "element type", "opset"}), (name, text)


@pytest.mark.parametrize("training", [False, True])
def test_dropout_follows_its_input_or_the_caller(training):
    node = helper.make_node("Dropout", ["x"], ["y"])
    model = OnnxModel(network([node], [("x", [1000])], [("y", [1000])]))
    y = model(np.ones(1000, "float32"), training=training).numpy()
    assert set(np.unique(y)) == ({0.0, 2.0} if training else {1.0})
    assert not training or 400 < (y == 0).sum() < 600


def test_an_imported_network_gives_what_onnx_runtime_gives():
    proto = classifier()
    x = np.random.default_rng(1).standard_normal((5, 3, 8, 8)).astype(np.float32)
    model = load(proto.SerializeToString())
    np.testing.assert_allclose(model(x).numpy(), by_onnxruntime(proto, x)[0], atol=1e-5)
    assert [layer.name for layer in model.layers] == ["stem", "norm", "depthwise", "head"]
    assert len(model.trainable_weights) == 7
    assert model.count_params() == sum(np.prod(t.dims) for t in proto.graph.initializer)


def trained(model):
    numbers = np.random.default_rng(2)
    x = numbers.standard_normal((32, 3, 8, 8)).astype(np.float32)
    y = (x[:, 0].mean((1, 2)) > 0).astype("int64")
    model.compile("adam", afina.losses.SparseCategoricalCrossentropy(from_logits=True))
    before = model.evaluate(x, y, verbose=0)
    model.fit(x, y, epochs=5, batch_size=16, verbose=0)
    return before, model.evaluate(x, y, verbose=0), x


def test_an_imported_network_trains_is_saved_and_goes_back_to_onnx(tmp_path):
    proto = classifier()
    model = load(proto.SerializeToString())
    statistics = model.get_layer("norm").get_weights()[2]
    before, after, x = trained(model)
    assert after < before
    assert not np.array_equal(statistics, model.get_layer("norm").get_weights()[2])
    y = model(x).numpy()
    np.testing.assert_allclose(by_onnxruntime(model.proto(), x)[0], y, atol=1e-4)
    path = tmp_path / "imported.afina"
    model.save(path)
    assert np.array_equal(afina.models.load_model(path)(x).numpy(), y)


def test_frozen_nodes_and_their_statistics_stay_bitwise_the_same():
    model = load(classifier().SerializeToString())
    for layer in model.layers[:-1]:
        layer.trainable = False
    kept = [layer.get_weights() for layer in model.layers]
    trained(model)
    for layer, old in zip(model.layers, kept, strict=True):
        same = [np.array_equal(a, b) for a, b in zip(layer.get_weights(), old, strict=True)]
        assert same == [layer.name != "head"] * len(old)


def test_an_imported_network_stands_under_new_layers():
    base = load(classifier().SerializeToString())
    x = afina.layers.Input(shape=(3, 8, 8))
    model = afina.Model(x, afina.layers.Dense(2)(base(x)))
    assert model(np.zeros((3, 3, 8, 8), "float32")).shape == (3, 2)
    assert len(model.trainable_weights) == 9


def test_the_gradient_of_gathered_scattered_and_padded_values_is_the_slope():
    nodes = [
        helper.make_node("Pad", ["x", "pads"], ["p"], mode="reflect"),
        helper.make_node("ScatterElements", ["p", "i", "u"], ["s"], reduction="mul"),
        helper.make_node("GatherElements", ["s", "i"], ["g"], axis=0),
        helper.make_node("CumSum", ["g", "axis"], ["c"], reverse=1, exclusive=1),
        helper.make_node("Atan", ["c"], ["y"]),
    ]
    numbers = np.random.default_rng(0)
    weights = {
        "pads": np.array([1, 2]),
        "i": np.array([0, 3, 3, 5, 1]),
        "u": numbers.standard_normal(5),
        "axis": np.array(0),
    }
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", onnx.TensorProto.DOUBLE, [4])],
        [helper.make_tensor_value_info("y", onnx.TensorProto.DOUBLE, [5])],
        [numpy_helper.from_array(a, n) for n, a in weights.items()],
    )
    model = OnnxModel(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)]))
    x = afina.tensor(numbers.standard_normal(4), requires_grad=True)

    def value(at):
        return model.run(at)[0].sum()

    (gradient,) = afina.gradients(value(x), [x])
    steps = np.eye(4) * 1e-6
    slopes = [(value(x.numpy() + s).item() - value(x.numpy() - s).item()) / 2e-6 for s in steps]
    np.testing.assert_allclose(gradient.numpy(), slopes, atol=1e-7)


def test_what_does_not_fit_is_refused_by_name():
    model = load(classifier().SerializeToString())
    with pytest.raises(
        ArgumentError, match=r"input 'x' must have shape \(None, 3, 8, 8\), got \(1, 8, 8, 3\)"
    ):
        model(np.zeros((1, 8, 8, 3), "float32"))
    node = helper.make_node("Gather", ["x", "i"], ["y"], name="pick")
    proto = network([node], [("x", [3])], [("y", [1])], {"i": np.array([7])})
    with pytest.raises(ArgumentError, match=r"Gather 'pick': indices must be in \[-3, 3\)"):
        OnnxModel(proto)(np.zeros(3, "float32"))
    strange = helper.make_node("Frobnicate", ["x"], ["y"], domain="com.example")
    proto.graph.node[0].CopyFrom(strange)
    with pytest.raises(UnsupportedOperatorError, match=r"'Frobnicate' of domain 'com\.example'"):
        OnnxModel(proto)


def test_a_model_whose_weights_lie_in_other_files_is_refused(tmp_path):
    proto = classifier()
    path = tmp_path / "model.onnx"
    onnx.save_model(proto, path, save_as_external_data=True, size_threshold=0)
    with pytest.raises(FileFormatError, match="lies in another file"):
        load(path)
