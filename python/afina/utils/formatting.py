"""Numbers as people read them."""

from __future__ import annotations


def format_bytes(count: int) -> str:
    """A size with a binary unit and three digits.

    >>> format_bytes(999), format_bytes(11_594_722), format_bytes(3 << 30)
    ('999 B', '11.1 MiB', '3 GiB')
    """
    if count < 1024:
        return f"{count} B"
    size = float(count)
    for unit in ("KiB", "MiB", "GiB", "TiB"):
        size /= 1024
        if size < 1000 or unit == "TiB":
            break
    return f"{size:.3g} {unit}"


def format_duration(seconds: float) -> str:
    """A time span in the unit that suits it.

    >>> format_duration(0.0042), format_duration(8.25), format_duration(754)
    ('4.2 ms', '8.2 s', '12 min 34 s')
    """
    if seconds < 1:
        return f"{seconds * 1000:.1f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"
