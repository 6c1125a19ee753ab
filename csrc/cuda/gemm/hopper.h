#pragma once

#include <vector>

#include "core/device.h"
#include "cpu/gemm/gemm.h"

// Products of matrices in bfloat16 and TF32 on compute capability 9.0: factors are rounded once, into a
// workspace, and multiplied there by warpgroups whose tiles a copy engine fetches (cuda/hopper.h).
namespace afina {

class Stream;

// Whether these products, `count` of them, may be rounded and are quicker here.
bool takes_warpgroups(const Gemm<float>& g, int64_t count, Device device);

// One product after `starts` (none), or one for each of `count` entries, of which `entries` in a row are
// summed into one matrix of c: starts is (3, count), of a, b and c.
void multiply_by_warpgroups(const char* op, const Gemm<float>& g, int64_t entries,
                            const std::vector<int64_t>& starts, const Stream& stream);

}  // namespace afina
