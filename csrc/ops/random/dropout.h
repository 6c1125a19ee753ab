#pragma once

#include "core/tensor.h"
#include "ops/random/random_key.h"

namespace afina {

// Each element of x is dropped (set to zero) with probability `rate`, on its own; the others become x / (1 -
// rate) (scaled, the usual "inverted" dropout) or stay x (the classic one, whose weights are scaled at
// prediction instead). The mask is not kept: the gradient draws it again from the key, which is faster than
// reading it back.
Tensor dropout(const Tensor& x, double rate, bool scaled, const RandomSeed& seed);

}  // namespace afina
