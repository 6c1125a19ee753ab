#pragma once

#include <cstdint>

#include "core/tensor.h"

namespace afina {

// How to walk one tensor's memory: an offset and a step per axis, in elements.
struct Strides {
  int64_t offset = 0;
  int64_t step[kMaxRank] = {};
};

Strides contiguous_strides(const Shape& shape);

// target[t + i . target_strides] = source[s + i . source_strides] for every index i of `sizes`: the one
// kernel behind transpose, slice, flip, pad, concatenate and broadcast_to.  Both tensors have one dtype; no
// gradient.
void strided_copy(const Tensor& source, const Strides& source_strides, Tensor& target,
                  const Strides& target_strides, const Shape& sizes);

}  // namespace afina
