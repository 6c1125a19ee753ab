"""The sections of the page: functions of the run that return HTML, empty when there is nothing to show."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

from ...utils.formatting import format_duration
from ..confusion import classes_of, confusion_matrix, most_confused
from ..run_log import is_classification
from .advice import Advice, advice_of, best_epoch
from .charts import Curve, heat_map, line_chart, number, scatter
from .png import data_uri
from .run_folder import RunFolder

MOST_CLASSES = 40  # of a confusion matrix that is drawn
MOST_POINTS = 2000  # of a scatter plot
SURE = 0.9  # an example that is right by so much is not among the worst
MOST_EPOCHS = 60  # columns of a heat map
GROWING = ("acc", "auc", "precision", "recall", "f1")


def headline(run: RunFolder) -> str:
    """Title and the numbers that count."""
    info = run.run
    boxes = [
        (name.replace("_", " "), _result(name, value)) for name, value in _dict(info.get("results")).items()
    ]
    place = best_epoch(run)
    if place is not None:
        for name, values in run.curves.items():
            if name.startswith("val_") and place < len(values):
                boxes.append((f"{name[4:].replace('_', ' ')}, validation", _result(name, values[place])))
        boxes.append(("best epoch", f"{run.epochs[place]:.0f} of {len(run.epochs)}"))
    if isinstance(info.get("parameters"), int):
        boxes.append(("parameters", f"{info['parameters']:,}"))
    if isinstance(info.get("seconds"), (int, float)):
        boxes.append(("training", format_duration(float(info["seconds"]))))
    cells = "".join(f"<div><b>{escape(value)}</b><span>{escape(name)}</span></div>" for name, value in boxes)
    title = _dict(info.get("settings")).get("dataset") or info.get("model") or run.path.resolve().name
    when = f"finished {info['finished']}, afina {info.get('version', '')}" if "finished" in info else ""
    return (
        f"<h1>{escape(str(title))}</h1><p class='soft'>{escape(str(run.path))} {escape(when)}</p>"
        f"<div class='numbers'>{cells}</div>"
    )


def advice(run: RunFolder) -> str:
    """What to do next."""
    return "<h2>What to do next</h2>" + "".join(_box(one) for one in advice_of(run))


def _box(one: Advice) -> str:
    steps = "".join(f"<li>{escape(step)}</li>" for step in one.steps)
    listed = f"<ul>{steps}</ul>" if steps else ""
    kind = "advice good" if one.good else "advice"
    return f"<div class='{kind}'><b>{escape(one.headline)}</b><p>{escape(one.seen)}.</p>{listed}</div>"


def curves(run: RunFolder) -> str:
    """Cost and metrics over the epochs, and the learning rate."""
    charts = []
    for name, values in run.curves.items():
        if name.startswith("val_"):
            continue
        held = run.curves.get(f"val_{name}", [])
        lines = [Curve("training", "train", run.epochs, values)]
        mark = None
        if held:
            lines.append(Curve("validation", "held", run.epochs, held))
            finite = [n for n, value in enumerate(held) if math.isfinite(value)]
            if finite:
                pick = max if any(word in name.lower() for word in GROWING) else min
                best = pick(finite, key=lambda n: held[n])
                mark = (run.epochs[best], held[best])
        charts.append(_figure(line_chart(lines, "epoch", name.replace("_", " "), mark), ""))
    steps = [float(record["step"]) for record in run.health]
    rates = [float(record["learning_rate"]) for record in run.health]
    if len(set(rates)) > 1:
        line = Curve("learning rate", "rate", steps, rates)
        charts.append(_figure(line_chart([line], "update", "learning rate"), ""))
    if not charts:
        return ""
    key = "<span class='key train'></span>training <span class='key held'></span>validation, best ringed"
    constant = f"; learning rate {_plain(rates[0])} throughout" if len(set(rates)) == 1 else ""
    legend = f"<p class='soft'>{key}{escape(constant)}</p>"
    return f"<h2>Curves</h2>{legend}<div class='charts'>{''.join(charts)}</div>"


def health(run: RunFolder) -> str:
    """Gradients and activations of each layer, over time and in the last record."""
    records = run.health
    if not records:
        return ""
    shown = records[:: max(1, -(-len(records) // MOST_EPOCHS))]
    names = list(dict.fromkeys(str(one["name"]) for record in shown for one in record["layers"]))
    columns = [str(record.get("step", "")) for record in shown]
    maps = []
    for key, title in (("gradient", "gradient norm"), ("std", "standard deviation of the outputs")):
        table = [[_value(record, name, key) for record in shown] for name in names]
        kept = [n for n, line in enumerate(table) if any(not math.isnan(value) for value in line)]
        if kept:
            maps.append(_decades([table[n] for n in kept], [names[n] for n in kept], columns, title))
    return f"<h2>Health of the layers</h2><div class='charts'>{''.join(maps)}</div>{_last(records[-1])}"


def _decades(
    table: Sequence[Sequence[float]], rows: Sequence[str], columns: Sequence[str], title: str
) -> str:
    """A heat map of magnitudes, faint where small."""
    logs = [[math.log10(v) if v > 0 else -math.inf if v == 0 else math.nan for v in line] for line in table]
    finite = [value for line in logs for value in line if math.isfinite(value)]
    low, high = (min(finite), max(finite)) if finite else (0.0, 1.0)
    low = min(low, high - 2)  # less than a factor of 100 is no contrast worth shouting about
    shades = [[_shade(value, low, high) for value in line] for line in logs]
    titles = [
        [f"{rows[r]}, update {columns[c]}: {title} {number(v)}" for c, v in enumerate(line)]
        for r, line in enumerate(table)
    ]
    wide = max(7.0, min(26.0, 320 / max(len(columns), 1)))
    picture = heat_map(shades, rows, columns, titles, cell=(wide, 20.0), x_label="update")
    caption = f"{title}: from {number(10**low)} (faint) to {number(10**high)} (full)"
    return _figure(picture, caption)


def _shade(log: float, low: float, high: float) -> float:
    """Opacity of a magnitude: NaN stays empty, 0 is nearly so."""
    return log if math.isnan(log) else 0.0 if log == -math.inf else 0.08 + 0.92 * (log - low) / (high - low)


def _last(record: dict[str, Any]) -> str:
    names = ("layer", "units", "mean", "std", "zeros", "dead", "saturated", "gradient", "weights")
    head = f"<tr>{''.join(f'<th>{name}</th>' for name in names)}</tr>"
    rows = []
    for one in record["layers"]:
        dead, units = one.get("dead"), one.get("units")
        many = isinstance(dead, int) and isinstance(units, int) and dead > 0.2 * units
        flat = isinstance(one.get("saturated"), float) and one["saturated"] > 0.5
        cells = [
            *(f"<td>{escape(_plain(one.get(name)))}</td>" for name in ("name", "units", "mean", "std")),
            f"<td>{_share(one.get('zeros'))}</td>",
            f"<td class='{'bad' if many else ''}'>{escape(_plain(dead))}</td>",
            f"<td class='{'bad' if flat else ''}'>{_share(one.get('saturated'))}</td>",
            *(f"<td>{escape(_plain(one.get(name)))}</td>" for name in ("gradient", "weight")),
        ]
        rows.append(f"<tr>{''.join(cells)}</tr>")
    title = f"<h3>In the batch before update {escape(_plain(record.get('step')))}</h3>"
    return f"{title}<div class='scroll'><table>{head}{''.join(rows)}</table></div>"


def confusions(run: RunFolder) -> str:
    """Which classes were taken for which; for a regression, outputs against labels."""
    labels, outputs = run.labels, run.outputs
    if labels is None or outputs is None or not len(labels):
        return ""
    if not is_classification(labels, outputs):
        if outputs.size != labels.size or outputs.size == 0:
            return ""
        every = max(1, outputs.size // MOST_POINTS)
        x, y = labels.reshape(-1)[::every].tolist(), outputs.reshape(-1)[::every].tolist()
        return "<h2>Outputs against labels</h2>" + _figure(scatter(x, y, "label", "output"), "")
    counts = confusion_matrix(labels, outputs)
    names = class_names(run, len(counts))
    wrong = int(counts.sum() - np.trace(counts))
    text = f"{wrong:,} of {int(counts.sum()):,} held-out examples are wrong."
    picture = _matrix(counts, names) if len(counts) <= MOST_CLASSES else ""
    pairs = "".join(
        f"<tr><td>{escape(names[one.true])}</td><td>{escape(names[one.predicted])}</td><td>{one.count}</td></tr>"
        for one in most_confused(labels, outputs, top=8)
    )
    table = f"<table><tr><th>true</th><th>called</th><th>times</th></tr>{pairs}</table>" if pairs else ""
    return (
        f"<h2>Confusions</h2><p>{text}</p><div class='charts'>{_figure(picture, '')}<div>{table}</div></div>"
    )


def _matrix(counts: Any, names: Sequence[str]) -> str:
    totals = counts.sum(axis=1, keepdims=True)
    shares = counts / np.maximum(totals, 1)
    right = np.eye(len(counts), dtype=bool)
    shades = np.where(right, shares, -np.minimum(1.0, 0.15 + shares * 2.0) * (counts > 0))
    titles = [
        [f"{names[t]} called {names[p]}: {counts[t, p]} ({shares[t, p]:.1%})" for p in range(len(counts))]
        for t in range(len(counts))
    ]
    size = 34.0 if len(counts) <= 12 else 20.0
    text = [[str(n) if n else "" for n in line] for line in counts.tolist()] if len(counts) <= 12 else None
    return heat_map(
        shades.tolist(),
        names,
        names,
        titles,
        text=text,
        cell=(size, size),
        x_label="called",
        y_label="true class",
    )


def worst(run: RunFolder) -> str:
    """The worst examples as pictures."""
    if (
        run.pictures is None
        or run.rows is None
        or not len(run.rows)
        or run.labels is None
        or run.outputs is None
    ):
        return ""
    outputs = run.outputs
    if outputs.shape[1] == 1:
        outputs = np.concatenate([1 - outputs, outputs], axis=1)
    true = classes_of("report", "labels", run.labels)
    names = class_names(run, max(int(true.max()) + 1, outputs.shape[1]))
    figures = []
    for row, picture in zip(run.rows.tolist(), run.pictures, strict=True):
        called = int(outputs[row].argmax())
        if called == true[row] and outputs[row, called] >= SURE:
            continue
        own = f"{escape(names[true[row]])}, {outputs[row, true[row]]:.1%}"
        verdict = f"called <b>{escape(names[called])}</b>, {outputs[row, called]:.0%}"
        if called == true[row]:
            verdict = "right, but unsure"
        alt = escape(f"example {row}", quote=True)
        figures.append(
            f"<figure><img src='{data_uri(picture)}' alt='{alt}'><figcaption>{verdict}<br>is {own}"
            f"<br><span class='soft'>row {row}</span></figcaption></figure>"
        )
    if not figures:
        return f"<h2>Worst examples</h2><p>All are right, with a probability of {SURE:.0%} or more.</p>"
    return f"<h2>Worst examples</h2><div class='pictures'>{''.join(figures)}</div>"


def configuration(run: RunFolder) -> str:
    """Settings, model, formulas; and what the folder lacks."""
    info, parts = run.run, []
    settings = _dict(info.get("settings"))
    if settings:
        texts = {name: one if isinstance(one, str) else json.dumps(one) for name, one in settings.items()}
        pairs = [
            f"<tr><td>{escape(str(name))}</td><td>{escape(text)}</td></tr>" for name, text in texts.items()
        ]
        rows = "".join(pairs)
        parts.append(f"<table>{rows}</table>")
    for name, title in (("summary", "Model"), ("training", "Formulas in force")):
        if isinstance(info.get(name), str):
            parts.append(f"<details open><summary>{title}</summary><pre>{escape(info[name])}</pre></details>")
    if run.missing:
        text = ", ".join(run.missing)
        parts.append(
            f"<p class='soft'>Not in the folder: {escape(text)}. The callback RunLog writes them.</p>"
        )
    return f"<h2>Configuration</h2>{''.join(parts)}" if parts else ""


def class_names(run: RunFolder, count: int) -> list[str]:
    """The names of the classes, their numbers where there are none."""
    names = run.run.get("classes")
    given = [str(name) for name in names] if isinstance(names, list) else []
    return [given[n] if n < len(given) else str(n) for n in range(count)]


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _value(record: dict[str, Any], name: str, key: str) -> float:
    found = next((one.get(key) for one in record["layers"] if one["name"] == name), None)
    return float(found) if isinstance(found, (int, float)) else math.nan


def _result(name: str, value: Any) -> str:
    if not isinstance(value, (int, float)):
        return str(value)
    return f"{value:.1%}" if "acc" in name and 0 <= value <= 1 else number(float(value))


def _plain(value: Any) -> str:
    return "" if value is None else number(value) if isinstance(value, float) else str(value)


def _share(value: Any) -> str:
    return f"{value:.0%}" if isinstance(value, (int, float)) else ""


def _figure(picture: str, caption: str) -> str:
    if not picture:
        return ""
    return f"<figure>{f'<figcaption>{escape(caption)}</figcaption>' if caption else ''}{picture}</figure>"
