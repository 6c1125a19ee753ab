#pragma once

#include <optional>
#include <string>

#include "core/tensor.h"
#include "ops/elementwise/fused_activation.h"

// The end that linear and the convolutions share: y = activation(z), z = ... + bias over the last axis.
namespace afina {

// The bias is a vector of `size` elements with the dtype of x, or absent.
void check_bias(const char* op, const Tensor& x, const std::optional<Tensor>& bias, int64_t size);

// Does the kernel apply this activation itself, while the sums are in registers?
bool in_registers(FusedActivation activation);

// y = activation(z) for an activation that is not in registers; z may be overwritten.  `kept` is what the
// gradient needs of it (z, y without its history, or nothing).
struct Closed {
  Tensor y, kept;
};
Closed closed(FusedActivation activation, const Tensor& z);

// What is needed of the gradients of z (same shape as dy) and of the bias (the sum of dz over all but the
// last axis), in one pass.  Without an activation dz is dy itself.
struct ClosingGradients {
  Tensor dz, dbias;
};
ClosingGradients closing_grad(FusedActivation activation, const Tensor& kept, const Tensor& dy,
                              bool bias_wanted);

}  // namespace afina
