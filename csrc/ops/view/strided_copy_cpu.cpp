#include <cstddef>
#include <cstdint>

#include "core/isa.h"
#include "cpu/copy.h"
#include "cpu/parallel.h"
#include "cpu/transpose.h"
#include "ops/view/strided_copy_kernels.h"

namespace afina {
namespace {

// Of a square of a transpose: a vector, or a quarter of one of bytes.
template <class Word>
constexpr int64_t kSide = sizeof(Word) == 1 ? 16 : kLanes<Word>;
constexpr int64_t kBand = 64;  // elements: whole lines, whole squares
constexpr int64_t kPageBytes = 4096;

// Part of a row: n elements from `source` (step s) to `target` (step t).
template <class Word>
KERNEL_INLINE void copy_row(const Word* source, int64_t s, Word* target, int64_t t, int64_t n,
                            bool past_caches) {
  if (s == 1 && t == 1) {
    copy_run(source, target, n, past_caches);
  } else if (s == 0 && t == 1) {
    fill_run(target, *source, n, past_caches);
  } else {
    for (int64_t i = 0; i < n; ++i) target[i * t] = source[i * s];
  }
}

// `high` x `wide` elements of the plane below, at most a square.
template <class Word>
KERNEL_INLINE void transpose_part(const Word* source, int64_t s, Word* target, int64_t t, int64_t high,
                                  int64_t wide, bool past_caches) {
  if constexpr (kSide<Word> == kLanes<Word>)
    if (high >= kSide<Word> && wide >= kSide<Word>)
      return transpose_square(source, s, [=](int64_t i, Vec<Word> v) __attribute__((always_inline)) {
        store_result(target + i * t, v, past_caches);
      });
  for (int64_t i = 0; i < high && i < kSide<Word>; ++i)
    for (int64_t j = 0; j < wide && j < kSide<Word>; ++j) target[i * t + j] = source[i + j * s];
}

// The last two axes when the source is contiguous along the first of them: square by square, so that every
// cache line fetched is used whole; where each line is on another page, several of a page one after the
// other.
template <class Word>
KERNEL_INLINE void transpose_plane(const Word* source, int64_t s, Word* target, int64_t t, int64_t rows,
                                   int64_t columns, bool past_caches) {
  const int64_t band = s * static_cast<int64_t>(sizeof(Word)) >= kPageBytes ? kBand : kSide<Word>;
  for (int64_t first = 0; first < rows; first += band) {
    const int64_t end = first + band < rows ? first + band : rows;
    for (int64_t c = 0; c < columns; c += kSide<Word>)
      for (int64_t r = first; r < end; r += kSide<Word>)
        transpose_part(source + r + c * s, s, target + r * t + c, t, end - r, columns - c, past_caches);
  }
}

// copy(source, target, at) for the pieces [begin, end) that a walk comes by, `at` the position along its last
// axis.
template <class Word, class Copy>
KERNEL_INLINE void each_piece(const StridedWalk& walk, const Word* source, Word* target, int64_t begin,
                              int64_t end, const Copy& copy) {
  const int last = walk.rank - 1;
  const int64_t from_step = walk.from[last], to_step = walk.to[last];
  int64_t at[kMaxWalkRank];
  for (int64_t axis = last, rest = begin; axis >= 0; --axis) {
    at[axis] = rest % walk.size[axis];
    rest /= walk.size[axis];
    source += at[axis] * walk.from[axis];
    target += at[axis] * walk.to[axis];
  }
  for (int64_t index = begin; index < end;) {
    const int64_t left = walk.size[last] - at[last], count = left < end - index ? left : end - index;
    for (int64_t i = 0; i < count; ++i) copy(source + i * from_step, target + i * to_step, at[last] + i);
    index += count;
    at[last] += count;
    source += count * from_step;
    target += count * to_step;
    for (int axis = last; axis > 0 && at[axis] == walk.size[axis]; --axis) {
      at[axis] = 0;
      ++at[axis - 1];
      source += walk.from[axis - 1] - walk.size[axis] * walk.from[axis];
      target += walk.to[axis - 1] - walk.size[axis] * walk.to[axis];
    }
  }
}

}  // namespace

template <Isa I, class Word>
void strided_copy_cpu(const Word* source, Word* target, const StridedWalk& walk) {
  const int last = walk.rank - 1;
  const bool transposes = walk.rank >= 2 && walk.from[last - 1] == 1 && walk.to[last] == 1;
  // A piece: a row, or a plane to be transposed, or a stretch of a long one along its first axis.
  const int cut = transposes ? last - 1 : last;
  const int64_t length = walk.size[cut], width = transposes ? walk.size[last] : 1;
  const int64_t longest = (items_per_chunk(width) + kBand - 1) / kBand * kBand;
  StridedWalk pieces = walk;
  pieces.size[cut] = (length + longest - 1) / longest;
  const bool whole = cut > 0 && pieces.size[cut] == 1;
  pieces.rank = whole ? cut : cut + 1;
  pieces.from[cut] *= longest;
  pieces.to[cut] *= longest;
  int64_t rows = 1;  // or planes
  for (int axis = 0; axis < cut; ++axis) rows *= walk.size[axis];
  // Short rows from here and there come too slowly to be streamed out again: 1.2 times slower, measured.
  const bool scattered = !transposes && cut > 0 && length < kGrain / 8 && walk.from[cut - 1] != length;
  const bool past_caches = !scattered && exceeds_caches<Word>(rows * length * width);
  const int64_t from_step = walk.from[last], to_step = walk.to[cut];
  const int64_t per_chunk = items_per_chunk((length < longest ? length : longest) * width);
  parallel_range(rows * pieces.size[cut], per_chunk, [=](int64_t begin, int64_t end) {
    each_piece(pieces, source, target, begin, end,
               [=](const Word* from, Word* to, int64_t at) __attribute__((always_inline)) {
                 const int64_t left = whole ? length : length - at * longest;
                 const int64_t n = left < longest ? left : longest;
                 if (transposes)
                   transpose_plane(from, from_step, to, to_step, n, width, past_caches);
                 else
                   copy_row(from, from_step, to, to_step, n, past_caches);
               });
  });
}

template void strided_copy_cpu<kIsa>(const uint8_t*, uint8_t*, const StridedWalk&);
template void strided_copy_cpu<kIsa>(const uint32_t*, uint32_t*, const StridedWalk&);
template void strided_copy_cpu<kIsa>(const uint64_t*, uint64_t*, const StridedWalk&);

}  // namespace afina
