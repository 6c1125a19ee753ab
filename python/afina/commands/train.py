"""`afina train`: a convolutional network on a real data set, from nothing to a tested model."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np

from ..data import stratified_split
from ..datasets import cifar10, digits, fashion_mnist, mnist
from ..errors import ArgumentError
from ..utils import MissingExtraError, format_duration, import_optional, set_random_seed
from . import networks

NAME = "train"
SUMMARY = "train a convolutional network on a data set"
DESCRIPTION = """\
Train a convolutional network and test it.

The output folder receives
  checkpoints/   the state after each of the last two epochs: --resume continues from it, bit for bit;
                 SIGTERM lets the running batch end, saves it too and stops
  log.csv        loss and accuracy of every epoch
  health.jsonl   gradients and activations of every layer, once an epoch
  run.json       settings, model, results
  examples.npz   labels and outputs of the validation images, the worst as pictures
  report.html    a page about all of this; `afina report FOLDER` makes it again
  curves.png     the same as a picture (needs matplotlib: pip install 'afina[plots]')
  model.afina    the trained model, for afina.models.load_model"""
EXAMPLES = """\
examples:
  afina train                                    the digits that come with Afina, a few seconds
  afina train mnist --data ~/mnist --epochs 3    from a folder of IDX files
  afina train digits --epochs 40 --resume        go on with the last run"""

MODULES: dict[str, Any] = {
    "digits": digits,
    "mnist": mnist,
    "fashion_mnist": fashion_mnist,
    "cifar10": cifar10,
}
EPOCHS = {"digits": 25, "mnist": 5, "fashion_mnist": 10, "cifar10": 20}
OPTIMIZERS = {"adam": 1e-3, "adamw": 1e-3, "rmsprop": 1e-3, "sgd": 0.05, "adagrad": 0.01, "adadelta": 1.0}
VALIDATION_SHARE = 0.1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `afina train`."""
    parser.add_argument(
        "dataset", nargs="?", default="digits", choices=MODULES, metavar="DATASET", help=", ".join(MODULES)
    )
    epochs = ", ".join(f"{count} for {name}" for name, count in EPOCHS.items())
    parser.add_argument("--epochs", type=_count, metavar="N", help=f"passes over the data ({epochs})")
    parser.add_argument("--batch-size", type=_count, default=64, metavar="N", help="images per update (64)")
    parser.add_argument("--optimizer", choices=OPTIMIZERS, default="adam", help="adam by default")
    rates = ", ".join(f"{rate:g} for {name}" for name, rate in OPTIMIZERS.items())
    parser.add_argument("--lr", type=_positive, metavar="RATE", help=f"learning rate ({rates})")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of weights, order and dropout (0)")
    parser.add_argument("--data", type=Path, metavar="PATH", help="folder or file of the data set")
    parser.add_argument("--no-download", action="store_true", help="do not ask the network for the data set")
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER", help="output folder (runs/DATASET, then -2, ...)"
    )
    parser.add_argument("--resume", action="store_true", help="continue the run in --out, or the last one")
    parser.add_argument("--threads", type=_count, metavar="N", help="threads of the kernels")
    parser.add_argument("--quiet", action="store_true", help="no summary and no progress bar")


