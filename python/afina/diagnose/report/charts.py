"""Line charts, heat maps and scatter plots as SVG text; colors come from the page's style sheet."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

WIDTH, HEIGHT = 440, 250
LEFT, RIGHT, TOP, BOTTOM = 58, 12, 12, 34
LOG_RANGE = 50.0  # a quantity that spans more is drawn on a logarithmic axis


@dataclass(frozen=True)
class Curve:
    """A line: its label, CSS class, and points; points that are not finite break it."""

    label: str
    style: str
    x: Sequence[float]
    y: Sequence[float]


@dataclass(frozen=True)
class Scale:
    """From data to pixels, linear or logarithmic."""

    low: float
    high: float
    begin: float
    end: float
    logarithmic: bool = False
    ticks: list[float] = field(default_factory=list)

    def __call__(self, value: float) -> float:
        low, high = self.low, self.high
        if self.logarithmic:
            low, high, value = math.log10(low), math.log10(high), math.log10(max(value, 1e-300))
        share = (value - low) / (high - low) if high > low else 0.5
        return self.begin + share * (self.end - self.begin)


def ticks_between(low: float, high: float, count: int = 5) -> list[float]:
    """Round numbers from `low` to `high`, about `count` of them.

    >>> ticks_between(0.0, 1.0)
    [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    """
    if not high > low:
        return [low]
    rough = (high - low) / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * n for n in (1, 2, 5, 10) if power * n >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(number * step, 12) for number in range(first, last + 1)]


def scale_of(values: Sequence[float], begin: float, end: float, *, may_be_log: bool = False) -> Scale:
    """A scale that holds all finite values; logarithmic where they are positive and span much."""
    finite = [value for value in values if math.isfinite(value)] or [0.0, 1.0]
    low, high = min(finite), max(finite)
    if may_be_log and low > 0 and high / low > LOG_RANGE:
        first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
        step = max(1, (last - first) // 5)
        ticks = [10.0**power for power in range(first, last + 1, step)]
        return Scale(10.0**first, 10.0**last, begin, end, True, ticks)
    if low == high:
        low, high = low - (abs(low) * 0.1 or 0.5), high + (abs(high) * 0.1 or 0.5)
    margin = 0.04 * (high - low)
    low, high = (low if low == 0 else low - margin), high + margin
    return Scale(low, high, begin, end, False, ticks_between(low, high))


def line_chart(
    curves: Sequence[Curve], x_label: str, y_label: str, mark: tuple[float, float] | None = None
) -> str:
    """Curves over a common axis; `mark` rings one point. Hovering shows a point's numbers."""
    xs = [value for curve in curves for value in curve.x]
    ys = [value for curve in curves for value in curve.y]
    across = scale_of(xs, LEFT, WIDTH - RIGHT)
    if xs and all(value == round(value) for value in xs):  # epochs: no half ones
        low, high = min(xs), max(xs)
        whole = sorted({round(tick) for tick in ticks_between(low, high)} or {round(low)})
        across = Scale(low, high, LEFT, WIDTH - RIGHT, False, [float(tick) for tick in whole])
    up = scale_of(ys, HEIGHT - BOTTOM, TOP, may_be_log=True)
    parts = [_axes(across, up, x_label, y_label)]
    for curve in curves:
        parts.append(f'<path class="line {curve.style}" d="{_path(curve, across, up)}"/>')
        for x, y in zip(curve.x, curve.y, strict=True):
            if math.isfinite(y):
                title = f"{escape(curve.label)}: {number(y)} at {escape(x_label)} {number(x)}"
                parts.append(
                    f'<circle class="dot {curve.style}" cx="{across(x):.1f}" cy="{up(y):.1f}" '
                    f'r="{2.2 if len(curve.x) < 60 else 1.2}"><title>{title}</title></circle>'
                )
    if mark is not None:
        parts.append(f'<circle class="mark" cx="{across(mark[0]):.1f}" cy="{up(mark[1]):.1f}" r="6"/>')
    return _svg(WIDTH, HEIGHT, parts, f"{y_label} over {x_label}")


def scatter(x: Sequence[float], y: Sequence[float], x_label: str, y_label: str) -> str:
    """Points, and the diagonal where both are equal."""
    both = scale_of([*x, *y], 0, 1)
    across = Scale(both.low, both.high, LEFT, WIDTH - RIGHT, False, both.ticks)
    up = Scale(both.low, both.high, HEIGHT - BOTTOM, TOP, False, both.ticks)
    parts = [_axes(across, up, x_label, y_label)]
    parts.append(
        f'<line class="grid strong" x1="{across(both.low):.1f}" y1="{up(both.low):.1f}" '
        f'x2="{across(both.high):.1f}" y2="{up(both.high):.1f}"/>'
    )
    for a, b in zip(x, y, strict=True):
        if math.isfinite(a) and math.isfinite(b):
            parts.append(f'<circle class="dot train" cx="{across(a):.1f}" cy="{up(b):.1f}" r="2.2"/>')
    return _svg(WIDTH, HEIGHT, parts, f"{y_label} over {x_label}")


def heat_map(
    values: Sequence[Sequence[float]],
    rows: Sequence[str],
    columns: Sequence[str],
    titles: Sequence[Sequence[str]],
    *,
    text: Sequence[Sequence[str]] | None = None,
    cell: tuple[float, float] = (26.0, 26.0),
    x_label: str = "",
    y_label: str = "",
) -> str:
    """Cells whose opacity is their value in [0, 1]; a negative value is drawn in the other color, NaN
    empty."""
    wide, high = cell
    left = 24 + 6.6 * max([len(name) for name in rows], default=0)
    top = 8.0
    width = left + wide * len(columns) + 8
    height = top + high * len(rows) + 40
    bottom = top + high * len(rows)
    parts = []
    for r, line in enumerate(values):
        y = top + r * high
        parts.append(_text(left - 6, y + high / 2 + 4, rows[r], "tick", "end"))
        for c, value in enumerate(line):
            x = left + c * wide
            shade = 0.0 if math.isnan(value) else min(abs(value), 1.0)
            kind = "cell other" if value < 0 else "cell"
            box = f'x="{x:.1f}" y="{y:.1f}" width="{wide - 1:.1f}" height="{high - 1:.1f}"'
            parts.append(f"<g><title>{escape(titles[r][c])}</title>")
            parts.append(
                f'<rect class="{kind}" {box} fill-opacity="{shade:.3f}"/><rect class="frame" {box}/>'
            )
            if text is not None and text[r][c]:
                tone = "bright" if shade > 0.55 else "value"
                parts.append(_text(x + wide / 2, y + high / 2 + 4, text[r][c], tone))
            parts.append("</g>")
    longest = max([len(name) for name in columns], default=1)
    for c in range(0, len(columns), max(1, math.ceil(7 * longest / wide))):
        parts.append(_text(left + (c + 0.5) * wide, bottom + 14, columns[c], "tick"))
    parts.append(_text(left + wide * len(columns) / 2, height - 6, x_label, "label"))
    if y_label:
        parts.append(_upright(12, (top + bottom) / 2, y_label))
    return _svg(math.ceil(width), math.ceil(height), parts, y_label or x_label)


def number(value: float) -> str:
    """Four digits, as short as they go.

    >>> number(0.123456), number(3.0), number(1.5e-7)
    ('0.1235', '3', '1.5e-07')
    """
    return f"{value:.4g}"


def _path(curve: Curve, across: Scale, up: Scale) -> str:
    commands = []
    move = True
    for x, y in zip(curve.x, curve.y, strict=True):
        if not math.isfinite(y):
            move = True
            continue
        commands.append(f"{'M' if move else 'L'}{across(x):.1f} {up(y):.1f}")
        move = False
    return " ".join(commands)


def _axes(across: Scale, up: Scale, x_label: str, y_label: str) -> str:
    bottom = HEIGHT - BOTTOM
    parts = []
    for tick in up.ticks:
        y = up(tick)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(_text(LEFT - 6, y + 4, number(tick), "tick", "end"))
    parts += [_text(across(tick), bottom + 15, number(tick), "tick") for tick in across.ticks]
    parts.append(f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{bottom}" y2="{bottom}"/>')
    parts.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 4, x_label, "label"))
    parts.append(_upright(12, (TOP + bottom) / 2, y_label))
    return "".join(parts)


def _text(x: float, y: float, text: str, style: str, anchor: str = "middle") -> str:
    return f'<text class="{style}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _upright(x: float, y: float, text: str) -> str:
    place = f'transform="translate({x:.1f} {y:.1f}) rotate(-90)"'
    return f'<text class="label" {place} text-anchor="middle">{escape(text)}</text>'


def _svg(width: float, height: float, parts: Sequence[str], title: str) -> str:
    return (
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        f'aria-label="{escape(title, quote=True)}" xmlns="http://www.w3.org/2000/svg">{"".join(parts)}</svg>'
    )
