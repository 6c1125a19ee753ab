#pragma once

#include "core/tensor.h"

namespace afina {

// condition ? a : b, element by element, the three broadcast together.  The condition is bool (other dtypes
// count as true where they are not 0), a and b have one dtype, any one.
Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b);

}  // namespace afina
