"""
Afina's kernels, tensors and gradients.
"""
from __future__ import annotations
import collections.abc
import numpy
import typing
import typing_extensions
from . import ops
__all__: list[str] = ['Arena', 'MatmulPrecision', 'OPS', 'OnDevice', 'Plan', 'RecordingOff', 'Tensor', 'Upload', 'call_each_time', 'can_round_products', 'capturing', 'cuda_build', 'cuda_device', 'current_device', 'empty', 'empty_cache', 'float32_matmul_precision', 'from_dlpack', 'from_numpy', 'full', 'generator_state', 'gradients', 'has_warpgroup_products', 'isa', 'memory_stats', 'ops', 'recording', 'refuse_capture', 'reset_peak_memory', 'seed_generator', 'set_float32_matmul_precision', 'set_generator_state', 'set_product_tier', 'set_thread_count', 'synchronize', 'thread_count', 'usable_isas', 'zeros']
class Tensor:
    """
    An n-dimensional array, always contiguous, that can remember how it was made.
    """
    __array_priority__: typing.ClassVar[int] = 1000
    def __abs__(self) -> Tensor:
        ...
    def __add__(self, other: Tensor | float) -> Tensor:
        ...
    def __array__(self, dtype: typing.Any = None, copy: typing.Any = None) -> typing.Any:
        ...
    def __bool__(self) -> bool:
        ...
    def __dlpack__(self, stream: typing.Any = None, **kwargs: typing.Any) -> typing_extensions.CapsuleType:
        ...
    def __dlpack_device__(self) -> tuple[int, int]:
        ...
    def __eq__(self, other: Tensor | float) -> Tensor:  # type: ignore[override]
        ...
    def __float__(self) -> float:
        ...
    def __ge__(self, other: Tensor | float) -> Tensor:
        ...
    def __getitem__(self, arg0: typing.Any) -> Tensor:
        ...
    def __gt__(self, other: Tensor | float) -> Tensor:
        ...
    def __hash__(self) -> int:
        """
        Return hash(self).
        """
    @typing.overload
    def __init__(self, other: Tensor) -> None:
        """
        A second handle to the same array.
        """
    @typing.overload
    def __init__(self, array: numpy.ndarray[typing.Any, numpy.dtype[typing.Any]]) -> None:
        """
        A tensor over the array's own memory.
        """
    def __int__(self) -> int:
        ...
    def __le__(self, other: Tensor | float) -> Tensor:
        ...
    def __len__(self) -> int:
        ...
    def __lt__(self, other: Tensor | float) -> Tensor:
        ...
    def __matmul__(self, arg0: Tensor) -> Tensor:
        ...
    def __mul__(self, other: Tensor | float) -> Tensor:
        ...
    def __ne__(self, other: Tensor | float) -> Tensor:  # type: ignore[override]
        ...
    def __neg__(self) -> Tensor:
        ...
    def __pow__(self, other: Tensor | float) -> Tensor:
        ...
    def __radd__(self, other: Tensor | float) -> Tensor:
        ...
    def __repr__(self) -> str:
        ...
    def __rmul__(self, other: Tensor | float) -> Tensor:
        ...
    def __rpow__(self, other: Tensor | float) -> Tensor:
        ...
    def __rsub__(self, other: Tensor | float) -> Tensor:
        ...
    def __rtruediv__(self, other: Tensor | float) -> Tensor:
        ...
    def __sub__(self, other: Tensor | float) -> Tensor:
        ...
    def __truediv__(self, other: Tensor | float) -> Tensor:
        ...
    def astype(self, dtype: str | type) -> Tensor:
        """
        The values in another dtype.
        """
    def backward(self, seed: Tensor | None = None, retain_graph: bool = False) -> None:
        """
        Adds d self / d leaf into .grad of every leaf that requires a gradient; `seed` is the gradient of self (default 1, for scalars).
        """
    def copy(self) -> Tensor:
        """
        The same values in memory of their own, without history.
        """
    def copy_(self, other: Tensor) -> None:
        """
        Overwrites the values with those of `other`, of the same shape and dtype.
        """
    def detach(self) -> Tensor:
        """
        The same memory without its history.
        """
    def fill_(self, value: float) -> None:
        """
        Overwrites every value.
        """
    def item(self) -> typing.Any:
        """
        The only element as a Python number.
        """
    def max(self, axis: int | collections.abc.Sequence[int] | None = None, keepdims: bool = False) -> Tensor:
        """
        The largest element over the axes (None: all).
        """
    def mean(self, axis: int | collections.abc.Sequence[int] | None = None, keepdims: bool = False) -> Tensor:
        """
        The mean over the axes (None: all).
        """
    def min(self, axis: int | collections.abc.Sequence[int] | None = None, keepdims: bool = False) -> Tensor:
        """
        The smallest element over the axes (None: all).
        """
    def numpy(self) -> numpy.ndarray[typing.Any, numpy.dtype[typing.Any]]:
        """
        The values as a NumPy array: over the same memory on the CPU, a copy from another device.
        """
    def reshape(self, *args: typing.Any) -> Tensor:
        """
        The same values, sharing memory, in another shape: x.reshape(2, -1) or x.reshape((2, -1)).
        """
    def sum(self, axis: int | collections.abc.Sequence[int] | None = None, keepdims: bool = False) -> Tensor:
        """
        The sum over the axes (None: all).
        """
    def to(self, device: str) -> Tensor:
        """
        The values on a device, "cpu" or "cuda"; the tensor itself where it is there already.
        """
    def to_(self, device: str) -> Tensor:
        """
        Moves the leaf itself (and its .grad) to a device: every handle to it finds it there.
        """
    def tolist(self) -> typing.Any:
        """
        The values as nested Python lists.
        """
    @property
    def T(self) -> Tensor:
        """
        The axes reversed (a copy).
        """
    @property
    def device(self) -> str:
        """
        Where the elements live.
        """
    @property
    def dtype(self) -> str:
        """
        The element type, e.g. 'float32'.
        """
    @property
    def grad(self) -> Tensor | None:
        """
        What backward() summed up for this leaf; None before.
        """
    @grad.setter
    def grad(self, arg1: Tensor | None) -> None:
        ...
    @property
    def made_by(self) -> str | None:
        """
        The name of the recorded op that made this tensor; None for a leaf.
        """
    @property
    def ndim(self) -> int:
        """
        The number of axes.
        """
    @property
    def requires_grad(self) -> bool:
        """
        Does a gradient flow into this tensor?  Can be set on leaves.
        """
    @requires_grad.setter
    def requires_grad(self, arg1: bool) -> None:
        ...
    @property
    def shape(self) -> tuple[int, ...]:
        """
        The sizes of the axes.
        """
    @property
    def size(self) -> int:
        """
        The number of elements.
        """
