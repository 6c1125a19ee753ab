"""The page about a run: whole without the network, true to the files, careful with what it reads."""

import json
import re
import zlib
from html.parser import HTMLParser

import numpy as np
import pytest

import afina
from afina import callbacks, cli, diagnose, layers
from afina.diagnose.report.charts import scale_of, ticks_between
from afina.diagnose.report.png import png_bytes
from afina.errors import AfinaError, ArgumentError, DTypeError, FileFormatError, ShapeError

VOID = {"meta", "img", "br"}


class Balance(HTMLParser):
    """Fails on a tag that is not closed, and collects addresses."""

    def __init__(self):
        super().__init__()
        self.open, self.addresses, self.tags = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.addresses += [value for name, value in attrs if name in {"src", "href", "xlink:href"}]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open
        assert self.open.pop() == tag

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)


def checked(page):
    parser = Balance()
    parser.feed(page)
    assert parser.open == []
    assert all(address.startswith("data:image/png;base64,") for address in parser.addresses)
    assert "script" not in parser.tags
    assert set(re.findall(r"https?://[^'\"]+", page)) <= {"http://www.w3.org/2000/svg"}
    assert "url(" not in page
    assert "@import" not in page
    return parser


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A small classification of pictures, with names that would break a careless page."""
    folder = tmp_path_factory.mktemp("report") / "run"
    afina.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 90)
    x = rng.normal(size=(90, 8, 8, 1)).astype("float32") + y[:, None, None, None]
    model = afina.Sequential(
        [
            layers.Conv2D(4, 3, activation="relu", input_shape=(8, 8, 1), name="conv_1"),
            layers.Flatten(),
            layers.Dense(3, "softmax", name="out"),
        ]
    )
    rate = afina.schedules.ExponentialDecay(0.01, 2, 0.5)
    model.compile(afina.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    log = diagnose.RunLog(
        folder, (x[60:], y[60:]), ["<b>cat", "dog & co", "'owl\""], {"note": "</script><script>alert(1)"},
        training_examples=(x[:60], y[:60]),
    )  # fmt: skip
    model.fit(x[:60], y[:60], epochs=4, validation_data=(x[60:], y[60:]), callbacks=[log], verbose=0)
    outputs = model.predict(x[60:], verbose=0)
    return folder, y, outputs, model


def test_the_page_is_whole_and_needs_no_network(run):
    folder, y, outputs, _ = run
    page = diagnose.write_report(folder).read_text()
    parser = checked(page)
    worst = diagnose.worst_examples(y[60:], outputs, 24)
    unsure = [row for row in worst if outputs[row].argmax() != y[60 + row] or outputs[row].max() < 0.9]
    assert parser.tags.count("img") == len(unsure) > 0
    for heading in (
        "What to do next",
        "Curves",
        "Confusions",
        "Worst examples",
        "Health of the",
        "Configuration",
    ):
        assert f"<h2>{heading}" in page
    assert "&lt;b&gt;cat" in page
    assert "<b>cat" not in page
    assert "&lt;/script&gt;" in page
    wrong = int((outputs.argmax(1) != y[60:]).sum())
    assert f"{wrong} of 30 held-out examples are wrong" in page
    assert ">learning rate<" in page
    for row in unsure:
        assert f"row {row}<" in page


def test_the_page_judges_the_finished_model_by_both_errors(run):
    folder, y, outputs, model = run
    info = json.loads((folder / "run.json").read_text())
    assert info["errors"]["validation"] == pytest.approx(float((outputs.argmax(1) != y[60:]).mean()))
    assert info["parameters"] == model.count_params()
    page = (folder / "report.html").read_text() if (folder / "report.html").exists() else ""
    page = page or diagnose.write_report(folder).read_text()
    assert f"validation error {info['errors']['validation']:.1%} of the finished model" in page


def write(folder, **files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = folder / name.replace("_", ".")
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def log_of(train, held, name="accuracy"):
    rows = [f"{n},{1 - t},{1 - h},{t},{h}" for n, (t, h) in enumerate(zip(train, held, strict=True))]
    return "\n".join([f"epoch,loss,val_loss,{name},val_{name}", *rows]) + "\n"


def test_advice_follows_the_curves(tmp_path):
    cases = {
        "Work on bias": ([0.5, 0.6, 0.62, 0.65], [0.5, 0.6, 0.61, 0.64]),
        "Work on variance": ([0.7, 0.9, 0.99, 1.0], [0.6, 0.7, 0.71, 0.72]),
        "Train longer": ([0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9], [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]),
        "Stop earlier": ([0.7, 0.9, 0.95, 0.96, 0.97, 0.98], [0.6, 0.8, 0.7, 0.6, 0.5, 0.5]),
    }
    for n, (headline, (train, held)) in enumerate(cases.items()):
        page = diagnose.write_report(write(tmp_path / str(n), log_csv=log_of(train, held))).read_text()
        assert headline in page
    bad = write(tmp_path / "nan", log_csv="epoch,loss\n0,1.0\n1,nan\n")
    assert "became NaN" in diagnose.write_report(bad).read_text()
    checked(diagnose.write_report(bad).read_text())


def test_a_regression_shows_outputs_against_labels(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 3)).astype("float32")
    y = x.sum(axis=1, keepdims=True)
    model = afina.Sequential([layers.Dense(1, input_shape=(3,))])
    model.compile("sgd", "mse")
    log = diagnose.RunLog(tmp_path, (x, y))
    model.fit(x, y, epochs=2, verbose=0, callbacks=[log])
    page = diagnose.write_report(tmp_path, tmp_path / "sub.html").read_text()
    checked(page)
    assert "Outputs against labels" in page
    assert page.count('<circle class="dot train"') >= 40


def test_a_partial_folder_gives_a_partial_page(tmp_path, capsys):
    folder = write(tmp_path / "run", log_csv=log_of([0.5], [0.4]))
    assert cli.main(["report", str(folder)]) == 0
    assert f"wrote {folder}/report.html" in capsys.readouterr().out
    page = (folder / "report.html").read_text()
    checked(page)
    assert "<h2>Confusions" not in page
    assert "Not in the folder: health.jsonl, run.json, examples.npz" in page


def test_a_resumed_run_has_the_records_of_a_straight_one(tmp_path):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(32, 4)).astype("float32"), rng.integers(0, 2, 32)

    def train(folder, epochs):
        afina.utils.set_random_seed(0)
        model = afina.Sequential([layers.Dense(2, "softmax", input_shape=(4,), name="out")])
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        model.fit(
            x, y, epochs=epochs, verbose=0, resume=folder / "checkpoints", callbacks=[diagnose.RunLog(folder)]
        )

    train(tmp_path / "a", 4)
    train(tmp_path / "b", 2)
    train(tmp_path / "b", 4)
    for name in ("log.csv", "health.jsonl"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_damaged_files_are_refused_by_name(tmp_path, run):
    good = {
        name: (run[0] / name).read_bytes() for name in ("log.csv", "health.jsonl", "run.json", "examples.npz")
    }
    cases = {
        "log.csv": [b"a,b\n1,2\n", b"epoch,loss\n0,much\n"],
        "health.jsonl": [b"{", b"[]", b'{"layers": 3}', b"[" * 100000],
        "run.json": [b"", b"3", good["run.json"][:50]],
        "examples.npz": [b"", b"PK", good["examples.npz"][:200], zlib.compress(b"0")],
    }
    for name, contents in cases.items():
        for content in contents:
            for other, value in good.items():
                (tmp_path / other).write_bytes(value)
            (tmp_path / name).write_bytes(content)
            with pytest.raises(FileFormatError, match=re.escape(name)):
                diagnose.write_report(tmp_path)


def test_numbers_of_the_wrong_kind_never_break_the_page_without_saying_so(tmp_path, run):
    """Every value of run.json and health.jsonl replaced by others: a page, or a typed refusal."""
    info = json.loads((run[0] / "run.json").read_text())
    record = json.loads((run[0] / "health.jsonl").read_text().splitlines()[0])
    (tmp_path / "log.csv").write_bytes((run[0] / "log.csv").read_bytes())
    for value in (None, "x", -1, 1e308, [], {}, True):
        for key in info:
            (tmp_path / "run.json").write_text(json.dumps({**info, key: value}))
            (tmp_path / "health.jsonl").write_text(json.dumps(record) + "\n")
            _page_or_refusal(tmp_path)
        (tmp_path / "run.json").write_text(json.dumps(info))
        for key in record["layers"][0]:
            layer = {**record["layers"][0], key: value}
            (tmp_path / "health.jsonl").write_text(json.dumps({**record, "layers": [layer]}) + "\n")
            _page_or_refusal(tmp_path)
        for key in ("step", "learning_rate", "epoch"):
            (tmp_path / "health.jsonl").write_text(json.dumps({**record, key: value}) + "\n")
            _page_or_refusal(tmp_path)


def _page_or_refusal(folder):
    try:
        page = diagnose.write_report(folder).read_text()
    except AfinaError:
        return
    checked(page)


def test_pictures_are_png_files():
    image = np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3)
    pil = pytest.importorskip("PIL.Image")
    import io

    for pixels in (image, image[..., :1]):
        read = np.asarray(pil.open(io.BytesIO(png_bytes(pixels))))
        np.testing.assert_array_equal(read.reshape(pixels.shape), pixels)


def test_ticks_are_round_and_axes_hold_the_data():
    assert ticks_between(0.13, 0.92) == [0.2, 0.4, 0.6, 0.8]
    for values in ([1.0], [0.0, 0.0], [1e-8, 5.0], [-3.0, 1e6], [float("nan")]):
        scale = scale_of(values, 0, 100, may_be_log=True)
        assert all(-1 <= scale(value) <= 101 for value in values if np.isfinite(value))
        assert all(-1 <= scale(tick) <= 101 for tick in scale.ticks)


@pytest.mark.parametrize(
    ("call", "says", "kind"),
    [
        (lambda p: diagnose.write_report(p / "none"), "is no folder", ArgumentError),
        (lambda p: diagnose.write_report(p), "holds no run", ArgumentError),
        (lambda p: diagnose.RunLog(p, examples=3), "examples must be", ArgumentError),
        (lambda p: diagnose.RunLog(p, training_examples=[1]), "training_examples must be", ArgumentError),
        (lambda p: diagnose.RunLog(p, settings=[1]), "settings must be a dict", ArgumentError),
        (lambda p: diagnose.RunLog(p, every=0), "every must be", ArgumentError),
        (lambda p: diagnose.RunLog(3), "folder must be", DTypeError),
    ],
)
def test_wrong_arguments_are_refused(call, says, kind, tmp_path):
    with pytest.raises(kind, match=says):
        call(tmp_path)


def test_a_run_log_whose_examples_do_not_fit_says_so(tmp_path):
    model = afina.Sequential([layers.Dense(1, input_shape=(3,))])
    model.compile("sgd", "mse")
    log = diagnose.RunLog(tmp_path, (np.zeros((4, 3)), np.zeros((3, 1))))
    assert isinstance(log, callbacks.Callback)
    with pytest.raises(ShapeError, match="labels"):
        model.fit(np.zeros((4, 3)), np.zeros((4, 1)), verbose=0, callbacks=[log])
