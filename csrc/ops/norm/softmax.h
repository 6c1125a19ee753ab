#pragma once

#include <cstdint>

#include "core/tensor.h"

namespace afina {

// y = exp(x - max) / sum(exp(x - max)) along `axis`; x, y: float32 or float64 of one shape.  Saves y for
// dx = y (dy - sum(dy y)).
Tensor softmax(const Tensor& x, int64_t axis);

// y = x - max - log(sum(exp(x - max))) along `axis`.  Saves y for dx = dy - exp(y) sum(dy).
Tensor log_softmax(const Tensor& x, int64_t axis);

}  // namespace afina
