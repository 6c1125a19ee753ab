#pragma once

#include "ops/elementwise/value_math.h"

// What a functor of one element says about itself, and lists of functors.
namespace afina {

// What the gradient of y = f(x) needs to keep.
enum class Saves { nothing, input, output, both };

// The base of a functor that has a slope; slope(x, y) is dy/dx and may read only what is saved.
template <Saves what>
struct Smooth {
  static constexpr Saves saves = what;
  static constexpr bool differentiable = true;
  static constexpr bool integers = false;  // is it defined for int32 and int64 too?
};

// The base of a functor without a useful gradient: a staircase.
struct Staircase {
  static constexpr Saves saves = Saves::nothing;
  static constexpr bool differentiable = false;
  static constexpr bool integers = false;
};

template <class... F>
struct List {
  static constexpr int size = sizeof...(F);
};

template <class F, class L>
struct PositionOf;
template <class F, class... Rest>
struct PositionOf<F, List<F, Rest...>> {
  static constexpr int value = 0;
};
template <class F, class Other, class... Rest>
struct PositionOf<F, List<Other, Rest...>> {
  static constexpr int value = 1 + PositionOf<F, List<Rest...>>::value;
};

template <class A, class B>
struct Joined;
template <class... A, class... B>
struct Joined<List<A...>, List<B...>> {
  using type = List<A..., B...>;
};

}  // namespace afina
