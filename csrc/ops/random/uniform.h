#pragma once

#include "core/tensor.h"
#include "ops/random/random_key.h"

namespace afina {

// y_i = low + u_i (high - low), below high; u_i is 24 random bits (float64: 53) as a fraction in [0, 1).
Tensor random_uniform(const Shape& shape, double low, double high, DType dtype, const RandomSeed& seed);

// True with probability p.
Tensor random_bernoulli(const Shape& shape, double p, const RandomSeed& seed);

}  // namespace afina
