#pragma once

#include <cuda_runtime.h>

namespace afina {

// A block's shared memory, laid out as the struct S (arrays of numbers); undefined when the block begins. One
// S is one piece of memory, wherever in a kernel it is asked for.
template <class S>
__device__ __forceinline__ S& shared_memory() {
#if defined(AFINA_CUDA_SIMULATED)
  static const char tag = 0;
  return *static_cast<S*>(cudasim::shared_array(&tag, sizeof(S)));
#else
  __shared__ __align__(16) unsigned char bytes[sizeof(S)];
  return *reinterpret_cast<S*>(bytes);
#endif
}

// The same for what a launch asks for beyond the 48 KB that every kernel may have (LaunchShape::shared, and
// cudaFuncSetAttribute before it).  A kernel has one such piece; S may be aligned to 1024 bytes.
template <class S>
__device__ __forceinline__ S& dynamic_shared_memory() {
#if defined(AFINA_CUDA_SIMULATED)
  return *static_cast<S*>(cudasim::dynamic_shared(sizeof(S)));
#else
  extern __shared__ __align__(1024) unsigned char dynamic_bytes[];
  return *reinterpret_cast<S*>(dynamic_bytes);
#endif
}

}  // namespace afina
