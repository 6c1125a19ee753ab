#pragma once

#include "ops/elementwise/value_math.h"

namespace afina {

// Probabilities are kept this far from 0 and 1 before their logarithm is taken (Keras's epsilon), so that the
// loss is finite there; the gradient is the one at the limit, not zero: a wrong prediction can still be
// unlearned.
inline constexpr double kProbabilityMargin = 1e-7;

// p limited to [margin, high]; NaN stays NaN.
template <class V>
KERNEL_INLINE V kept_probable(V p, double high = 1 - kProbabilityMargin) {
  return limited(p, kProbabilityMargin, high);
}

}  // namespace afina
