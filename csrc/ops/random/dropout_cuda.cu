#include "cuda/philox.h"

namespace afina {
namespace {

// One 32-bit word an element for both types, so that float32 and float64 draw the same mask.
template <class T>
__global__ void __launch_bounds__(kThreads)
    drop(KernelKey key, uint32_t last_kept, T divisor, const T* x, T* y, int64_t n) {
  each_random<float>(key, n,
                     [=](int64_t i, uint32_t bits) { y[i] = bits <= last_kept ? x[i] / divisor : T{0}; });
}

}  // namespace

template <class T>
void dropout_cuda(KernelKey key, uint32_t last_kept, T divisor, const T* x, T* y, int64_t n, Stream& stream) {
  launch_kernel("dropout", stream, {grid_for(n, kThreads * 4), kThreads}, drop<T>, key, last_kept, divisor, x,
                y, n);
}

template void dropout_cuda(KernelKey, uint32_t, float, const float*, float*, int64_t, Stream&);
template void dropout_cuda(KernelKey, uint32_t, double, const double*, double*, int64_t, Stream&);

}  // namespace afina
