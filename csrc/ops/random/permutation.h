#pragma once

#include "core/tensor.h"
#include "ops/random/random_key.h"

namespace afina {

// The numbers 0 to n - 1 in random order, int64 (Fisher & Yates): all n! orders are equally likely as far as
// the generator's bits go.
Tensor random_permutation(int64_t n, const RandomSeed& seed);

}  // namespace afina
