#pragma once

#include <cuda_runtime.h>

#include "cuda/launch.h"
#include "cuda/shared.h"
#include "cuda/workspace.h"

// Sums down the columns of (images, rows, c), in double: the mirror of cpu/columns.h.  The rows are cut into
// pieces by the shape alone, each summed by a block, and the pieces are added in their order.
namespace afina {

inline constexpr int kColumnWidth = 32;  // of a block: neighbouring threads read neighbouring columns
inline constexpr int kColumnLines = 8;   // rows of a block's threads

struct ColumnPieces {
  int64_t count, rows;  // of one piece
};

inline ColumnPieces column_pieces(int64_t rows) {
  constexpr int64_t kFewestRows = 128, kMostPieces = 256;
  int64_t length = (rows + kMostPieces - 1) / kMostPieces;
  length = length < kFewestRows ? kFewestRows : length;
  return {rows <= length ? 1 : (rows + length - 1) / length, length};
}

#ifdef __CUDACC__

// term(image, row, column, sums) adds an element's part to sums[kCount]; partials: (images, pieces, kCount,
// c).
template <int kCount, class Term>
__global__ void __launch_bounds__(kColumnWidth* kColumnLines)
    sum_column_pieces(Term term, int64_t rows, int64_t c, int64_t piece_rows, int64_t images,
                      double* partials) {
  struct Totals {
    double at[kCount][kColumnLines][kColumnWidth];
  };
  Totals& totals = shared_memory<Totals>();
  const int64_t column = int64_t{blockIdx.x} * kColumnWidth + threadIdx.x, piece = blockIdx.y;
  const int64_t begin = piece * piece_rows, end = begin + piece_rows < rows ? begin + piece_rows : rows;
  for (int64_t image = blockIdx.z; image < images; image += gridDim.z) {
    double sums[kCount] = {};
    if (column < c)
      for (int64_t r = begin + threadIdx.y; r < end; r += kColumnLines) term(image, r, column, sums);
    __syncthreads();  // the totals of the image before have been read
    for (int k = 0; k < kCount; ++k) totals.at[k][threadIdx.y][threadIdx.x] = sums[k];
    __syncthreads();
    if (threadIdx.y != 0 || column >= c) continue;
    for (int k = 0; k < kCount; ++k) {
      for (int line = 1; line < kColumnLines; ++line) sums[k] += totals.at[k][line][threadIdx.x];
      partials[((image * gridDim.y + piece) * kCount + k) * c + column] = sums[k];
    }
  }
}

// finish(image, column, sums) with the whole sums.
template <int kCount, class Finish>
__global__ void __launch_bounds__(kThreads)
    finish_columns(Finish finish, const double* partials, int64_t pieces, int64_t c, int64_t images) {
  for (int64_t i = first_element(); i < images * c; i += element_step()) {
    const int64_t image = i / c, column = i % c;
    double sums[kCount] = {};
    for (int64_t piece = 0; piece < pieces; ++piece)
      for (int k = 0; k < kCount; ++k)
        sums[k] += partials[((image * pieces + piece) * kCount + k) * c + column];
    finish(image, column, sums);
  }
}

template <int kCount, class Term, class Finish>
void sum_columns(const char* op, const Term& term, const Finish& finish, int64_t images, int64_t rows,
                 int64_t c, const Stream& stream) {
  constexpr int64_t kMostImages = 65535;  // of a grid's third axis
  const ColumnPieces pieces = column_pieces(rows);
  const Workspace<double> partials(images * pieces.count * kCount * c, stream);
  const dim3 grid(static_cast<unsigned>((c + kColumnWidth - 1) / kColumnWidth),
                  static_cast<unsigned>(pieces.count),
                  static_cast<unsigned>(images < kMostImages ? images : kMostImages));
  launch_kernel(op, stream, {grid, dim3(kColumnWidth, kColumnLines)}, sum_column_pieces<kCount, Term>, term,
                rows, c, pieces.rows, images, partials.data());
  launch_kernel(op, stream, {grid_for(images * c), kThreads}, finish_columns<kCount, Finish>, finish,
                partials.data(), pieces.count, c, images);
}

#endif

}  // namespace afina