def run(arguments: argparse.Namespace) -> None:
    """Load, build, train, test, write."""
    from .. import optimizers, set_thread_count
    from ..diagnose import RunLog
    from ..diagnose.report import write_report

    name = arguments.dataset
    if arguments.threads is not None:
        set_thread_count(arguments.threads)
    set_random_seed(arguments.seed)
    parts, classes = load(name, arguments.data, download=not arguments.no_download, seed=arguments.seed)
    (x_train, y_train), validation, (x_test, y_test) = parts
    out = output_folder(name, arguments.out, resume=arguments.resume)
    say = (lambda *_: None) if arguments.quiet else print
    say(f"{name}: {len(x_train)} images to train, {len(validation[0])} to validate, {len(x_test)} to test")
    plots = _plots_or_reason()

    model = networks.build(name, x_train.shape[1:], classes)
    rate = arguments.lr if arguments.lr is not None else OPTIMIZERS[arguments.optimizer]
    settings = {"momentum": 0.9} if arguments.optimizer == "sgd" else {}
    optimizer = optimizers.get(
        {"class_name": arguments.optimizer, "config": {"learning_rate": rate, **settings}}
    )
    model.compile(optimizer=optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    if not arguments.quiet:
        model.summary()

    out.mkdir(parents=True, exist_ok=True)
    epochs = arguments.epochs or EPOCHS[name]
    log = RunLog(
        out,
        examples=validation,
        training_examples=(x_train[:2000], y_train[:2000]),
        classes=MODULES[name].CLASSES,
        settings={
            "dataset": name,
            "images to train, validate, test": [len(x_train), len(validation[0]), len(x_test)],
            "epochs": epochs,
            "batch size": arguments.batch_size,
            "optimizer": arguments.optimizer,
            "learning rate": rate,
            "seed": arguments.seed,
        },
    )
    started = time.perf_counter()
    history = model.fit(
        x_train,
        y_train,
        batch_size=arguments.batch_size,
        epochs=epochs,
        validation_data=validation,
        callbacks=[log],
        verbose=0 if arguments.quiet else "auto",
        resume=out / "checkpoints",
    )
    say(f"trained for {format_duration(time.perf_counter() - started)}")
    model.save(out / "model.afina")
    written = ["report.html", "model.afina", "log.csv", "checkpoints"]
    if isinstance(plots, str):
        say(f"no picture of the curves: {plots}")
    else:
        plots.plot_history(history, out / "curves.png", title=name)
        written.insert(0, "curves.png")
    loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
    log.write_run({"test_accuracy": accuracy, "test_loss": loss})
    write_report(out)
    say(f"wrote {', '.join(written)} into {out}")
    print(f"test accuracy: {accuracy:.4f} ({round(accuracy * len(x_test))} of {len(x_test)})")


def load(
    name: str, path: Path | None, *, download: bool, seed: int
) -> tuple[tuple[tuple[Any, Any], tuple[Any, Any], tuple[Any, Any]], int]:
    """(train, validation, test) of images (n, height, width, channels) in [0, 1] and labels (n,); number of
    classes.
    """
    module = MODULES[name]
    if name == "digits":
        if path is not None:
            raise ArgumentError("afina train digits: --data has no use, the digits come with Afina")
        (x, y), test = module.load_data()
    else:
        (x, y), test = module.load_data(path, download=download)
    train, held_out = stratified_split(y, (1.0 - VALIDATION_SHARE, VALIDATION_SHARE), seed=seed)
    parts = tuple(
        _scaled(images, labels, module.MAXIMUM)
        for images, labels in ((x[train], y[train]), (x[held_out], y[held_out]), test)
    )
    return parts, len(module.CLASSES)  # type: ignore[return-value]


def output_folder(name: str, wanted: Path | None, *, resume: bool) -> Path:
    """The folder of a new run, or of the one to continue; `ArgumentError` when that cannot be.

    >>> output_folder("digits", None, resume=False).parts[0]
    'runs'
    """
    if wanted is not None:
        if _holds_a_run(wanted) and not resume:
            raise ArgumentError(
                f"{wanted} holds a run: --resume continues it, another --out starts a new one"
            )
        if resume and not _holds_a_run(wanted):
            raise ArgumentError(f"{wanted} holds no run to resume")
        return wanted
    number, folder, last = 1, Path("runs") / name, None
    while _holds_a_run(folder):
        number, folder, last = number + 1, Path("runs") / f"{name}-{number + 1}", folder
    if resume and last is None:
        raise ArgumentError(f"{folder} holds no run to resume")
    return last if resume and last is not None else folder


def _holds_a_run(folder: Path) -> bool:
    return (folder / "checkpoints").is_dir()


def _scaled(images: Any, labels: Any, maximum: int) -> tuple[Any, Any]:
    if images.ndim == 3:
        images = images[..., np.newaxis]
    return images.astype(np.float32) / maximum, labels.reshape(-1).astype(np.int32)


def _plots_or_reason() -> Any:
    """The module that draws, or what is missing for it: found out before the training, not after."""
    try:
        import_optional("matplotlib", "drawing the curves")
    except MissingExtraError as error:
        return str(error)
    from .. import plots

    return plots


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, got {text}")
    return value


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"must be a number above 0, got {text}")
    return value
