#pragma once

#include "core/tensor.h"

namespace afina {

// c[..., i, j] = sum_k a[..., i, k] b[..., k, j], with a and (or) b stored transposed in their last two axes.
// a: (..., m, k), b: (..., k, n), c: (..., m, n); the leading axes broadcast.  As in NumPy, a vector counts
// as (1, k) on the left and (k, 1) on the right and loses that axis in the result.  Saves a and b.
Tensor matmul(const Tensor& a, const Tensor& b, bool transpose_a = false, bool transpose_b = false);

}  // namespace afina
