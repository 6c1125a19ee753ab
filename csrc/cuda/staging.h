#pragma once

#include <cuda_runtime.h>

#include <cstddef>

#include "core/device.h"

namespace afina {

// Copies `bytes` of the host's memory to the device in the order of `stream`.  They pass through pinned
// memory: from any other the driver would wait until the stream has come to the copy.  The source has been
// read when the call returns.
void copy_staged(void* to, const void* from, size_t bytes, Device device, cudaStream_t stream);

}  // namespace afina