class Upload:
    """
    A copy of a tensor to a device that runs beside what the device is doing.
    """
    def __init__(self, x: Tensor, device: str) -> None:
        ...
    def take(self) -> Tensor:
        """
        The copy: the device's work from here on waits for it, the host does not.
        """
class RecordingOff:
    """
    Inside, this thread records no results; see no_grad.
    """
    def __enter__(self) -> None:
        ...
    def __exit__(self, *args: typing.Any) -> None:
        ...
    def __init__(self) -> None:
        ...
class OnDevice:
    """
    Inside, this thread makes tensors on the named device; see device.
    """
    def __enter__(self) -> None:
        ...
    def __exit__(self, *args: typing.Any) -> None:
        ...
    def __init__(self, name: str) -> None:
        ...
class MatmulPrecision:
    """
    Inside, this thread multiplies float32 as precisely as named, whatever set_float32_matmul_precision says, and so do the gradients of what it computed.
    """
    def __enter__(self) -> None:
        ...
    def __exit__(self, *args: typing.Any) -> None:
        ...
    def __init__(self, precision: str) -> None:
        ...
class Arena:
    """
    Memory that the plans of one step take turns in.
    """
    def __init__(self) -> None:
        ...
    def release(self) -> None:
        """
        Gives the memory back until a plan runs again.
        """
    @property
    def bytes(self) -> int:
        """
        Its size now.
        """
class Plan:
    """
    A step that ran once, as a list of work that can be done again on other inputs.
    """
    def __init__(self, arena: Arena) -> None:
        ...
    def __len__(self) -> int:
        ...
    def abandon(self) -> None:
        """
        Ends the capture of a step that failed.
        """
    def begin(self, inputs: collections.abc.Sequence[Tensor]) -> list[Tensor]:
        """
        Captures what this thread does from now on; returns stand-ins for `inputs`.
        """
    def end(self) -> str | None:
        """
        Ends the capture; the reason when the step cannot be repeated, else None.
        """
    def run(self, inputs: collections.abc.Sequence[Tensor]) -> bool:
        """
        Does it all again with other inputs; False, and nothing done, when their shapes are others or a tensor has moved to another device since.
        """
    @property
    def arena_bytes(self) -> int:
        """
        What it needs of the arena.
        """
    @property
    def graphs(self) -> str | None:
        """
        On a CUDA device: as how many graphs it is launched, or why not as graphs; else None.
        """
