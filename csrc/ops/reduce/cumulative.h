#pragma once

#include <cstdint>

#include "core/tensor.h"

// Running sums and products along an axis, for float32, float64, int32 and int64.  Floats are added up in
// double.
namespace afina {

// y[k] = x[0] + ... + x[k] along `axis`.  Saves nothing: dx[k] = dy[k] + ... + dy[n - 1].
Tensor cumulative_sum(const Tensor& x, int64_t axis);

// y[k] = x[0] x[1] ... x[k] along `axis`.  Saves x and y.  Zeros in x are no trouble for the gradient.
Tensor cumulative_product(const Tensor& x, int64_t axis);

}  // namespace afina
