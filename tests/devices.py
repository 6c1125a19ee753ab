"""The devices of this build, and the ops whose kernels the CPU alone has."""

from afina import _C

DEVICES = ["cpu"] if _C.cuda_build() == "none" else ["cpu", "cuda"]

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
