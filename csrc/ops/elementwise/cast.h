#pragma once

#include "core/tensor.h"

namespace afina {

// x in another dtype.  Floats become integers by dropping the fraction (a value outside the integer's range
// gives an unspecified one), anything becomes bool by != 0; to its own dtype x is returned as it is.
// Differentiable between floating dtypes.
Tensor cast(const Tensor& x, DType dtype);

}  // namespace afina
