#include "ops/elementwise/fused_activation.h"

#include <array>

#include "ops/elementwise/unary.h"

namespace afina {
namespace {

// The activations as unary functions, in the order of the list.
template <class... F>
std::array<UnaryFunction, sizeof...(F)> functions(List<F...>) {
  return {UnaryFunction::of(F{})...};
}
UnaryFunction function_of(FusedActivation activation) {
  return functions(
      ActivationFunctors{})[static_cast<size_t>(activation.position - 1)];  // Identity comes first
}

template <class... F>
FusedActivation search(const char* op, const std::string& name, const char* argument, List<F...>) {
  FusedActivation found{-1, Saves::nothing};
  static_cast<void>(
      ((name == F::name && (found = {PositionOf<F, Activations>::value, F::saves}, true)) || ...));
  if (found.position >= 0) return found;
  std::string known;
  ((known += known.empty() ? F::name : std::string(", ") + F::name), ...);
  fail<ArgumentError>(op, "unknown ", argument, " '", name, "'; known: ", known);
}

}  // namespace

FusedActivation fused_activation_named(const char* op, const std::string& name, const char* argument) {
  return search(op, name, argument, Activations{});
}

Tensor activated(FusedActivation activation, const Tensor& x) {
  return activation.is_identity() ? x : apply(function_of(activation), x);
}

Tensor activation_grad(FusedActivation activation, const Tensor& x, const Tensor& y, const Tensor& dy) {
  return activation.is_identity() ? dy : apply_slope(function_of(activation), x, y, dy);
}

}  // namespace afina
