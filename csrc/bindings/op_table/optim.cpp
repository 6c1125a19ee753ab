#include "bindings/op_table.h"
#include "ops/optim/adadelta.h"
#include "ops/optim/adagrad.h"
#include "ops/optim/adam.h"
#include "ops/optim/clip.h"
#include "ops/optim/rmsprop.h"
#include "ops/optim/sgd.h"

namespace afina {

void add_optim_ops(OpTable& t) {
  t.op("sgd_update", &sgd_update, no_grad,
       "In place: v = m v - lr g, p += v (\"heavyball\"); v = m v + (1 - m) g, p -= lr v (\"ema\"); v = m v "
       "+ g, "
       "p -= lr v (\"torch\").  velocities may be [] when momentum is 0.  weight_decay w adds w p to g, or "
       "with "
       "`decoupled` multiplies p by 1 - lr w.",
       "params"_a, "grads"_a, "velocities"_a, "lr"_a, "momentum"_a = 0.0, "nesterov"_a = false,
       "style"_a = "heavyball", "weight_decay"_a = 0.0, "decoupled"_a = false);
  t.op("rmsprop_update", &rmsprop_update, no_grad,
       "In place: s = rho s + (1 - rho) g^2, p -= lr g / (sqrt(s) + epsilon); `centered` subtracts the "
       "squared mean "
       "gradient from s, `momentum` accumulates the steps.  Lists that are not in use may be [].",
       "params"_a, "grads"_a, "mean_squares"_a, "mean_grads"_a, "momenta"_a, "lr"_a, "rho"_a = 0.9,
       "momentum"_a = 0.0, "epsilon"_a = 1e-7, "centered"_a = false, "eps_inside_sqrt"_a = false,
       "weight_decay"_a = 0.0, "decoupled"_a = false);
  t.op("adam_update", &adam_update, no_grad,
       "In place: m = b1 m + (1 - b1) g, v = b2 v + (1 - b2) g^2, p -= lr mhat / (sqrt(vhat) + epsilon), "
       "both bias "
       "corrected for `step`, which counts from 1; `decoupled` weight decay is AdamW, amsgrad_vs AMSGrad.",
       "params"_a, "grads"_a, "ms"_a, "vs"_a, "lr"_a, "beta_1"_a = 0.9, "beta_2"_a = 0.999,
       "epsilon"_a = 1e-8, "step"_a = 1, "weight_decay"_a = 0.0, "decoupled"_a = false,
       "amsgrad_vs"_a = Tensors());
  t.op("adadelta_update", &adadelta_update, no_grad,
       "In place: s = rho s + (1 - rho) g^2, d = sqrt(u + epsilon) / sqrt(s + epsilon) g, u = rho u + (1 - "
       "rho) d^2, "
       "p -= lr d.",
       "params"_a, "grads"_a, "mean_squares"_a, "mean_deltas"_a, "lr"_a = 1.0, "rho"_a = 0.95,
       "epsilon"_a = 1e-7, "weight_decay"_a = 0.0, "decoupled"_a = false);
  t.op("adagrad_update", &adagrad_update, no_grad, "In place: a += g^2, p -= lr g / (sqrt(a) + epsilon).",
       "params"_a, "grads"_a, "accumulators"_a, "lr"_a, "epsilon"_a = 1e-7, "weight_decay"_a = 0.0,
       "eps_inside_sqrt"_a = false, "decoupled"_a = false);
  t.op("clip_by_value", &clip_by_value, no_grad, "In place: g = min(max(g, -clip), clip).", "grads"_a,
       "clip"_a);
  t.op("clip_by_norm", &clip_by_norm, no_grad,
       "In place, each tensor on its own: g *= clip / |g| where |g| > clip.", "grads"_a, "clip"_a);
  t.op("clip_by_global_norm", &clip_by_global_norm, no_grad,
       "In place, all tensors as one vector: g *= clip / |g| where |g| > clip; returns the norm before.",
       "grads"_a, "clip"_a);
  t.op("global_norm", &global_norm, no_grad,
       "The root of the sum of the squares of all elements of all tensors.", "tensors"_a);
}

}  // namespace afina
