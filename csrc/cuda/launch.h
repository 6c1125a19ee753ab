#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#include "cuda/check.h"
#include "cuda/recorder.h"
#include "cuda/stream.h"

namespace afina {

struct LaunchShape {
  dim3 grid;
  dim3 block;
  size_t shared = 0;  // bytes of dynamic shared memory
};

inline constexpr int kThreads = 256;  // of a block, where nothing speaks for another number
inline constexpr int kWarpSize = 32;

// Blocks for n elements, `per_block` each.  The kernels step on by the grid's size, so that no more blocks
// than keep every multiprocessor busy are started.
inline unsigned grid_for(int64_t n, int64_t per_block = kThreads) {
  constexpr int64_t kMostBlocks = 4096;
  const int64_t blocks = (n + per_block - 1) / per_block;
  return static_cast<unsigned>(blocks < kMostBlocks ? blocks : kMostBlocks);
}

// Starts the kernel on the stream; an error of the launch names the op.  No blocks: nothing to do.
template <class... Parameters, class... Arguments>
void launch_kernel(const char* op, const Stream& stream, const LaunchShape& shape,
                   void (*kernel)(Parameters...), const Arguments&... arguments) {
  if (shape.grid.x == 0 || shape.grid.y == 0 || shape.grid.z == 0) return;
  if (Recorder::current != nullptr && Recorder::current->skips_launch()) [[unlikely]]
    return;
  cudaLaunchConfig_t config{};
  config.gridDim = shape.grid;
  config.blockDim = shape.block;
  config.dynamicSmemBytes = shape.shared;
  config.stream = stream.handle();
  check_cuda(op, cudaLaunchKernelEx(&config, kernel, static_cast<Parameters>(arguments)...));
  stream.note_work();
}

#ifdef __CUDACC__
// The elements a thread takes: for (int64_t i = first_element(); i < n; i += element_step())
__device__ __forceinline__ int64_t first_element() {
  return static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
}
__device__ __forceinline__ int64_t element_step() { return static_cast<int64_t>(gridDim.x) * blockDim.x; }
#endif

}  // namespace afina
