"""What all losses share: strict checks of labels against outputs, and the reduction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import ops
from .._C import Tensor
from ..changes import Counted
from ..checked import Checked
from ..errors import ArgumentError, ShapeError
from ..masked import mask_of, masked_weights
from ..refusal import numbers
from ..tensor import tensor

REDUCTIONS = {"mean": "mean", "sum_over_batch_size": "mean", "sum": "sum", "none": "none", None: "none"}


class Loss(Counted, Checked):
    """Base class: `loss(y_true, y_pred)` is a scalar, or one value per position with `reduction="none"`.

    `reduction`: "mean" (default; Keras's "sum_over_batch_size" is the same), "sum" or "none". "mean" divides
    by the number of positions, whatever the sample weights add up to. Positions that a mask of the outputs
    hides (see MaskedTensor) count nothing, and "mean" divides by the number of the others. Labels and outputs
    must have exactly the same shape (losses on integer classes say what they take instead): nothing is
    broadcast. `ShapeError` names the output, what came and what was expected.

    A subclass defines `call(y_true, y_pred)`: one value per position, the last axis reduced.

    >>> from afina import losses, tensor
    >>> losses.MeanSquaredError()(tensor([[0.0], [0.0]]), tensor([[1.0], [3.0]])).item()
    5.0
    """

    formula = ""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "labels" in cls.__dict__ and "labels_dtype" not in cls.__dict__:
            cls.labels_dtype = lambda self, dtype: None  # type: ignore[method-assign]  # noqa: ARG005

    def __init__(self, reduction: str | None = "mean", name: str | None = None) -> None:
        if reduction not in REDUCTIONS:
            raise ArgumentError(
                f'{type(self).__name__}: reduction must be "mean", "sum" or "none", got {reduction!r}'
            )
        self.reduction = REDUCTIONS[reduction]
        self.name = name or snake_case(type(self).__name__)

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Tensor:
        outputs = as_tensor(numbers(self.name, "outputs", y_pred))
        weights = None
        if sample_weight is not None:
            weights = as_tensor(numbers(self.name, "sample_weight", sample_weight)).astype(outputs.dtype)
        return self.evaluate(self.labels(y_true, outputs.dtype), outputs, weights)

    def evaluate(
        self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None, output: str = "output"
    ) -> Tensor:
        """The checked loss of tensors that `labels` prepared; `output` is the name used in errors."""
        self.check_shapes(y_true.shape, y_pred.shape, output)
        mask = mask_of(y_pred)
        if mask is not None:
            sample_weight = tensor(
                masked_weights(mask, sample_weight, keep_mean=self.reduction == "mean"), y_pred.dtype
            )
        if sample_weight is not None:
            sample_weight = fit_weights(sample_weight, y_pred.shape[:-1], output)
        return self.compute(y_true, y_pred, self.reduction, sample_weight)

    def compute(self, y_true: Tensor, y_pred: Tensor, reduction: str, sample_weight: Tensor | None) -> Tensor:
        """The reduced loss; losses with a kernel of their own do it in one call."""
        return reduce_values(self.call(y_true, y_pred), reduction, sample_weight)

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """One value per position: the shape of `y_pred` without its last axis."""
        raise NotImplementedError(f"{type(self).__name__} must define call(y_true, y_pred)")

    def check_shapes(self, labels: tuple[int, ...], outputs: tuple[int, ...], output: str) -> None:
        """Raise `ShapeError` unless labels and outputs fit together."""
        if labels != outputs:
            raise ShapeError(f"{shapes_differ(labels, outputs, output)}{self.hint(labels, outputs)}")

    def hint(self, labels: tuple[int, ...], outputs: tuple[int, ...]) -> str:
        """What the caller probably meant, for the message."""
        if len(labels) + 1 == len(outputs) and outputs == (*labels, 1):
            return f"; give the labels a last axis, shape {outputs}, e.g. y[..., None]"
        if labels == (*outputs, 1):
            return f"; drop the last axis of the labels, shape {outputs}, e.g. y[..., 0]"
        return f"; {self.name} needs the same shape for both"

    def labels(self, y_true: Any, dtype: str) -> Tensor:
        """The labels as a tensor of the outputs' dtype."""
        if isinstance(y_true, Tensor):
            return y_true if y_true.dtype == dtype else y_true.astype(dtype)
        array = numbers(self.name, "labels", y_true)
        return tensor(np.asarray(array, dtype=dtype))

    def labels_dtype(self, dtype: str) -> str | None:
        """The dtype of arrays that `labels` would only copy, given the outputs'; None: it looks at each."""
        return dtype

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"reduction": self.reduction, "name": self.name}

    def describe(self) -> str:
        """The formula in force, for `model.describe_training()`."""
        return (
            f"{self.name}: {self.formula or 'a function given by the caller'}, reduction {self.reduction!r}"
        )


