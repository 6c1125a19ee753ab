#include "cuda/vector.h"

namespace afina {
namespace {

template <class T>
__global__ void __launch_bounds__(kThreads)
    move_averages(T* average, const T* value, T momentum, T rest, int64_t n) {
  map_elements(n, [=](T a, T v) { return momentum * a + rest * v; }, average, average, value);
}

}  // namespace

template <class T>
void average_update_cuda(T* average, const T* value, T momentum, T rest, int64_t n, Stream& stream) {
  launch_kernel("average_update", stream, {grid_for_packs<T>(n), kThreads}, move_averages<T>, average, value,
                momentum, rest, n);
}

template void average_update_cuda(float*, const float*, float, float, int64_t, Stream&);
template void average_update_cuda(double*, const double*, double, double, int64_t, Stream&);

}  // namespace afina
