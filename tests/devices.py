"""The devices that are here."""

from afina import _C

HAS_CUDA = not _C.cuda_device().startswith("none")
DEVICES = ["cpu", "cuda"] if HAS_CUDA else ["cpu"]