class LossFunction(Loss):
    """A user's `function(y_true, y_pred)` as a loss; its values are reduced as they come.

    Shapes of labels and outputs must be equal, because a function that subtracts (n,) from (n, 1) would
    silently make an (n, n) table; `check=False` lifts this for functions that want different shapes.
    """

    runs_callers_code = True

    def __init__(
        self,
        function: Callable[[Tensor, Tensor], Tensor],
        reduction: str | None = "mean",
        name: str | None = None,
        *,
        check: bool = True,
    ) -> None:
        super().__init__(reduction, name or getattr(function, "__name__", "loss"))
        self.function = function
        self.check = check

    def check_shapes(self, labels: tuple[int, ...], outputs: tuple[int, ...], output: str) -> None:
        if self.check:
            super().check_shapes(labels, outputs, output)

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        return self.function(y_true, y_pred)

    def labels(self, y_true: Any, dtype: str) -> Tensor:
        return super().labels(y_true, dtype) if self.check else as_tensor(y_true)


def as_tensor(value: Any, dtype: str | None = None) -> Tensor:
    """A tensor stays itself; anything else becomes one (Python floats as float32)."""
    if isinstance(value, Tensor):
        return value
    return tensor(value if dtype is None else np.asarray(value, dtype))


def shapes_differ(labels: tuple[int, ...], outputs: tuple[int, ...], output: str) -> str:
    """The first half of every shape message; equal batch sizes are shown as None."""
    if labels and outputs and labels[0] == outputs[0]:
        shown = f"(None{''.join(f', {size}' for size in outputs[1:])}{',' if len(outputs) == 1 else ''})"
    else:
        shown = str(outputs)
    return f"output {output!r} has shape {shown} but labels have shape {labels}"


def fit_weights(weights: Tensor, positions: tuple[int, ...], output: str) -> Tensor:
    """Weights of the shape of the positions; one weight per sample counts for all positions of the sample."""
    if weights.shape == positions:
        return weights
    if len(positions) > 1 and weights.shape == positions[:1]:
        return ops.broadcast_to(
            ops.reshape(weights, (positions[0],) + (1,) * (len(positions) - 1)), positions
        )
    if weights.ndim == len(positions) + 1 and weights.shape == (*positions, 1):
        return ops.reshape(weights, positions)
    raise ShapeError(
        f"output {output!r}: sample_weight has shape {weights.shape}, expected {positions[:1]}"
        + (f" or {positions}" if len(positions) > 1 else "")
    )


def reduce_values(values: Tensor, reduction: str, sample_weight: Tensor | None) -> Tensor:
    """Weighted values, or their mean over the number of values, or their sum."""
    if sample_weight is not None:
        if sample_weight.shape != values.shape:
            raise ShapeError(
                f"sample_weight has shape {sample_weight.shape} but the loss has one value per position: "
                f"{values.shape}"
            )
        values = ops.multiply(values, sample_weight)
    if reduction == "none" or values.ndim == 0:
        return values
    return ops.mean(values) if reduction == "mean" else ops.sum(values)


def check_numbers(name: str, y_true: Tensor) -> None:
    """Raise `ArgumentError` when a label is NaN or infinite."""
    array: npt.NDArray[Any] = y_true.numpy()
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        missing = int(array.size - np.isfinite(array).sum())
        raise ArgumentError(f"{name}: {missing} of {array.size} labels are NaN or infinite")


def snake_case(name: str) -> str:
    """MeanSquaredError -> mean_squared_error; KLDivergence -> kl_divergence."""
    letters = []
    for index, letter in enumerate(name):
        following = name[index + 1 : index + 2]
        starts_word = letter.isupper() and index and (not name[index - 1].isupper() or following.islower())
        letters.append(f"_{letter.lower()}" if starts_word else letter.lower())
    return "".join(letters)
