#pragma once

#include <atomic>

#include "core/device.h"

// Which kernels multiply matrices with rounded factors on a device.  Read by the bindings, too: nothing here
// needs CUDA.
namespace afina {

// By size, or always those of warps (mma.sync), or of warpgroups (wgmma) wherever they can run: for tests and
// measurements.
enum class ProductTier { by_size, warps, warpgroups };

inline std::atomic<ProductTier> product_tier{ProductTier::by_size};

// Does the device have wgmma and the copies of tiles, compute capability 9.0?
bool has_warpgroup_products(Device device);

}  // namespace afina
