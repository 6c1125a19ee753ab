"""Transfer from ImageNet to solar cells: five ways to use 200 labelled images per class (deck D0).

The images are electroluminescence photographs of 2,624 cells (ELPV, Deitsch et al. 2019; CC BY-NC-SA 4.0),
found in the package `elpv-dataset` or a folder with its `labels.csv`. Two questions: is the cell mono- or
polycrystalline, and is it defective (probability 1 against 0; doubtful cells are left out). MobileNetV2 with
ImageNet's weights, 96 x 96 pixels, one split by a seed, everything not trained on is the test:

    python -m afina.examples.solar_cells [--question kind|defect] [--folder FOLDER]

Test accuracy in per cent as measured (3 minutes of one core of an EPYC for each question; 2,224 and 1,823
test images). The kind is easy: partial transfer makes no mistake, training from scratch 28. Defects are
hard: total transfer gains ten points on training from scratch, features and an SVM six and a half; the
partial mode at this rate loses.

|             | features | total | partial | minimum | scratch |
|-------------|----------|-------|---------|---------|---------|
| kind        | 99.96    | 99.96 | 100.00  | 99.91   | 98.74   |
| defect      | 78.6     | 82.0  | 69.9    | 71.8    | 72.0    |
"""

from __future__ import annotations

import csv
import importlib.util
from pathlib import Path
from typing import Any

import numpy as np

from .. import applications, transfer
from ..diagnose import confusion_matrix
from ..errors import ArgumentError
from ..transfer import Stage, head_then_middle
from ..utils.optional import import_optional
from .showing import figure, main

SIZE, PER_CLASS = 96, 200
START = "block_13_expand"  # where the partial mode begins: the last four blocks
CLASSES = {"kind": ("mono", "poly"), "defect": ("intact", "defective")}
STAGES = {
    "total": head_then_middle("all", (3, 12)),
    "partial": [Stage(12, 1e-3)],
    "minimum": [Stage(15, 3e-3)],
    "scratch": [Stage(25, 1e-3)],
}
QUICK = {mode: [Stage(1, stages[-1].learning_rate, stages[-1].train)] for mode, stages in STAGES.items()}


def cells(folder: Path | None = None) -> Path:
    """The folder with `labels.csv` and `images`, by default that of the package, which is not run."""
    if folder is None:
        spec = importlib.util.find_spec("elpv_dataset")
        places = [] if spec is None else list(spec.submodule_search_locations or ())
        folder = Path(places[0]) / "data" if places else Path("elpv-dataset")
    if not (folder / "labels.csv").is_file():
        raise FileNotFoundError(
            f"{folder} has no labels.csv; pip install --no-deps elpv-dataset, or --folder"
        )
    return folder


def load(folder: Path, question: str, most: int | None = None) -> tuple[Any, Any]:
    """Grey images (n, SIZE, SIZE) and class numbers; `most`: of each class, for a short run."""
    if question not in CLASSES:
        raise ArgumentError(f"question must be one of {list(CLASSES)}, got {question!r}")
    pillow = import_optional("PIL.Image", "reading the images")
    chosen = []
    with (folder / "labels.csv").open(encoding="utf-8") as file:
        for path, probability, kind in csv.reader((" ".join(line.split()) for line in file), delimiter=" "):
            certain = {"0.0": 0, "1.0": 1}.get(probability)
            label = CLASSES["kind"].index(kind) if question == "kind" else certain
            if label is not None:
                chosen.append((path, label))
    if most is not None:
        chosen = [pair for c in (0, 1) for pair in [one for one in chosen if one[1] == c][:most]]
    images = []
    for path, _ in chosen:
        with pillow.open(folder / path, formats=("PNG",)) as image:
            images.append(np.asarray(image.convert("L").resize((SIZE, SIZE), pillow.Resampling.BILINEAR)))
    return np.stack(images), np.array([label for _, label in chosen])


def split(labels: Any, per_class: int, seed: int = 0) -> tuple[Any, Any]:
    """Rows to train on, `per_class` of each class, and all others."""
    rng = np.random.default_rng(seed)
    rows = [rng.permutation(np.flatnonzero(labels == c))[:per_class] for c in np.unique(labels)]
    training = rng.permutation(np.concatenate(rows))
    return training, np.setdiff1d(np.arange(len(labels)), training)


def run(
    quick: bool = False,
    picture: Path | None = None,
    question: str | None = None,
    folder: Path | None = None,
    weights: Any = "imagenet",
) -> dict[str, Any]:
    """A linear SVM on features; minimum, partial and total transfer; training from scratch: one table."""
    question = question or "kind"
    per_class = 20 if quick else PER_CLASS
    images, labels = load(cells(folder), question, 2 * per_class if quick else None)
    model = applications.MobileNetV2((SIZE, SIZE, 3), include_top=False, weights=weights, pooling="avg")
    x = applications.prepare(model, images, mode="torch")
    training, held = split(labels, per_class)
    found = transfer.compare_modes(
        model,
        x[training],
        labels[training],
        validation_data=(x[held], labels[held]),
        modes=transfer.EVERY,
        stages=QUICK if quick else STAGES,
        start=START,
        validation_freq=1 if quick else 3,
    )
    best = max((found[mode] for mode in transfer.MODES), key=lambda row: row.evaluation)
    counts = confusion_matrix(labels[held], best.predicted, 2)
    if picture is not None:
        _draw(found, counts, CLASSES[question], best.mode, picture)
    return {
        "table": f"\n{found}",
        "test_images": len(held),
        "best_transfer": best.mode,
        "best_accuracy": found.best.evaluation,
        "confusion_of_the_best_transfer": counts.tolist(),
        **{f"{row.mode}_accuracy": row.evaluation for row in found.rows},
    }


def _draw(found: Any, counts: Any, names: tuple[str, ...], mode: str, picture: Path) -> None:
    """Accuracies, curves and the confusion matrix."""
    made, axes = figure(3, size=(4.0, 3.4))
    found.draw(*axes[0, :2])
    matrix = axes[0, 2]
    matrix.imshow(counts, cmap="Blues", vmax=2 * counts.max())
    for (true, predicted), count in np.ndenumerate(counts):
        matrix.text(predicted, true, str(count), ha="center", va="center")
    matrix.set(xlabel="predicted", ylabel="true", title=mode)
    matrix.set_xticks((0, 1), names)
    matrix.set_yticks((0, 1), names)
    made.savefig(picture, dpi=110)


if __name__ == "__main__":
    options = [("question", str, "kind (mono or poly) or defect"), ("folder", Path, "with labels.csv")]
    main(run, "solar_cells", options)
