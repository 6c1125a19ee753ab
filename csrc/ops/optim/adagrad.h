#pragma once

#include "ops/optim/lists.h"

namespace afina {

// Adagrad (Duchi et al. 2011), in place: a += g^2;  p -= lr g / (sqrt(a) + epsilon), or lr g / sqrt(a +
// epsilon) with eps_inside_sqrt.  The accumulators start where the caller set them (Keras: 0.1). weight_decay
// w: g += w p first; decoupled: p *= 1 - lr w instead.
void adagrad_update(const Tensors& params, const Tensors& grads, const Tensors& accumulators, double lr,
                    double epsilon, double weight_decay, bool eps_inside_sqrt, bool decoupled);

}  // namespace afina
