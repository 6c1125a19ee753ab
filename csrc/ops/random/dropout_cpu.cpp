#include <cstdint>

#include "core/isa.h"
#include "core/random.h"
#include "cpu/philox.h"
#include "cpu/rows.h"
#include "cpu/vec.h"

namespace afina {

// One 32-bit word an element for both types, so that float32 and float64 draw the same mask.
KERNEL_INLINE void drop(Words bits, uint32_t last_kept, float divisor, const float* x, float* y,
                        int64_t count) {
  const Vec<float> kept = load_lanes(x, count) / divisor;
  const Vec<float> v = bits <= last_kept ? kept : Vec<float>{};
  if (count == kLanes<float>)
    store(y, v);
  else
    store_partial(y, v, count);
}
KERNEL_INLINE void drop(Words bits, uint32_t last_kept, double divisor, const double* x, double* y,
                        int64_t count) {
  for (int64_t k = 0; k < count; ++k) y[k] = bits[k] <= last_kept ? x[k] / divisor : 0.0;
}

template <Isa I, class T>
void dropout_cpu(RandomKey key, uint32_t last_kept, T divisor, const T* x, T* y, int64_t n) {
  each_random<float>(key, n, [=](int64_t i, Words bits, int64_t count) {
    drop(bits, last_kept, divisor, x + i, y + i, count);
  });
}

template void dropout_cpu<kIsa>(RandomKey, uint32_t, float, const float*, float*, int64_t);
template void dropout_cpu<kIsa>(RandomKey, uint32_t, double, const double*, double*, int64_t);

}  // namespace afina
