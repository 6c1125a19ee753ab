#include <cstdint>

#include "core/isa.h"
#include "core/random.h"
#include "cpu/math.h"
#include "cpu/philox.h"
#include "cpu/vec.h"
#include "ops/random/quantile.h"

namespace afina {
namespace {

// All bits but the last as a fraction in (0, 1/2]; the last one is the sign.
KERNEL_INLINE Vec<float> half_fraction(Words bits) {
  return (__builtin_convertvector(reinterpret_cast<Vec<int32_t>>(bits >> 1), Vec<float>) + 0.5F) * 0x1p-32F;
}
KERNEL_INLINE Vec<double> half_fraction(WideWords bits) {
  return (__builtin_convertvector(reinterpret_cast<Vec<int64_t>>(bits >> 1), Vec<double>) + 0.5) * 0x1p-64;
}

}  // namespace

template <Isa I, class T>
void normal_cpu(RandomKey key, T mean, T stddev, T lowest, T limit, T* y, int64_t n) {
  const T width = T{1} - T{2} * lowest;
  each_random<T>(key, n, [=](int64_t i, RandomBits<T> bits, int64_t count) {
    const Vec<T> size = min(quantile_size(lowest + half_fraction(bits) * width), Vec<T>{} + limit);
    const Vec<T> z = (bits & 1) == 1 ? size : -size;
    const Vec<T> v = mean + stddev * z;
    if (count == kLanes<T>)
      store(y + i, v);
    else
      store_partial(y + i, v, count);
  });
}

template void normal_cpu<kIsa>(RandomKey, float, float, float, float, float*, int64_t);
template void normal_cpu<kIsa>(RandomKey, double, double, double, double, double*, int64_t);

}  // namespace afina
