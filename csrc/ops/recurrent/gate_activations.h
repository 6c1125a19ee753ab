#pragma once

#include "ops/elementwise/activation.h"

namespace afina {

// The activations of gates: those whose slope follows from their value, so that the gradient keeps the gates
// alone.
using GateActivations =
    List<Identity, Relu, Relu6, LeakyRelu, Sigmoid, HardSigmoid, Tanh, Elu, Selu, Softplus, Softsign>;

template <class F>
KERNEL_INLINE void visit_gate(FusedActivation activation, const F& f) {
  visit_activation(activation, f, GateActivations{});
}

}  // namespace afina
