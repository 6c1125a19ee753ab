"""Afina: deep-learning training with hand-written kernels behind a Keras-shaped API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from afina import (
    activations as activations,
    backend as backend,
    callbacks as callbacks,
    config as config,
    constraints as constraints,
    errors as errors,
    initializers as initializers,
    layers as layers,
    losses as losses,
    metrics as metrics,
    models as models,
    ops as ops,
    optimizers as optimizers,
    random as random,
    regularizers as regularizers,
    schedules as schedules,
)
from afina._C import (
    Tensor as Tensor,
    __version__ as __version__,
    empty_cache as empty_cache,
    memory_stats as memory_stats,
    set_thread_count as set_thread_count,
    thread_count as thread_count,
)
from afina.gradient import (
    gradients as gradients,
    no_grad as no_grad,
    value_and_grad as value_and_grad,
)
from afina.layers.input import Input as Input
from afina.layers.symbolic import KerasTensor as KerasTensor
from afina.models import Functional as Functional, Model as Model, Sequential as Sequential
from afina.parameter import Parameter as Parameter
from afina.tensor import (
    arange as arange,
    empty as empty,
    from_dlpack as from_dlpack,
    from_numpy as from_numpy,
    full as full,
    ones as ones,
    ones_like as ones_like,
    tensor as tensor,
    zeros as zeros,
    zeros_like as zeros_like,
)

input = Input  # the lower-case spelling of an older listing

if TYPE_CHECKING:
    from afina import (
        callbacks as callbacks,
        checkpoint as checkpoint,
        data as data,
        datasets as datasets,
        losses as losses,
        metrics as metrics,
        optimizers as optimizers,
        plots as plots,
        schedules as schedules,
        utils as utils,
    )

# Parts that `import afina` leaves for the first use, to stay quick: they need urllib, tarfile and the like.
_LATER = (
    "callbacks",
    "checkpoint",
    "data",
    "datasets",
    "losses",
    "metrics",
    "optimizers",
    "plots",
    "schedules",
    "utils",
)


def __getattr__(name: str) -> Any:
    if name in _LATER:
        import importlib

        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})
