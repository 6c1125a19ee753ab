"""Windows that slide over images: their sizes, strides, padding and dilation, as ONNX gives them."""

from __future__ import annotations

from dataclasses import dataclass

from ..registry import Context


@dataclass(frozen=True)
class Windows:
    """One number for each axis of space; `pads` are pairs."""

    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    pads: tuple[tuple[int, int], ...]
    dilations: tuple[int, ...]

    @property
    def plain(self) -> bool:
        """Two axes of space and no dilation: what the pooling kernels take."""
        return len(self.kernel) == 2 and set(self.dilations) == {1}

    def spans(self) -> tuple[int, ...]:
        """How far a window reaches along each axis."""
        return tuple([(k - 1) * d + 1 for k, d in zip(self.kernel, self.dilations, strict=True)])


def windows_of(context: Context, space: tuple[int, ...], kernel: tuple[int, ...]) -> Windows:
    """The windows a node's attributes describe over `space`; ceil_mode becomes padding after the end."""
    rank = len(space)
    strides = tuple(context.get("strides") or [1] * rank)
    dilations = tuple(context.get("dilations") or [1] * rank)
    if not len(kernel) == len(strides) == len(dilations) == rank:
        context.refuse(
            f"kernel {kernel}, strides {strides} and dilations {dilations} must have {rank} numbers"
        )
    if min(*kernel, *strides, *dilations, 1) < 1:
        context.refuse(f"kernel {kernel}, strides {strides} and dilations {dilations} must be at least 1")
    spans = [(k - 1) * d + 1 for k, d in zip(kernel, dilations, strict=True)]
    mode = context.get("auto_pad", "NOTSET")
    if mode in ("SAME_UPPER", "SAME_LOWER"):
        pads = []
        for size, span, stride in zip(space, spans, strides, strict=True):
            total = max((-(-size // stride) - 1) * stride + span - size, 0)
            small = total // 2
            pads.append((small, total - small) if mode == "SAME_UPPER" else (total - small, small))
    else:
        flat = context.get("pads") or [0] * (2 * rank)
        if len(flat) != 2 * rank or mode == "VALID":
            flat = (
                [0] * (2 * rank)
                if mode == "VALID"
                else context.refuse(f"pads {flat} must be {2 * rank} numbers")
            )
        pads = list(zip(flat[:rank], flat[rank:], strict=True))
    return Windows(kernel, strides, tuple(pads), dilations)


def with_ceiling(windows: Windows, space: tuple[int, ...]) -> Windows:
    """Windows that begin inside the image or the padding before it may end beyond: more padding after."""
    pads = []
    for size, span, stride, (before, after) in zip(
        space, windows.spans(), windows.strides, windows.pads, strict=True
    ):
        room = size + before + after - span
        count = -(-room // stride) + 1
        if (count - 1) * stride >= size + before:
            count -= 1
        pads.append((before, max((count - 1) * stride + span - size - before, after)))
    return Windows(windows.kernel, windows.strides, tuple(pads), windows.dilations)
