#pragma once

#include <cstdint>
#include <vector>

#include "core/tensor.h"

// Pieces of tensors, and tensors from pieces.
namespace afina {

// y[i] = x[starts + i * steps], up to but without stops, per axis; steps may be negative, none may be zero.
// Starts and stops are clipped to the axis like Python's; axes not named are taken whole.
Tensor slice(const Tensor& x, const std::vector<int64_t>& starts, const std::vector<int64_t>& stops,
             const std::vector<int64_t>& steps);

// The tensors behind one another along `axis`; the other sizes and the dtypes must agree.
Tensor concatenate(const std::vector<Tensor>& tensors, int64_t axis);

// The tensors, all of one shape, along a new axis.
Tensor stack(const std::vector<Tensor>& tensors, int64_t axis);

// x with paddings[a] = (before, after) elements of `value` around axis a.
Tensor pad(const Tensor& x, const std::vector<std::pair<int64_t, int64_t>>& paddings, double value);

}  // namespace afina
