#pragma once

#include "core/tensor.h"
#include "ops/random/random_key.h"

namespace afina {

// y_i = mean + stddev z_i with z_i standard normal: the inverse of the distribution function at a random
// fraction (Wichura 1988, AS 241), so that each element takes its own bits and no other's.
Tensor random_normal(const Shape& shape, double mean, double stddev, DType dtype, const RandomSeed& seed);

// The same with z_i kept in [-2, 2]: the inverse at a fraction between that of -2 and that of 2.
Tensor truncated_normal(const Shape& shape, double mean, double stddev, DType dtype, const RandomSeed& seed);

}  // namespace afina
