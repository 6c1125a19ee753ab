#pragma once

#include <cstdint>

#include "cpu/parallel.h"

// How to walk up to three operands that are broadcast to one shape: the result is contiguous, an operand's
// step along an axis is 0 where it is repeated.  Axes that all operands walk as one are merged, so that a and
// b of one shape are a single loop, and along the innermost axis every step is 0 or 1.
namespace afina {

inline constexpr int kLoopRank = 8;
inline constexpr int kLoopOperands = 3;

struct BroadcastLoop {
  int rank = 1;  // at least 1
  int64_t size[kLoopRank] = {1};
  int64_t step[kLoopOperands][kLoopRank] = {};

  KERNEL_INLINE int64_t inner() const { return size[rank - 1]; }
  KERNEL_INLINE int64_t inner_step(int operand) const { return step[operand][rank - 1]; }
};

KERNEL_INLINE int64_t element_count(const BroadcastLoop& loop) {
  int64_t count = 1;
  for (int axis = 0; axis < loop.rank; ++axis) count *= loop.size[axis];
  return count;
}

// Where element i of the result finds its operands.
template <int operands>
KERNEL_INLINE void element_offsets(const BroadcastLoop& loop, int64_t i, int64_t* offset) {
  for (int k = 0; k < operands; ++k) offset[k] = 0;
  for (int axis = loop.rank - 1; axis > 0; --axis) {
    // A 32-bit division where it will do: a 64-bit one is a subroutine on a GPU.
    const bool narrow = (i | loop.size[axis]) >> 32 == 0;
    const int64_t before =
        narrow ? static_cast<uint32_t>(i) / static_cast<uint32_t>(loop.size[axis]) : i / loop.size[axis];
    const int64_t at = i - before * loop.size[axis];
    for (int k = 0; k < operands; ++k) offset[k] += at * loop.step[k][axis];
    i = before;
  }
  for (int k = 0; k < operands; ++k) offset[k] += i * loop.step[k][0];
}

// row(offsets of the operands, offset in the result, n) for pieces of the innermost axis, spread over the
// threads.
template <int operands, class Row>
KERNEL_INLINE void for_each_row(const BroadcastLoop& loop, const Row& row) {
  const int last = loop.rank - 1;
  const int64_t inner = loop.size[last];
  int64_t rows = 1;
  for (int axis = 0; axis < last; ++axis) rows *= loop.size[axis];
  if (inner == 0 || rows == 0) return;
  const int64_t pieces = (inner + kGrain - 1) / kGrain;  // of a row
  const int64_t rows_a_chunk = items_per_chunk(inner);
  const int64_t row_chunks = (rows + rows_a_chunk - 1) / rows_a_chunk;
  parallel_chunks(row_chunks * pieces, [&](int64_t chunk) {
    const int64_t first_row = chunk / pieces * rows_a_chunk;
    const int64_t end_row = first_row + rows_a_chunk < rows ? first_row + rows_a_chunk : rows;
    const int64_t begin = chunk % pieces * kGrain;
    const int64_t n = begin + kGrain < inner ? kGrain : inner - begin;
    int64_t index[kLoopRank], offset[operands];
    for (int k = 0; k < operands; ++k) offset[k] = begin * loop.step[k][last];
    int64_t rest = first_row;
    for (int axis = last - 1; axis >= 0; --axis) {
      index[axis] = rest % loop.size[axis];
      rest /= loop.size[axis];
      for (int k = 0; k < operands; ++k) offset[k] += index[axis] * loop.step[k][axis];
    }
    for (int64_t r = first_row; r < end_row; ++r) {
      row(static_cast<const int64_t*>(offset), r * inner + begin, n);
      for (int axis = last - 1; axis >= 0; --axis) {  // the next row, like an odometer
        for (int k = 0; k < operands; ++k) offset[k] += loop.step[k][axis];
        if (++index[axis] < loop.size[axis]) break;
        for (int k = 0; k < operands; ++k) offset[k] -= loop.size[axis] * loop.step[k][axis];
        index[axis] = 0;
      }
    }
  });
}

}  // namespace afina
