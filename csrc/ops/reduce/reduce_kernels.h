#pragma once

#include <cstdint>

#include "core/isa.h"

// The kernels behind reduce.h.  A tensor is seen as outer x n x inner elements, and n is reduced away.
namespace afina {

class Stream;

struct ReduceSizes {
  int64_t outer, n, inner;
};

enum class Reduction { sum, product, largest, smallest };

inline constexpr int64_t kReduceChunk = 65536;  // elements of one block that are reduced in one piece

// Into how many pieces n is cut: by the sizes only, so that every number of threads gives the same bits.
inline constexpr int64_t reduce_pieces(ReduceSizes s) {
  const int64_t piece = s.inner >= kReduceChunk / 64 ? 64 : kReduceChunk / (s.inner > 0 ? s.inner : 1);
  return s.n <= piece ? 1 : (s.n + piece - 1) / piece;
}

// y = scale times the reduction (the scale counts for sums of floats only).  `partials` holds outer * pieces
// * inner doubles or int64 when there are several pieces, and may be null otherwise.
template <Isa I, class T>
void reduce_cpu(Reduction reduction, const T* x, T* y, ReduceSizes sizes, double scale, void* partials);
template <class T>
void reduce_cuda(Reduction reduction, const T* x, T* y, ReduceSizes sizes, double scale, void* partials,
                 Stream& stream);

}  // namespace afina
