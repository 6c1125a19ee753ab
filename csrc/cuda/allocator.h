#pragma once

#include <cuda_runtime.h>

#include <cstddef>

#include "core/device.h"

namespace afina {

// Memory of the device's pool that work on `stream` may use from here on; work on other streams after having
// waited for it.  free_cuda gives it back.
void* allocate_in_order(size_t bytes, Device device, cudaStream_t stream);

}  // namespace afina
