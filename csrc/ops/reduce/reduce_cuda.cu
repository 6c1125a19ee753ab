#include "cuda/rows.h"
#include "ops/reduce/reduce_kernels.h"
#include "ops/reduce/reducers.h"

// outer, n, inner: the sizes before, along and behind the axes that are reduced away.
namespace afina {
namespace {

template <class R, class T>
using Wide = typename R::template Wide<T>;

template <class T, class W>
__device__ __forceinline__ T finished(W total, double scale) {
  if constexpr (kIsFloat<T>)
    return static_cast<T>(static_cast<double>(total) * scale);
  else
    return static_cast<T>(total);
}

// Contiguous rows, cut into `pieces` of `length`: row r is piece r % pieces of block r / pieces.
template <class Team, class R, class T, class Result>
__global__ void __launch_bounds__(kThreads) reduce_rows(const T* x, Result* y, int64_t outer, int64_t n,
                                                        int64_t pieces, int64_t length, double scale) {
  using W = Wide<R, T>;
  for (int64_t r = Team::first_row(); r < outer * pieces; r += Team::row_step()) {
    const int64_t begin = r % pieces * length, left = n - begin;
    const T* const row = x + r / pieces * n + begin;
    W total = R::template start<W>();
    for (int64_t i = Team::rank(); i < (left < length ? left : length); i += Team::kSize)
      total = R::step(static_cast<W>(row[i]), total);
    total = Team::combined(total, [](W a, W b) { return R::step(a, b); });
    if (Team::rank() == 0) y[r] = pieces == 1 ? finished<Result>(total, scale) : static_cast<Result>(total);
  }
}

constexpr int kColumns = 32, kLines = 8;  // of a block: neighbouring threads read neighbouring columns

// Columns: a block takes kColumns of them, kLines rows at a time, within one piece of n.
template <class R, class T, class Result>
__global__ void __launch_bounds__(kColumns* kLines)
    reduce_columns(const T* x, Result* y, ReduceSizes s, int64_t pieces, int64_t length, double scale) {
  using W = Wide<R, T>;
  struct Totals {
    W at[kLines][kColumns];
  };
  Totals& totals = shared_memory<Totals>();
  const int64_t tiles = (s.inner + kColumns - 1) / kColumns;
  for (int64_t task = blockIdx.x; task < s.outer * pieces * tiles; task += gridDim.x) {
    const int64_t column = task % tiles * kColumns + threadIdx.x, block = task / tiles;
    const int64_t begin = block % pieces * length, end = begin + length < s.n ? begin + length : s.n;
    const T* const from = x + block / pieces * s.n * s.inner;
    W total = R::template start<W>();
    if (column < s.inner)
      for (int64_t k = begin + threadIdx.y; k < end; k += kLines)
        total = R::step(static_cast<W>(from[k * s.inner + column]), total);
    __syncthreads();  // the totals of the task before have been read
    totals.at[threadIdx.y][threadIdx.x] = total;
    __syncthreads();
    if (threadIdx.y != 0 || column >= s.inner) continue;
    for (int line = 1; line < kLines; ++line) total = R::step(totals.at[line][threadIdx.x], total);
    y[block * s.inner + column] = pieces == 1 ? finished<Result>(total, scale) : static_cast<Result>(total);
  }
}

// Partial results, in the order of the pieces.
template <class R, class T>
__global__ void __launch_bounds__(kThreads)
    combine_pieces(const Wide<R, T>* partials, T* y, ReduceSizes s, int64_t pieces, double scale) {
  for (int64_t i = first_element(); i < s.outer * s.inner; i += element_step()) {
    const int64_t o = i / s.inner, j = i % s.inner;
    Wide<R, T> total = partials[o * pieces * s.inner + j];
    for (int64_t p = 1; p < pieces; ++p) total = R::step(partials[(o * pieces + p) * s.inner + j], total);
    y[i] = finished<T>(total, scale);
  }
}

template <class R, class T, class Result>
void reduce_pieces_into(const T* x, Result* y, ReduceSizes s, int64_t pieces, double scale, Stream& stream) {
  const int64_t length = (s.n + pieces - 1) / pieces;
  if (s.inner == 1)
    with_team(s.outer * pieces, length, [&]<class Team>(unsigned blocks) {
      launch_kernel("reduce", stream, {blocks, kThreads}, reduce_rows<Team, R, T, Result>, x, y, s.outer, s.n,
                    pieces, length, scale);
    });
  else
    launch_kernel(
        "reduce", stream,
        {grid_for(s.outer * pieces * ((s.inner + kColumns - 1) / kColumns), 1), dim3(kColumns, kLines)},
        reduce_columns<R, T, Result>, x, y, s, pieces, length, scale);
}

template <class R, class T>
void reduce(const T* x, T* y, ReduceSizes s, double scale, void* partials, Stream& stream) {
  using W = Wide<R, T>;
  const int64_t pieces = reduce_pieces(s);
  if (pieces == 1) return reduce_pieces_into<R, T, T>(x, y, s, 1, scale, stream);
  auto* const wide = static_cast<W*>(partials);
  reduce_pieces_into<R, T, W>(x, wide, s, pieces, scale, stream);
  launch_kernel("reduce", stream, {grid_for(s.outer * s.inner), kThreads}, combine_pieces<R, T>, wide, y, s,
                pieces, scale);
}

}  // namespace

template <class T>
void reduce_cuda(Reduction reduction, const T* x, T* y, ReduceSizes sizes, double scale, void* partials,
                 Stream& stream) {
  if (reduction == Reduction::largest) return reduce<LargestReducer>(x, y, sizes, 1.0, partials, stream);
  if (reduction == Reduction::smallest) return reduce<SmallestReducer>(x, y, sizes, 1.0, partials, stream);
  if constexpr (sizeof(T) >= 4) {  // bytes are cast to int64 before they are added
    if (reduction == Reduction::sum) return reduce<SumReducer>(x, y, sizes, scale, partials, stream);
    return reduce<ProductReducer>(x, y, sizes, scale, partials, stream);
  }
}

template void reduce_cuda(Reduction, const float*, float*, ReduceSizes, double, void*, Stream&);
template void reduce_cuda(Reduction, const double*, double*, ReduceSizes, double, void*, Stream&);
template void reduce_cuda(Reduction, const int32_t*, int32_t*, ReduceSizes, double, void*, Stream&);
template void reduce_cuda(Reduction, const int64_t*, int64_t*, ReduceSizes, double, void*, Stream&);
template void reduce_cuda(Reduction, const uint8_t*, uint8_t*, ReduceSizes, double, void*, Stream&);

}  // namespace afina
