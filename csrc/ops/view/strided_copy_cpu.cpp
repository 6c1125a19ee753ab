#include <cstddef>
#include <cstdint>

#include "core/isa.h"
#include "cpu/parallel.h"
#include "cpu/vec.h"

namespace afina {

constexpr int64_t kTile = 16;  // a tile of a transpose: 16 rows of one cache line each

// One row: n elements from `source` (step s) to `target` (step t).
template <class Word>
KERNEL_INLINE void copy_row(const Word* source, int64_t s, Word* target, int64_t t, int64_t n) {
  if (s == 1 && t == 1) {
    __builtin_memcpy(target, source, static_cast<size_t>(n) * sizeof(Word));
  } else if (s == 0 && t == 1) {
    const Word value = *source;
    for (int64_t i = 0; i < n; ++i) target[i] = value;
  } else {
    for (int64_t i = 0; i < n; ++i) target[i * t] = source[i * s];
  }
}

// The last two axes when the source is contiguous along the first of them: tile by tile, so that every cache
// line fetched is used whole.
template <class Word>
KERNEL_INLINE void transpose_plane(const Word* source, int64_t s, Word* target, int64_t t, int64_t rows,
                                   int64_t columns) {
  for (int64_t r = 0; r < rows; r += kTile)
    for (int64_t c = 0; c < columns; c += kTile) {
      const int64_t r_end = r + kTile < rows ? r + kTile : rows,
                    c_end = c + kTile < columns ? c + kTile : columns;
      for (int64_t i = r; i < r_end; ++i)
        for (int64_t j = c; j < c_end; ++j) target[i * t + j] = source[i + j * s];
    }
}

template <Isa I, class Word>
void strided_copy_cpu(const Word* source, const int64_t* source_steps, Word* target,
                      const int64_t* target_steps, const int64_t* sizes, int rank) {
  const int last = rank - 1;
  const bool transposes = rank >= 2 && source_steps[last - 1] == 1 && target_steps[last] == 1;
  const int inner_axes = transposes ? 2 : 1;
  int64_t outer = 1, inner = 1;
  for (int axis = 0; axis < rank - inner_axes; ++axis) outer *= sizes[axis];
  for (int axis = rank - inner_axes; axis < rank; ++axis) inner *= sizes[axis];
  const int64_t per_chunk = items_per_chunk(inner);
  parallel_range(outer, per_chunk, [=](int64_t begin, int64_t end) {
    for (int64_t index = begin; index < end; ++index) {
      const Word* s = source;
      Word* t = target;
      int64_t rest = index;
      for (int axis = rank - inner_axes - 1; axis >= 0; --axis) {
        const int64_t at = rest % sizes[axis];
        rest /= sizes[axis];
        s += at * source_steps[axis];
        t += at * target_steps[axis];
      }
      if (transposes)
        transpose_plane(s, source_steps[last], t, target_steps[last - 1], sizes[last - 1], sizes[last]);
      else
        copy_row(s, source_steps[last], t, target_steps[last], sizes[last]);
    }
  });
}

template void strided_copy_cpu<kIsa, uint8_t>(const uint8_t*, const int64_t*, uint8_t*, const int64_t*,
                                              const int64_t*, int);
template void strided_copy_cpu<kIsa, uint32_t>(const uint32_t*, const int64_t*, uint32_t*, const int64_t*,
                                               const int64_t*, int);
template void strided_copy_cpu<kIsa, uint64_t>(const uint64_t*, const int64_t*, uint64_t*, const int64_t*,
                                               const int64_t*, int);

}  // namespace afina
