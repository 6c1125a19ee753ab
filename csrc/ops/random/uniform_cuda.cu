#include "cuda/math.h"
#include "cuda/philox.h"

namespace afina {
namespace {

// The leading bits as a fraction in [0, 1).
__device__ __forceinline__ float fraction(uint32_t bits) { return static_cast<float>(bits >> 8) * 0x1p-24F; }
__device__ __forceinline__ double fraction(uint64_t bits) {
  return static_cast<double>(bits >> 11) * 0x1p-53;
}

template <class T>
__global__ void __launch_bounds__(kThreads)
    draw_uniform(KernelKey key, T low, T width, T largest, T* y, int64_t n) {
  each_random<T>(key, n,
                 [=](int64_t i, RandomBits<T> bits) { y[i] = min(low + fraction(bits) * width, largest); });
}

__global__ void __launch_bounds__(kThreads)
    draw_truths(KernelKey key, uint32_t last_true, bool* y, int64_t n) {
  each_random<float>(key, n, [=](int64_t i, uint32_t bits) { y[i] = bits <= last_true; });
}

}  // namespace

template <class T>
void uniform_cuda(KernelKey key, T low, T width, T largest, T* y, int64_t n, Stream& stream) {
  launch_kernel("random_uniform", stream, {grid_for(n, kThreads * 4), kThreads}, draw_uniform<T>, key, low,
                width, largest, y, n);
}

void bernoulli_cuda(KernelKey key, uint32_t last_true, bool* y, int64_t n, Stream& stream) {
  launch_kernel("random_bernoulli", stream, {grid_for(n, kThreads * 4), kThreads}, draw_truths, key,
                last_true, y, n);
}

template void uniform_cuda(KernelKey, float, float, float, float*, int64_t, Stream&);
template void uniform_cuda(KernelKey, double, double, double, double*, int64_t, Stream&);

}  // namespace afina
