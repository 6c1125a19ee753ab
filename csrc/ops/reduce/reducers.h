#pragma once

#include "ops/elementwise/value_math.h"

// What a reduction does with two values (vectors or scalars alike), and where it starts.
namespace afina {

template <class T>
struct WideOf {  // sums and products of floats are finished in double
  using type = T;
};
template <>
struct WideOf<float> {
  using type = double;
};

template <class T>
constexpr bool kIsFloat = static_cast<T>(0.5) != 0;
template <class T>
constexpr bool kIsSigned = static_cast<T>(-1) < static_cast<T>(0);

struct SumReducer {
  template <class T>
  using Wide = typename WideOf<T>::type;
  template <class T>
  static constexpr T start() {
    return T{0};
  }
  template <class V>
  KERNEL_INLINE static V step(V a, V b) {
    return a + b;
  }
};

struct ProductReducer {
  template <class T>
  using Wide = typename WideOf<T>::type;
  template <class T>
  static constexpr T start() {
    return T{1};
  }
  template <class V>
  KERNEL_INLINE static V step(V a, V b) {
    return a * b;
  }
};

struct LargestReducer {  // NaN wins
  template <class T>
  using Wide = T;
  template <class T>
  static constexpr T start() {
    if constexpr (kIsFloat<T>)
      return static_cast<T>(-__builtin_inf());
    else if constexpr (kIsSigned<T>)
      return static_cast<T>(uint64_t{1} << (sizeof(T) * 8 - 1));
    else
      return T{0};
  }
  template <class V>
  KERNEL_INLINE static V step(V a, V b) {
    return select((a > b) | (a != a), a, b);
  }
};

struct SmallestReducer {  // NaN wins
  template <class T>
  using Wide = T;
  template <class T>
  static constexpr T start() {
    if constexpr (kIsFloat<T>)
      return static_cast<T>(__builtin_inf());
    else if constexpr (kIsSigned<T>)
      return static_cast<T>((uint64_t{1} << (sizeof(T) * 8 - 1)) - 1);
    else
      return static_cast<T>(255);
  }
  template <class V>
  KERNEL_INLINE static V step(V a, V b) {
    return select((a < b) | (a != a), a, b);
  }
};

#ifndef __CUDACC__
// The lanes of a vector, put together in a fixed tree.
template <class R>
struct Step {
  template <class V>
  KERNEL_INLINE V operator()(V a, V b) const {
    return R::step(a, b);
  }
};
template <class R, class T>
KERNEL_INLINE T step_lanes(Vec<T> v) {
  return detail::combined_lanes<T, static_cast<int>(kLanes<T>)>(v, Step<R>{});
}
#endif

}  // namespace afina
