#pragma once

#include "ops/optim/lists.h"

namespace afina {

// RMSProp (Tieleman & Hinton 2012), in place; every slot starts at zero:
//   s = rho s + (1 - rho) g^2;  centered: a = rho a + (1 - rho) g and s - a^2 stands for s
//   d = g / (sqrt(s) + epsilon), or g / sqrt(s + epsilon) with eps_inside_sqrt
//   p -= lr d;  with momentum m: b = m b + lr d, p -= b
// mean_grads may be empty unless `centered`, momenta unless momentum > 0.
// weight_decay w: g += w p first; decoupled: p *= 1 - lr w instead.
void rmsprop_update(const Tensors& params, const Tensors& grads, const Tensors& mean_squares,
                    const Tensors& mean_grads, const Tensors& momenta, double lr, double rho, double momentum,
                    double epsilon, bool centered, bool eps_inside_sqrt, double weight_decay, bool decoupled);

}  // namespace afina
