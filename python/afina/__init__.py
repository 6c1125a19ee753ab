"""Afina: deep-learning training with hand-written kernels behind a Keras-shaped API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from afina import errors as errors, ops as ops, random as random
from afina._C import (
    Tensor as Tensor,
    __version__ as __version__,
    empty_cache as empty_cache,
    float32_matmul_precision as float32_matmul_precision,
    memory_stats as memory_stats,
    reset_peak_memory as reset_peak_memory,
    set_float32_matmul_precision as set_float32_matmul_precision,
    set_thread_count as set_thread_count,
    synchronize as synchronize,
    thread_count as thread_count,
)
from afina.device import current_device as current_device, device as device
from afina.gradient import (
    gradients as gradients,
    no_grad as no_grad,
    value_and_grad as value_and_grad,
)
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

if TYPE_CHECKING:
    from afina import (
        activations as activations,
        applications as applications,
        augment as augment,
        backend as backend,
        callbacks as callbacks,
        checkpoint as checkpoint,
        config as config,
        constraints as constraints,
        data as data,
        datasets as datasets,
        diagnose as diagnose,
        features as features,
        inference as inference,
        initializers as initializers,
        interop as interop,
        layers as layers,
        losses as losses,
        metrics as metrics,
        mixed_precision as mixed_precision,
        models as models,
        optimizers as optimizers,
        plots as plots,
        regularizers as regularizers,
        schedules as schedules,
        search as search,
        transfer as transfer,
        utils as utils,
    )
    from afina.captured import CaptureWarning as CaptureWarning, compile as compile
    from afina.layers.input import Input as Input
    from afina.layers.symbolic import KerasTensor as KerasTensor
    from afina.models import Functional as Functional, Model as Model, Sequential as Sequential
    from afina.parameter import Parameter as Parameter

    input = Input

# What `import afina` leaves for the first use, to stay quick.
_LATER = (
    "activations",
    "applications",
    "augment",
    "backend",
    "callbacks",
    "checkpoint",
    "config",
    "constraints",
    "data",
    "datasets",
    "diagnose",
    "features",
    "inference",
    "initializers",
    "interop",
    "layers",
    "losses",
    "metrics",
    "mixed_precision",
    "models",
    "optimizers",
    "plots",
    "regularizers",
    "schedules",
    "search",
    "transfer",
    "utils",
)
_NAMES_LATER = {
    "CaptureWarning": "captured",
    "Functional": "models",
    "Input": "layers",
    "KerasTensor": "layers",
    "Model": "models",
    "Parameter": "parameter",
    "Sequential": "models",
    "compile": "captured",
    "input": "layers",  # the lower-case spelling of an older listing
}


def __getattr__(name: str) -> Any:
    import importlib

    if name in _LATER:
        return importlib.import_module(f"{__name__}.{name}")
    if name in _NAMES_LATER:
        return getattr(importlib.import_module(f"{__name__}.{_NAMES_LATER[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER, *_NAMES_LATER})
