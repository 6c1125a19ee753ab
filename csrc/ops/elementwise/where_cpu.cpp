#include "core/isa.h"
#include "ops/elementwise/broadcast_loop.h"

namespace afina {

// Moving bits needs no arithmetic: Word is an integer as wide as the dtype.
template <Isa I, class Word>
void where_cpu(const uint8_t* condition, const Word* a, const Word* b, Word* y, const BroadcastLoop& loop) {
  const int64_t step_c = loop.inner_step(0), step_a = loop.inner_step(1), step_b = loop.inner_step(2);
  const bool arrays = step_c == 1 && step_a == 1 && step_b == 1;
  for_each_row<3>(loop, [=](const int64_t* offset, int64_t at, int64_t n) {
    const uint8_t* const c = condition + offset[0];
    const Word* const left = a + offset[1];
    const Word* const right = b + offset[2];
    if (arrays)
      for (int64_t i = 0; i < n; ++i) y[at + i] = c[i] != 0 ? left[i] : right[i];
    else
      for (int64_t i = 0; i < n; ++i) y[at + i] = c[i * step_c] != 0 ? left[i * step_a] : right[i * step_b];
  });
}

template void where_cpu<kIsa, uint8_t>(const uint8_t*, const uint8_t*, const uint8_t*, uint8_t*,
                                       const BroadcastLoop&);
template void where_cpu<kIsa, int32_t>(const uint8_t*, const int32_t*, const int32_t*, int32_t*,
                                       const BroadcastLoop&);
template void where_cpu<kIsa, int64_t>(const uint8_t*, const int64_t*, const int64_t*, int64_t*,
                                       const BroadcastLoop&);

}  // namespace afina
