#pragma once

#include "ops/optim/lists.h"

namespace afina {

// Adam (Kingma & Ba 2015), in place; ms and vs start at zero and `step` counts from 1:
//   m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2
//   p -= lr * m / (1 - b1^step) / (sqrt(v / (1 - b2^step)) + epsilon)
// weight_decay w: g += w p first; decoupled (AdamW; Loshchilov & Hutter 2019): p *= 1 - lr w instead.
// amsgrad_vs, when given, holds the largest v so far, which then stands in the root (Reddi et al. 2018).
void adam_update(const Tensors& params, const Tensors& grads, const Tensors& ms, const Tensors& vs, double lr,
                 double beta_1, double beta_2, double epsilon, int64_t step, double weight_decay,
                 bool decoupled, const Tensors& amsgrad_vs);

}  // namespace afina
