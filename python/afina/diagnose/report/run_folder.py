"""What a run left in its folder, read with care: the files may be cut off, edited, or not there."""

from __future__ import annotations

import csv
import dataclasses
import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ...datasets.npz import read_npz
from ...errors import ArgumentError, FileFormatError
from ..layer_health import LayerHealth

MOST_BYTES = 256 << 20  # of one file


@dataclass(frozen=True)
class RunFolder:
    """The parts of a run; each may be missing (empty or None), and `missing` says what brings it."""

    path: Path
    epochs: list[float] = field(default_factory=list)
    curves: dict[str, list[float]] = field(default_factory=dict)
    health: list[dict[str, Any]] = field(default_factory=list)
    run: dict[str, Any] = field(default_factory=dict)
    labels: npt.NDArray[Any] | None = None
    outputs: npt.NDArray[Any] | None = None
    rows: npt.NDArray[Any] | None = None
    pictures: npt.NDArray[Any] | None = None
    missing: list[str] = field(default_factory=list)


def read_run(folder: Path) -> RunFolder:
    """The run in `folder`; `ArgumentError` when there is none, `FileFormatError` for a damaged file."""
    if not folder.is_dir():
        raise ArgumentError(f"report: {folder} is no folder")
    found: dict[str, Any] = {"path": folder, "missing": []}
    readers = {"log.csv": _log, "health.jsonl": _health, "run.json": _run, "examples.npz": _examples}
    for name, read in readers.items():
        path = folder / name
        if not path.is_file():
            found["missing"].append(name)
            continue
        if path.stat().st_size > MOST_BYTES:
            raise FileFormatError(f"{path}: has {path.stat().st_size} bytes, at most {MOST_BYTES} are read")
        found |= read(path)
    if len(found["missing"]) == len(readers):
        raise ArgumentError(f"report: {folder} holds no run: none of {', '.join(readers)}")
    return RunFolder(**found)


def _log(path: Path) -> dict[str, Any]:
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    if rows and "epoch" not in rows[0]:
        raise FileFormatError(f"{path}: has no column 'epoch'")
    columns = {name: [_number(path, row.get(name)) for row in rows] for name in (rows[0] if rows else ())}
    epochs = [value + 1 for value in columns.pop("epoch", [])]
    return {"epochs": epochs, "curves": columns}


def _number(path: Path, text: str | None) -> float:
    if text in (None, "", "NA"):
        return math.nan
    try:
        return float(text or "nan")
    except ValueError as error:
        raise FileFormatError(f"{path}: {text!r} is no number") from error


def _health(path: Path) -> dict[str, Any]:
    records = []
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        row = _json(path, line, number)
        layers = row.get("layers")
        if not isinstance(layers, list) or not all(_is_layer(one) for one in layers):
            raise FileFormatError(f"{path}: line {number} has no layers as HealthLog writes them")
        if not isinstance(row.get("step"), int) or not isinstance(row.get("learning_rate"), (int, float)):
            raise FileFormatError(f"{path}: line {number} needs a step and a learning_rate")
        records.append(row)
    return {"health": records}


def _is_layer(one: Any) -> bool:
    """Whether it has the fields of `LayerHealth`, each a number or, but for the units, None."""
    if not isinstance(one, dict) or set(one) != {field.name for field in dataclasses.fields(LayerHealth)}:
        return False
    numbers = [value for name, value in one.items() if name not in ("name", "units") and value is not None]
    named = isinstance(one["name"], str) and isinstance(one["units"], int)
    return named and all(isinstance(value, (int, float)) for value in numbers)


def _run(path: Path) -> dict[str, Any]:
    return {"run": _json(path, path.read_bytes(), 1)}


def _json(path: Path, text: bytes, number: int) -> dict[str, Any]:
    try:
        row = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FileFormatError(f"{path}: line {number} is no JSON: {error}") from error
    if not isinstance(row, dict):
        raise FileFormatError(f"{path}: line {number} must be a JSON object")
    return row


def _examples(path: Path) -> dict[str, Any]:
    arrays = read_npz(path, ["labels", "outputs", "rows", "pictures"])
    labels, outputs, rows, pictures = (arrays[name] for name in ("labels", "outputs", "rows", "pictures"))
    if labels.ndim == 0 or outputs.ndim == 0 or len(labels) != len(outputs):
        raise FileFormatError(f"{path}: labels {labels.shape} do not fit the outputs {outputs.shape}")
    if labels.dtype.kind not in "biuf" or outputs.dtype.kind not in "biuf":
        raise FileFormatError(f"{path}: labels and outputs must be numbers")
    if pictures.dtype != np.uint8 or pictures.ndim != 4 or pictures.shape[-1] not in (1, 3):
        raise FileFormatError(f"{path}: pictures must be bytes (n, height, width, 1 or 3)")
    inside = rows.size == 0 or 0 <= int(rows.min()) <= int(rows.max()) < len(labels)
    if rows.ndim != 1 or rows.dtype.kind != "i" or len(rows) != len(pictures) or not inside:
        raise FileFormatError(f"{path}: rows do not fit the pictures and labels")
    return dict(arrays)
