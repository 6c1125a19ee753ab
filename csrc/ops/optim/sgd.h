#pragma once

#include <string>

#include "ops/optim/lists.h"

namespace afina {

// Stochastic gradient descent with momentum m, in place; v starts at zero.  The styles differ in what v is:
//   heavyball  v = m v - lr g          p += v           nesterov: p += m v - lr g           (Polyak; Keras)
//   ema        v = m v + (1 - m) g     p -= lr v        nesterov: p -= lr (m v + (1 - m) g)
//   torch      v = m v + g             p -= lr v        nesterov: p -= lr (m v + g)
// `velocities` may be empty when m is 0: p -= lr g.
// weight_decay w: g += w p first; decoupled: p *= 1 - lr w instead.
void sgd_update(const Tensors& params, const Tensors& grads, const Tensors& velocities, double lr,
                double momentum, bool nesterov, const std::string& style, double weight_decay,
                bool decoupled);

}  // namespace afina
