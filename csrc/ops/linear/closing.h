#pragma once

#include <optional>
#include <string>

#include "core/tensor.h"

// The end that linear and the convolutions share: y = activation(z + bias), bias over the last axis.
namespace afina {

struct Activation {
  bool relu = false;
};
Activation activation_named(const char* op, const std::string& name);

// The bias is a vector of `size` elements with the dtype of x, or absent.
void check_bias(const char* op, const Tensor& x, const std::optional<Tensor>& bias, int64_t size);

// What is needed of the gradients of z (same shape as dy) and of the bias (the sum of dz over all but the
// last axis), in one pass.  Without an activation dz is dy itself.
struct ClosingGradients {
  Tensor dz, dbias;
};
ClosingGradients closing_grad(Activation activation, const Tensor& y, const Tensor& dy, bool bias_wanted);

}  // namespace afina
