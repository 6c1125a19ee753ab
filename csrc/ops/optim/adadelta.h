#pragma once

#include "ops/optim/lists.h"

namespace afina {

// Adadelta (Zeiler 2012), in place; both slots start at zero:
//   s = rho s + (1 - rho) g^2;  d = sqrt(u + epsilon) / sqrt(s + epsilon) g;  u = rho u + (1 - rho) d^2;  p
//   -= lr d
// weight_decay w: g += w p first; decoupled: p *= 1 - lr w instead.
void adadelta_update(const Tensors& params, const Tensors& grads, const Tensors& mean_squares,
                     const Tensors& mean_deltas, double lr, double rho, double epsilon, double weight_decay,
                     bool decoupled);

}  // namespace afina
