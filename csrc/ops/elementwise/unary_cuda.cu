#include "cuda/vector.h"
#include "ops/elementwise/functors.h"
#include "ops/elementwise/unary_kernels.h"

namespace afina {
namespace {

template <class T>
constexpr bool kFloating = static_cast<T>(0.5) != 0;

template <class F, class T>
__global__ void __launch_bounds__(kThreads) values_of(F f, const T* x, T* y, int64_t n) {
  map_elements(n, [&](T v) { return f.value(v); }, y, x);
}

template <class F, class T>
__global__ void __launch_bounds__(kThreads)
    slopes_of(F f, const T* in, const T* out, const T* dy, T* dx, int64_t n) {
  map_elements(n, [&](T i, T o, T d) { return d * f.slope(i, o); }, dx, in, out, dy);
}

template <class F, class T>
void values(const void* state, const T* x, T* y, int64_t n, Stream& stream) {
  const F f = *static_cast<const F*>(state);
  launch_kernel(F::name, stream, {grid_for_packs<T>(n), kThreads}, values_of<F, T>, f, x, y, n);
}

template <class F, class T>
void slopes(const void* state, const T* x, const T* y, const T* dy, T* dx, int64_t n, Stream& stream) {
  const F f = *static_cast<const F*>(state);
  // An operand that is not saved is not read: the other one stands in for it.
  const T* const in = F::saves == Saves::nothing ? dy : F::saves == Saves::output ? y : x;
  const T* const out = F::saves == Saves::nothing ? dy : F::saves == Saves::input ? x : y;
  launch_kernel(F::name, stream, {grid_for_packs<T>(n), kThreads}, slopes_of<F, T>, f, in, out, dy, dx, n);
}

template <class T>
using ValueKernel = void (*)(const void*, const T*, T*, int64_t, Stream&);
template <class T>
using SlopeKernel = void (*)(const void*, const T*, const T*, const T*, T*, int64_t, Stream&);

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

template <class T>
void unary_cuda(int function, const void* state, const T* x, T* y, int64_t n, Stream& stream) {
  value_kernel_at<T>(function, UnaryFunctors{})(state, x, y, n, stream);
}

template <class T>
void unary_grad_cuda(int function, const void* state, const T* x, const T* y, const T* dy, T* dx, int64_t n,
                     Stream& stream) {
  slope_kernel_at<T>(function, UnaryFunctors{})(state, x, y, dy, dx, n, stream);
}

template void unary_cuda(int, const void*, const float*, float*, int64_t, Stream&);
template void unary_cuda(int, const void*, const double*, double*, int64_t, Stream&);
template void unary_cuda(int, const void*, const int32_t*, int32_t*, int64_t, Stream&);
template void unary_cuda(int, const void*, const int64_t*, int64_t*, int64_t, Stream&);
template void unary_grad_cuda(int, const void*, const float*, const float*, const float*, float*, int64_t,
                              Stream&);
template void unary_grad_cuda(int, const void*, const double*, const double*, const double*, double*, int64_t,
                              Stream&);

}  // namespace afina
