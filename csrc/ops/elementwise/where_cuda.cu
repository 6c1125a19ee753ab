#include "cuda/launch.h"
#include "ops/elementwise/broadcast_loop.h"

namespace afina {

namespace {

template <class Word>
__global__ void __launch_bounds__(kThreads)
    choose(const uint8_t* condition, const Word* a, const Word* b, Word* y, int64_t n, BroadcastLoop loop) {
  for (int64_t i = first_element(); i < n; i += element_step()) {
    int64_t offset[3];
    element_offsets<3>(loop, i, offset);
    y[i] = condition[offset[0]] != 0 ? a[offset[1]] : b[offset[2]];
  }
}

}  // namespace

// Moving bits needs no arithmetic: Word is an integer as wide as the dtype.
template <class Word>
void where_cuda(const uint8_t* condition, const Word* a, const Word* b, Word* y, const BroadcastLoop& loop,
                Stream& stream) {
  const int64_t n = element_count(loop);
  launch_kernel("where", stream, {grid_for(n), kThreads}, choose<Word>, condition, a, b, y, n, loop);
}

template void where_cuda(const uint8_t*, const uint8_t*, const uint8_t*, uint8_t*, const BroadcastLoop&,
                         Stream&);
template void where_cuda(const uint8_t*, const int32_t*, const int32_t*, int32_t*, const BroadcastLoop&,
                         Stream&);
template void where_cuda(const uint8_t*, const int64_t*, const int64_t*, int64_t*, const BroadcastLoop&,
                         Stream&);

}  // namespace afina
