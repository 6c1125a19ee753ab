#pragma once

#include <cuda_runtime.h>

#include "core/error.h"

namespace afina {

// An error of the CUDA runtime as a DeviceError that names the op.
inline void check_cuda(const char* op, cudaError_t error) {
  if (error == cudaSuccess) return;
  static_cast<void>(cudaGetLastError());  // or every later call reports it again
  fail<DeviceError>(op, "CUDA: ", cudaGetErrorString(error));
}

}  // namespace afina
