#pragma once

#include "core/tensor.h"
#include "ops/elementwise/functors.h"

// y = f(x), element by element, for every functor of functors.h: unary<Exp>(x), or unary(x, f) with
// parameters in f.
namespace afina {

// A functor behind one type: its place in the list, what it says about itself, and its parameters.
struct UnaryFunction {
  int position;
  const char* name;
  Saves saves;
  bool differentiable;
  bool integers;
  alignas(8) unsigned char state[16];

  template <class F>
  static UnaryFunction of(const F& f) {
    static_assert(sizeof(F) <= sizeof(state) && __is_trivially_copyable(F));
    UnaryFunction result{
        PositionOf<F, UnaryFunctors>::value, F::name, F::saves, F::differentiable, F::integers, {}};
    __builtin_memcpy(result.state, &f, sizeof(F));
    return result;
  }
};

Tensor apply(const UnaryFunction& f, const Tensor& x);

// dy f'(x), for a caller that keeps its own record (a fused activation): pass what f.saves asks for.  No
// gradient.
Tensor apply_slope(const UnaryFunction& f, const Tensor& x, const Tensor& y, const Tensor& dy);

template <class F>
Tensor unary(const Tensor& x, const F& f) {
  return apply(UnaryFunction::of(f), x);
}
template <class F>
Tensor unary(const Tensor& x) {
  return apply(UnaryFunction::of(F{}), x);
}

// Those with parameters, checked.
Tensor leaky_relu(const Tensor& x, double negative_slope);  // negative_slope >= 0
Tensor elu(const Tensor& x, double alpha);                  // alpha >= 0
Tensor gelu(const Tensor& x, bool approximate);             // exact by erf, or by tanh
Tensor clip(const Tensor& x, double low, double high);      // low <= high

}  // namespace afina
