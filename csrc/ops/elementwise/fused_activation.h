#pragma once

#include <string>

#include "core/tensor.h"
#include "ops/elementwise/activation.h"

// The host's side of an activation that is fused into another op.
namespace afina {

// "relu" -> the activation; ArgumentError naming `op`, its argument and the known names otherwise.
FusedActivation fused_activation_named(const char* op, const std::string& name,
                                       const char* argument = "activation");

Tensor activated(FusedActivation activation, const Tensor& x);  // recorded, as unary()

// dy f'(x): pass x or y as activation.saves asks for, the other may be undefined.  No gradient.
Tensor activation_grad(FusedActivation activation, const Tensor& x, const Tensor& y, const Tensor& dy);

}  // namespace afina
