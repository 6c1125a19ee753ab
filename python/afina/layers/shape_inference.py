"""The output shape of a layer that states none: run it on ones and look.

Sizes that are not known yet are run twice with different sizes; a size of the output that then differs is not
known either.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..errors import AfinaError, ShapeError
from ..gradient import no_grad
from ..tensor import full
from .nested import map_nested
from .symbolic import SymbolicShape, SymbolicTensor

if TYPE_CHECKING:
    from .layer import Layer

Shape = tuple[int, ...]

_BATCHES = (2, 3)
_SIZES = (32, 48)  # multiples of 16, so that four poolings or strides of two still differ


def _sizes(shape: SymbolicShape, trial: int) -> Shape:
    sizes = [_SIZES[trial] if size is None else size for size in shape]
    if shape and shape[0] is None:
        sizes[0] = _BATCHES[trial]
    return tuple(sizes)


def _sample(t: Any, trial: int) -> Any:
    if not isinstance(t, SymbolicTensor):
        return t
    return full(_sizes(t.shape, trial), 1 if t.dtype in ("float32", "float64") else 0, t.dtype)


def _common(first: Shape, second: Shape) -> SymbolicShape:
    return tuple([a if a == b else None for a, b in zip(first, second, strict=True)])


def infer_shape(owner: str, function: Callable[..., Shape], *shapes: SymbolicShape) -> SymbolicShape:
    """What `function` makes of shapes with unknown sizes: called on two choices of them, without any data."""
    try:
        found = [function(*[_sizes(shape, trial) for shape in shapes]) for trial in range(2)]
    except (ValueError, IndexError) as error:
        raise ShapeError(f"{owner}: inputs of shapes {shapes} do not fit: {error}") from error
    return _common(found[0], found[1])


def infer_outputs(layer: Layer, inputs: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """Symbolic outputs of `layer.call`, found by two runs on ones (zeros for integers) without gradients."""
    results = []
    for trial in range(2):
        given = map_nested(functools.partial(_sample, trial=trial), [inputs, list(args), kwargs])
        try:
            with no_grad():
                results.append(layer.call(given[0], *given[1], **given[2]))
        except AfinaError as error:
            if error.layer is not None:
                raise
            raise layer.explained(error, inputs) from error
        finally:
            for part in layer.flatten_layers():
                part.discard_losses()
    return _merge(layer, results[0], results[1])


def _merge(layer: Layer, first: Any, second: Any) -> Any:
    if isinstance(first, dict):
        return {key: _merge(layer, item, second[key]) for key, item in first.items()}
    if isinstance(first, list | tuple):
        return type(first)([_merge(layer, a, b) for a, b in zip(first, second, strict=True)])
    if not hasattr(first, "shape") or len(first.shape) != len(second.shape):
        raise ShapeError(
            f"{layer.label}: call must return tensors of a fixed rank, got {type(first).__name__}"
        )
    return SymbolicTensor(_common(first.shape, second.shape), first.dtype)
