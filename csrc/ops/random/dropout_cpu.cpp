#include <cstdint>

#include "core/isa.h"
#include "core/random.h"
#include "cpu/output.h"
#include "cpu/philox.h"
#include "cpu/rows.h"
#include "cpu/vec.h"

namespace afina {

// One 32-bit word an element for both types, so that float32 and float64 draw the same mask.
KERNEL_INLINE void drop(Words bits, uint32_t last_kept, float divisor, const float* x,
                        const Output<float>& out, int64_t i, int64_t count) {
  const Vec<float> kept = load_lanes(x + i, count) / divisor;
  out.put(i, bits <= last_kept ? kept : Vec<float>{}, count);
}
KERNEL_INLINE void drop(Words bits, uint32_t last_kept, double divisor, const double* x,
                        const Output<double>& out, int64_t i, int64_t count) {
  constexpr int64_t L = kLanes<double>;  // half as many as there are words
  for (int64_t first = 0; first < count; first += L) {
    const int64_t lanes = count - first < L ? count - first : L;
    Vec<double> v = load_lanes(x + i + first, lanes) / divisor;
    for (int64_t k = 0; k < L; ++k) v[k] = bits[first + k] <= last_kept ? v[k] : 0.0;
    out.put(i + first, v, lanes);
  }
}

template <Isa I, class T>
void dropout_cpu(RandomKey key, uint32_t last_kept, T divisor, const T* x, T* y, int64_t n) {
  const Output<T> out(y, n);
  each_random<float>(key, n, [=](int64_t i, Words bits, int64_t count) {
    drop(bits, last_kept, divisor, x, out, i, count);
  });
}

template void dropout_cpu<kIsa>(RandomKey, uint32_t, float, const float*, float*, int64_t);
template void dropout_cpu<kIsa>(RandomKey, uint32_t, double, const double*, double*, int64_t);

}  // namespace afina