def call_each_time(function: collections.abc.Callable[[], None]) -> None:
    """
    Calls `function`, outside the capture that may be on; a repetition calls it again.
    """
def can_round_products() -> bool:
    """
    Does this CPU multiply in bfloat16 (AVX512-BF16) when the precision is "medium"?
    """
def capturing() -> bool:
    """
    Is a step captured on this thread?
    """
def cuda_build() -> str:
    """
    How this build got its CUDA kernels: "none", "nvcc" or "simulated" (for tests).
    """
def cuda_device() -> str:
    """
    The CUDA devices, or why there is none.
    """
def current_device() -> str:
    """
    Where this thread makes new tensors.
    """
def empty(shape: tuple[int, ...], dtype: str | type = 'float32', device: str | None = None) -> Tensor:
    """
    A tensor of undefined contents.
    """
def empty_cache() -> None:
    """
    Gives the kept memory back to the system.
    """
def float32_matmul_precision() -> str:
    """
    How exactly products and convolutions of float32 are computed: "highest", "high" or "medium".
    """
def from_dlpack(source: typing.Any) -> Tensor:
    """
    A tensor over the memory of any object with __dlpack__.
    """
def from_numpy(array: numpy.ndarray[typing.Any, numpy.dtype[typing.Any]]) -> Tensor:
    """
    A tensor over the array's own memory (a copy where that is not contiguous and aligned).
    """
def full(shape: tuple[int, ...], value: float, dtype: str | type = 'float32', device: str | None = None) -> Tensor:
    """
    A tensor of one value.
    """
def generator_state() -> tuple[int, int]:
    """
    The global generator's whole state: (seed, next stream).
    """
def gradients(root: Tensor, inputs: collections.abc.Sequence[Tensor], seed: Tensor | None = None, retain_graph: bool = False) -> list[Tensor | None]:
    """
    d root / d input for each of `inputs` (None where root does not depend on it); leaves .grad alone.
    """
def has_warpgroup_products() -> bool:
    """
    Does a CUDA device multiply by warpgroups (wgmma), compute capability 9.0?
    """
def isa() -> str:
    """
    The instruction set the kernels run with.
    """
def memory_stats(device: str | None = None) -> dict[str, typing.Any]:
    """
    Bytes of live tensors, bytes kept for reuse, and the most that was ever in use, on a device (None: where this thread makes tensors).
    """
def recording() -> bool:
    """
    Are results recorded on this thread?
    """
def refuse_capture(why: str) -> None:
    """
    Says that the step being captured, if any, cannot be repeated, and why.
    """
def reset_peak_memory(device: str | None = None) -> None:
    """
    Lets the `peak` of memory_stats begin again at what is in use.
    """
def seed_generator(seed: int) -> None:
    """
    Starts the global random generator at `seed`.
    """
def set_float32_matmul_precision(precision: str) -> None:
    """
    Sets how exactly matrices are multiplied and images convolved in float32, in products and gradients:
    
    - "highest" (at the start): no factor is rounded.
    - "high": factors may be rounded to TF32 (10 bits behind the point): tensor cores of a CUDA device do.
    - "medium": factors may be rounded to bfloat16 (7 bits): tensor cores do, and CPUs with AVX512-BF16
      (`afina info` says so) where it saves time, which a product of fewer than 32 rows does not.
    
    Sums are float32 in all of them.  Other CPUs round nothing; float64, attention's scores and the steps of recurrent layers are never rounded.  The name and the words are torch's.
    """
def set_generator_state(seed: int, next_stream: int) -> None:
    """
    Continues the global generator where generator_state() was read.
    """
def set_product_tier(tier: str) -> None:
    """
    Which kernels multiply matrices with rounded factors on a CUDA device, for tests and measurements:
    
    - "by size" (at the start): whichever should be quicker.
    - "warps": those that every device has (mma.sync).
    - "warpgroups": those of compute capability 9.0 (wgmma), where has_warpgroup_products() is true.
    """
def set_thread_count(threads: int) -> None:
    """
    Sets how many threads the kernels may use; results do not depend on it.
    """
def synchronize() -> None:
    """
    Waits until the devices have done all they were asked to do, and raises what their kernels complained about.
    """
def thread_count() -> int:
    """
    How many threads the kernels may use.
    """
def usable_isas() -> list[str]:
    """
    The instruction sets this build has and this CPU can run.
    """
def zeros(shape: tuple[int, ...], dtype: str | type = 'float32', device: str | None = None) -> Tensor:
    """
    A tensor of zeros.
    """
OPS: list[dict[str, typing.Any]]
__version__: str
