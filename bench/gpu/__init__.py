"""Figures of a CUDA device: `bench/gpu/measure` runs everything and writes bench/RESULTS-GPU.md."""
