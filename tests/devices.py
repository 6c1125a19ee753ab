"""The devices that are here, and the ops whose kernels the CPU alone has."""

from afina import _C

HAS_CUDA = not _C.cuda_device().startswith("none")
DEVICES = ["cpu", "cuda"] if HAS_CUDA else ["cpu"]

# Each must refuse a CUDA tensor with a DeviceError that says so; the list can only become shorter.
WITHOUT_CUDA = {
    "argsort",
    "cumprod",
    "cumsum",
    "dot_product_attention",
    "gru",
    "lstm",
    "resize2d",
    "simple_rnn",
    "sort",
    "top_k",
}
