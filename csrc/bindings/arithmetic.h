#pragma once

#include "bindings/operand.h"
#include "ops/elementwise/binary.h"
#include "ops/elementwise/binary_functors.h"

// The two-operand ops as Python calls them, for the op table and for x + y.
namespace afina {

template <class Functor, Tensor (*function)(const Tensor&, const Tensor&)>
Tensor on_operands(const Operand& a, const Operand& b) {
  const auto [x, y] = operand_tensors(Functor::name, a, b);
  return function(x, y);
}

// The same for ops that take a number as it is.
template <class Functor, Tensor (*function)(const Tensor&, const Tensor&),
          Tensor (*with_number)(const Tensor&, double)>
Tensor on_operands(const Operand& a, const Operand& b) {
  if (a.tensor.defined() && !b.tensor.defined() && is_floating(a.tensor.dtype()))
    return with_number(a.tensor, b.number);
  return on_operands<Functor, function>(a, b);
}

template <class Functor, Tensor (*function)(const Tensor&, const Tensor&),
          Tensor (*with_number)(const Tensor&, double)>
Tensor on_swapped(const Operand& a, const Operand& b) {
  return on_operands<Functor, function, with_number>(b, a);
}

template <class Functor, Tensor (*function)(const Tensor&, const Tensor&)>
Tensor on_swapped(const Operand& a, const Operand& b) {
  return on_operands<Functor, function>(b, a);
}

// x ** 2 and x ** 0.5 have cheaper ways.
inline Tensor power_of(const Operand& a, const Operand& b) {
  if (a.tensor.defined() && !b.tensor.defined()) return power(a.tensor, b.number);
  return on_operands<Power, &power>(a, b);
}

}  // namespace afina
