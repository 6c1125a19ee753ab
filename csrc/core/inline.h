#pragma once

// Kernel helpers are always inlined, so that no file compiled for AVX-512 leaves a function behind that the
// linker could pick for everybody; in a .cu file they serve the device, too.  This attribute is the one macro
// of csrc/.
#ifdef __CUDACC__
#define KERNEL_INLINE __host__ __device__ __forceinline__
#else
#define KERNEL_INLINE [[gnu::always_inline]] inline
#endif
