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

}  // namespace afina
