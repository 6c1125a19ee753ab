#pragma once

#include "core/tensor.h"

namespace afina {

// average = momentum average + (1 - momentum) value, in place; no gradient.
void average_update(const Tensor& average, const Tensor& value, double momentum);

}  // namespace afina
