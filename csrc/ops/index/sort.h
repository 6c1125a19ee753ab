#pragma once

#include <array>
#include <cstdint>

#include "core/tensor.h"

// Order along an axis.  Equal elements keep their order; NaN counts as larger than every number.
namespace afina {

// int64: where the smallest (with `descending` the largest) element along `axis` is, the next one, and so on.
Tensor argsort(const Tensor& x, int64_t axis, bool descending);

// The elements in that order.  The gradient goes back to where they came from.
Tensor sort(const Tensor& x, int64_t axis, bool descending);

// The k largest elements of the last axis, the largest first, and where they were (int64).
std::array<Tensor, 2> top_k(const Tensor& x, int64_t k);

}  // namespace afina
