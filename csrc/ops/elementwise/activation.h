#pragma once

#include "ops/elementwise/activation_functors.h"

// An activation chosen by name at run time, for the kernels that end with one (linear, conv2d).  Safe to
// include from a kernel file:
//   visit_activation(activation, [&](auto f) { ... f.value(v) ... });
namespace afina {

// y = x: what "linear" and "no activation" mean.
struct Identity : Smooth<Saves::nothing> {
  static constexpr const char* name = "linear";
  template <class V>
  KERNEL_INLINE V value(V x) const {
    return x;
  }
  template <class V>
  KERNEL_INLINE V slope(V, V) const {
    return splat<V>(1);
  }
};

using Activations = Joined<List<Identity>, ActivationFunctors>::type;

struct FusedActivation {
  int position = 0;  // in Activations
  Saves saves = Saves::nothing;

  bool is_identity() const { return position == 0; }
};

// f(functor), with the functor's parameters at their defaults.
template <class F, class... Functor>
KERNEL_INLINE void visit_activation(FusedActivation activation, const F& f, List<Functor...>) {
  static_cast<void>(
      ((PositionOf<Functor, Activations>::value == activation.position && (f(Functor{}), true)) || ...));
}
template <class F>
KERNEL_INLINE void visit_activation(FusedActivation activation, const F& f) {
  visit_activation(activation, f, Activations{});
}

// Those that another pass over memory takes along for nothing.  Their slope at z is slope(z, z), too.
using PassingActivations = List<Identity, Relu, Relu6>;

KERNEL_INLINE bool is_passing(FusedActivation activation) {
  bool found = false;
  visit_activation(activation, [&](auto) { found = true; }, PassingActivations{});
  return found;
}

}  // namespace afina
