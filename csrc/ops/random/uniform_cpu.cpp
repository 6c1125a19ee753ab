#include <cstddef>
#include <cstdint>

#include "core/isa.h"
#include "core/random.h"
#include "cpu/philox.h"
#include "cpu/vec.h"

namespace afina {

// The leading bits of each lane as a fraction in [0, 1).
KERNEL_INLINE Vec<float> fraction(Words bits) {
  return __builtin_convertvector(reinterpret_cast<Vec<int32_t>>(bits >> 8), Vec<float>) * 0x1p-24F;
}
KERNEL_INLINE Vec<double> fraction(WideWords bits) {
  return __builtin_convertvector(reinterpret_cast<Vec<int64_t>>(bits >> 11), Vec<double>) * 0x1p-53;
}

template <Isa I, class T>
void uniform_cpu(RandomKey key, T low, T width, T largest, T* y, int64_t n) {
  each_random<T>(key, n, [=](int64_t i, RandomBits<T> bits, int64_t count) {
    const Vec<T> v = min(low + fraction(bits) * width, Vec<T>{} + largest);
    if (count == kLanes<T>)
      store(y + i, v);
    else
      store_partial(y + i, v, count);
  });
}

template <Isa I>
void bernoulli_cpu(RandomKey key, uint32_t last_true, bool* y, int64_t n) {
  each_random<float>(key, n, [=](int64_t i, Words bits, int64_t count) {
    typedef uint8_t Bytes __attribute__((vector_size(kVectorBytes / 4)));
    const Bytes truths = __builtin_convertvector(reinterpret_cast<Words>(bits <= last_true), Bytes) & 1;
    __builtin_memcpy(y + i, &truths, static_cast<size_t>(count));
  });
}

template void uniform_cpu<kIsa>(RandomKey, float, float, float, float*, int64_t);
template void uniform_cpu<kIsa>(RandomKey, double, double, double, double*, int64_t);
template void bernoulli_cpu<kIsa>(RandomKey, uint32_t, bool*, int64_t);

}  // namespace afina
