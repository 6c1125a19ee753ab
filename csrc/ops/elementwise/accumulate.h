#pragma once

#include "core/tensor.h"

namespace afina {

// target += x, in place, for two tensors of one shape and dtype; no gradient.
void accumulate(Tensor& target, const Tensor& x);

}  // namespace afina
