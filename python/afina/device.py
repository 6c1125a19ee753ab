"""Where tensors live: the CPU's memory, or a CUDA device's."""

from __future__ import annotations

from contextlib import ContextDecorator

from afina import _C
from afina.errors import ArgumentError


class device(_C.OnDevice, ContextDecorator):
    """New tensors are made on the named device inside: `with afina.device("cuda"):`, or as a decorator.

    name: "cpu", "cuda" (the first one) or "cuda:0". Numbers, initializers and random draws go there; what a
    script made before stays where it is (`Tensor.to` and `Layer.to` move things). Outside, tensors are made
    where the environment variable `AFINA_DEVICE` says, on the CPU without it. `ArgumentError` for another
    word, `DeviceError`, saying why, for a device that is not there.

    >>> with device("cpu"):
    ...     print(_C.zeros((2,), "float32").device)
    cpu
    """

    def __init__(self, name: str) -> None:
        if not isinstance(name, str):
            raise ArgumentError(f"device: name must be a string such as 'cuda', got {type(name).__name__}")
        super().__init__(name)


def current_device() -> str:
    """Where this thread makes new tensors: "cpu" or "cuda:0".

    >>> with device("cpu"):
    ...     current_device()
    'cpu'
    """
    return _C.current_device()
