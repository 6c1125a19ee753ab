#include "ops/elementwise/unary_kernels.h"

#include "cpu/output.h"
#include "cpu/parallel.h"
#include "ops/elementwise/functors.h"

namespace afina {
namespace {

template <class T>
constexpr bool kFloating = static_cast<T>(0.5) != 0;

template <class F, class T>
void values(const void* state, const T* x, T* y, int64_t n) {
  const F f = *static_cast<const F*>(state);
  const Output<T> out(y, n);
  parallel_range(n, kGrain, [=](int64_t begin, int64_t end) {
    int64_t i = begin;
    for (; i + kLanes<T> <= end; i += kLanes<T>) out.put(i, f.value(load(x + i)));
    if (i < end) out.put(i, f.value(load_partial(x + i, end - i, T{1})), end - i);
  });
}

template <class F, class T>
void slopes(const void* state, const T* x, const T* y, const T* dy, T* dx, int64_t n) {
  const F f = *static_cast<const F*>(state);
  // An operand that is not saved is not read: the other one stands in for it.
  const T* const before = F::saves == Saves::nothing ? dy : F::saves == Saves::output ? y : x;
  const T* const after = F::saves == Saves::nothing ? dy : F::saves == Saves::input ? x : y;
  const Output<T> out(dx, n);
  parallel_range(n, kGrain, [=](int64_t begin, int64_t end) {
    int64_t i = begin;
    for (; i + kLanes<T> <= end; i += kLanes<T>)
      out.put(i, load(dy + i) * f.slope(load(before + i), load(after + i)));
    const int64_t rest = end - i;
    if (rest > 0)
      out.put(i,
              load_partial(dy + i, rest) *
                  f.slope(load_partial(before + i, rest, T{1}), load_partial(after + i, rest, T{1})),
              rest);
  });
}

template <class T>
using ValueKernel = void (*)(const void*, const T*, T*, int64_t);
template <class T>
using SlopeKernel = void (*)(const void*, const T*, const T*, const T*, T*, int64_t);

template <class F, class T>
constexpr ValueKernel<T> value_kernel() {
  if constexpr (kFloating<T> || F::integers)
    return &values<F, T>;
  else
    return nullptr;
}
template <class F, class T>
constexpr SlopeKernel<T> slope_kernel() {
  if constexpr (F::differentiable)
    return &slopes<F, T>;
  else
    return nullptr;
}

// The list turned into arrays of kernels.
template <class T, class... F>
ValueKernel<T> value_kernel_at(int function, List<F...>) {
  static constexpr ValueKernel<T> kKernels[] = {value_kernel<F, T>()...};
  return kKernels[function];
}
template <class T, class... F>
SlopeKernel<T> slope_kernel_at(int function, List<F...>) {
  static constexpr SlopeKernel<T> kKernels[] = {slope_kernel<F, T>()...};
  return kKernels[function];
}

}  // namespace

template <Isa I, class T>
void unary_cpu(int function, const void* state, const T* x, T* y, int64_t n) {
  value_kernel_at<T>(function, UnaryFunctors{})(state, x, y, n);
}

template <Isa I, class T>
void unary_grad_cpu(int function, const void* state, const T* x, const T* y, const T* dy, T* dx, int64_t n) {
  slope_kernel_at<T>(function, UnaryFunctors{})(state, x, y, dy, dx, n);
}

template void unary_cpu<kIsa, float>(int, const void*, const float*, float*, int64_t);
template void unary_cpu<kIsa, double>(int, const void*, const double*, double*, int64_t);
template void unary_cpu<kIsa, int32_t>(int, const void*, const int32_t*, int32_t*, int64_t);
template void unary_cpu<kIsa, int64_t>(int, const void*, const int64_t*, int64_t*, int64_t);
template void unary_grad_cpu<kIsa, float>(int, const void*, const float*, const float*, const float*, float*,
                                          int64_t);
template void unary_grad_cpu<kIsa, double>(int, const void*, const double*, const double*, const double*,
                                           double*, int64_t);

}  // namespace afina
