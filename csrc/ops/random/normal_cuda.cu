#include "cuda/philox.h"
#include "ops/random/quantile.h"

namespace afina {
namespace {

// All bits but the last as a fraction in (0, 1/2]; the last one is the sign.
__device__ __forceinline__ float half_fraction(uint32_t bits) {
  return (static_cast<float>(bits >> 1) + 0.5F) * 0x1p-32F;
}
__device__ __forceinline__ double half_fraction(uint64_t bits) {
  return (static_cast<double>(bits >> 1) + 0.5) * 0x1p-64;
}

template <class T>
__global__ void __launch_bounds__(kThreads)
    draw_normal(KernelKey key, T mean, T stddev, T lowest, T limit, T* y, int64_t n) {
  const T width = T{1} - T{2} * lowest;
  each_random<T>(key, n, [=](int64_t i, RandomBits<T> bits) {
    const T size = min(quantile_size(lowest + half_fraction(bits) * width), limit);
    y[i] = mean + stddev * ((bits & 1) == 1 ? size : -size);
  });
}

}  // namespace

template <class T>
void normal_cuda(KernelKey key, T mean, T stddev, T lowest, T limit, T* y, int64_t n, Stream& stream) {
  launch_kernel("random_normal", stream, {grid_for(n, kThreads * 4), kThreads}, draw_normal<T>, key, mean,
                stddev, lowest, limit, y, n);
}

template void normal_cuda(KernelKey, float, float, float, float, float*, int64_t, Stream&);
template void normal_cuda(KernelKey, double, double, double, double, double*, int64_t, Stream&);

}  // namespace afina
