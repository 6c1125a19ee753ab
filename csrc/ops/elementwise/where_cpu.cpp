#include "core/isa.h"
#include "cpu/vec.h"
#include "ops/elementwise/broadcast_loop.h"

namespace afina {

namespace {

template <bool c_repeated, bool a_repeated, bool b_repeated, class Word>
KERNEL_INLINE void choose(const uint8_t* c, const Word* a, const Word* b, Word* y, int64_t n) {
  const Vec<Word> left = broadcast(*a), right = broadcast(*b);
  const Mask<Word> all = broadcast(static_cast<Word>(*c)) != 0;
  int64_t i = 0;
  for (; i + kLanes<Word> <= n; i += kLanes<Word>)
    store(y + i, select(c_repeated ? all : load_mask<Word>(c + i), a_repeated ? left : load(a + i),
                        b_repeated ? right : load(b + i)));
  for (; i < n; ++i) y[i] = c[c_repeated ? 0 : i] != 0 ? a[a_repeated ? 0 : i] : b[b_repeated ? 0 : i];
}

}  // namespace

// Moving bits needs no arithmetic: Word is an integer as wide as the dtype.
template <Isa I, class Word>
void where_cpu(const uint8_t* condition, const Word* a, const Word* b, Word* y, const BroadcastLoop& loop) {
  const int repeated = (loop.inner_step(0) == 0 ? 4 : 0) + (loop.inner_step(1) == 0 ? 2 : 0) +
                       (loop.inner_step(2) == 0 ? 1 : 0);
  for_each_row<3>(loop, [=](const int64_t* offset, int64_t at, int64_t n) {
    const uint8_t* const c = condition + offset[0];
    const Word* const left = a + offset[1];
    const Word* const right = b + offset[2];
    switch (repeated) {
      case 0: return choose<false, false, false>(c, left, right, y + at, n);
      case 1: return choose<false, false, true>(c, left, right, y + at, n);
      case 2: return choose<false, true, false>(c, left, right, y + at, n);
      case 3: return choose<false, true, true>(c, left, right, y + at, n);
      case 4: return choose<true, false, false>(c, left, right, y + at, n);
      case 5: return choose<true, false, true>(c, left, right, y + at, n);
      case 6: return choose<true, true, false>(c, left, right, y + at, n);
      default: return choose<true, true, true>(c, left, right, y + at, n);
    }
  });
}

template void where_cpu<kIsa, uint8_t>(const uint8_t*, const uint8_t*, const uint8_t*, uint8_t*,
                                       const BroadcastLoop&);
template void where_cpu<kIsa, int32_t>(const uint8_t*, const int32_t*, const int32_t*, int32_t*,
                                       const BroadcastLoop&);
template void where_cpu<kIsa, int64_t>(const uint8_t*, const int64_t*, const int64_t*, int64_t*,
                                       const BroadcastLoop&);

}  // namespace afina
