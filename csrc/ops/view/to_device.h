#pragma once

#include "core/tensor.h"

namespace afina {

// x in the memory of `device`; x itself where it is there already.  The gradient travels back.
Tensor to_device(const Tensor& x, Device device);

}  // namespace afina
