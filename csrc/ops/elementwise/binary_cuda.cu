#include "cuda/vector.h"
#include "ops/elementwise/binary_functors.h"
#include "ops/elementwise/binary_kernels.h"

namespace afina {
namespace {

// y = f(a, b), both as long as y and contiguous.
template <class F, class T, class R>
__global__ void __launch_bounds__(kThreads) elements_of(const T* a, const T* b, R* y, int64_t n) {
  const auto f = [](T left, T right) { return static_cast<R>(F{}.value(left, right)); };
  if constexpr (sizeof(R) == sizeof(T))
    map_elements(n, f, y, a, b);
  else
    for (int64_t i = first_element(); i < n; i += element_step()) y[i] = f(a[i], b[i]);
}

template <class F, class T>
__global__ void __launch_bounds__(kThreads) elements_with_number(const T* a, T number, T* y, int64_t n) {
  map_elements(n, [=](T v) { return F{}.value(v, number); }, y, a);
}

template <class F, class T, class R>
__global__ void __launch_bounds__(kThreads)
    broadcast_elements_of(const T* a, const T* b, R* y, int64_t n, BroadcastLoop loop) {
  for (int64_t i = first_element(); i < n; i += element_step()) {
    int64_t offset[2];
    element_offsets<2>(loop, i, offset);
    y[i] = static_cast<R>(F{}.value(a[offset[0]], b[offset[1]]));
  }
}

template <class F, class T, class R>
void run(const T* a, const T* b, R* y, const BroadcastLoop& loop, Stream& stream) {
  const int64_t n = element_count(loop);
  if (loop.rank == 1 && loop.step[0][0] == 1 && loop.step[1][0] == 1)
    launch_kernel(F::name, stream, {grid_for_packs<T>(n), kThreads}, elements_of<F, T, R>, a, b, y, n);
  else
    launch_kernel(F::name, stream, {grid_for(n), kThreads}, broadcast_elements_of<F, T, R>, a, b, y, n, loop);
}

template <class F, class T>
void run_with_number(const T* a, T number, T* y, int64_t n, Stream& stream) {
  launch_kernel(F::name, stream, {grid_for_packs<T>(n), kThreads}, elements_with_number<F, T>, a, number, y,
                n);
}

template <class T, class R>
using Kernel = void (*)(const T*, const T*, R*, const BroadcastLoop&, Stream&);
template <class T>
using NumberKernel = void (*)(const T*, T, T*, int64_t, Stream&);

// The list turned into an array of kernels.
template <class T, class R, class... F>
Kernel<T, R> kernel_at(int function, List<F...>) {
  static constexpr Kernel<T, R> kKernels[] = {&run<F, T, R>...};
  return kKernels[function];
}
template <class T, class... F>
NumberKernel<T> number_kernel_at(int function, List<F...>) {
  static constexpr NumberKernel<T> kKernels[] = {&run_with_number<F, T>...};
  return kKernels[function];
}

}  // namespace

template <class T>
void arithmetic_cuda(int function, const T* a, const T* b, T* y, const BroadcastLoop& loop, Stream& stream) {
  kernel_at<T, T>(function, ArithmeticFunctors{})(a, b, y, loop, stream);
}

template <class T>
void number_arithmetic_cuda(int function, const T* a, T number, T* y, int64_t n, Stream& stream) {
  number_kernel_at<T>(function, ArithmeticFunctors{})(a, number, y, n, stream);
}

template <class T>
void comparison_cuda(int function, const T* a, const T* b, bool* y, const BroadcastLoop& loop,
                     Stream& stream) {
  kernel_at<T, bool>(function, ComparisonFunctors{})(a, b, y, loop, stream);
}

template void arithmetic_cuda(int, const float*, const float*, float*, const BroadcastLoop&, Stream&);
template void arithmetic_cuda(int, const double*, const double*, double*, const BroadcastLoop&, Stream&);
template void arithmetic_cuda(int, const int32_t*, const int32_t*, int32_t*, const BroadcastLoop&, Stream&);
template void arithmetic_cuda(int, const int64_t*, const int64_t*, int64_t*, const BroadcastLoop&, Stream&);
template void number_arithmetic_cuda(int, const float*, float, float*, int64_t, Stream&);
template void number_arithmetic_cuda(int, const double*, double, double*, int64_t, Stream&);
template void comparison_cuda(int, const uint8_t*, const uint8_t*, bool*, const BroadcastLoop&, Stream&);
template void comparison_cuda(int, const float*, const float*, bool*, const BroadcastLoop&, Stream&);
template void comparison_cuda(int, const double*, const double*, bool*, const BroadcastLoop&, Stream&);
template void comparison_cuda(int, const int32_t*, const int32_t*, bool*, const BroadcastLoop&, Stream&);
template void comparison_cuda(int, const int64_t*, const int64_t*, bool*, const BroadcastLoop&, Stream&);

}  // namespace afina
