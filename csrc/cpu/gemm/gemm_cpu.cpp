#include "cpu/gemm/gemm.h"

#include "cpu/gemm/dot.h"
#include "cpu/gemm/packed.h"
#include "cpu/gemm/product.h"
#include "cpu/parallel.h"
#include "cpu/splits.h"
#include "cpu/transpose.h"
#include "cpu/workspace.h"

namespace afina {
namespace {

constexpr int64_t kSerialWork = 600'000;  // multiply-adds below which threads cost more than they bring
constexpr int64_t kChunkWork = 400'000;   // at least this much a chunk
constexpr int64_t kMostChunks = 16;  // enough to balance 8 threads; more only when blocks reach their limits
constexpr int64_t kBlockRows = 512;  // of a block at most: enough to make up for fetching the panels of B
constexpr int64_t kBlockColumns = 1024;
constexpr int64_t kSplitDepth = 2048;  // k of one partial product when m x n alone gives too few chunks
constexpr int64_t kMostSplits = 16;
constexpr int64_t kSplitSize = 1 << 16;  // ... which is when C has at most so many elements
constexpr int64_t kSliceDepth = 512;     // k of one product after the other when C stays in the L2 cache ...
constexpr int64_t kSliceSize = 1 << 18;  // ... because it has at most so many elements
// A C of fewer rows is not turned: most lanes would be empty, and who tries a few samples misled about
// memory.
constexpr int64_t kTurnedRows = 12;
constexpr int64_t kFewDots = 4;   // rows or columns of C that are computed as dot products
constexpr int64_t kLongDots = 4;  // ... of at least so many vectors
// A product that is rounded has so many rows, columns and so much depth: with less, rounding takes as long as
// it saves.
constexpr int64_t kRoundedRows = 32, kRoundedColumns = 8, kRoundedDepth = 16;

// How many chunks a product of so many multiply-adds is worth.
int64_t wanted_chunks(int64_t work) {
  const int64_t chunks = work / kChunkWork;
  return chunks < 1 ? 1 : chunks < kMostChunks ? chunks : kMostChunks;
}

// The grid of blocks over C, from the shape alone. Columns are cut first: every block of rows packs its
// panels of B anew. `square`: rather nearly square blocks, where every block of columns prepares its rows of
// A anew.
struct Grid {
  int64_t row_blocks, column_blocks;
};
template <Isa I, class T>
Grid choose_grid(int64_t m, int64_t n, int64_t k, bool square = false) {
  const int64_t wanted = wanted_chunks(m * n * (k > 0 ? k : 1));
  if (wanted == 1) return {1, 1};
  const int64_t stripes = ceil_div(m, kTileRows<I>), panels = ceil_div(n, kPanel<T>);
  Grid grid{ceil_div(m, kBlockRows), ceil_div(n, kBlockColumns)};
  while (grid.row_blocks * grid.column_blocks < wanted) {
    const int64_t high = ceil_div(stripes, grid.row_blocks), wide = ceil_div(panels, grid.column_blocks);
    if (wide > 1 && (!square || 2 * wide >= high))
      ++grid.column_blocks;
    else if (high > 1)
      ++grid.row_blocks;
    else if (wide > 1)
      ++grid.column_blocks;
    else
      break;
  }
  return grid;
}

template <class T>
PanelSource<T> plain_source(const Gemm<T>& g, bool in_place) {
  using From = typename PanelSource<T>::From;
  return {g.transpose_b ? From::columns : in_place ? From::in_place : From::rows, g.b, g.b_step, g.k};
}

// block(m0, m1, n0, n1) for every block of the grid.
template <Isa I, class T, class Block>
KERNEL_INLINE void each_block(const Gemm<T>& g, const Grid& grid, const Block& block) {
  const int64_t panels = ceil_div(g.n, kPanel<T>), stripes = ceil_div(g.m, kTileRows<I>);
  parallel_chunks(grid.row_blocks * grid.column_blocks, [&](int64_t chunk) {
    const int64_t i = chunk / grid.column_blocks, j = chunk % grid.column_blocks;
    const int64_t m0 = i * stripes / grid.row_blocks * kTileRows<I>;
    const int64_t m1 = (i + 1) * stripes / grid.row_blocks * kTileRows<I>;
    const int64_t n0 = j * panels / grid.column_blocks * kPanel<T>;
    const int64_t n1 = (j + 1) * panels / grid.column_blocks * kPanel<T>;
    block(m0, m1 < g.m ? m1 : g.m, n0, n1 < g.n ? n1 : g.n);
  });
}

// Are the factors of this product rounded?
template <Isa I, class T>
KERNEL_INLINE bool rounds(const Gemm<T>& g) {
  if constexpr (kHasPairs<I> && sizeof(T) == sizeof(float))
    return g.rounded && g.m >= kRoundedRows && g.n >= kRoundedColumns && g.k >= kRoundedDepth;
  else
    return false;
}

template <Isa I>
void multiply_rounded(const Gemm<float>& g) {
  const Workspace<BfloatPair> packed(packed_size<BfloatPair>(g.k, g.n));
  pack_matrix<I>(g.b, g.b_step, g.transpose_b, g.k, g.n, packed.data());
  const RoundedProduct<I> product{g, packed.data()};
  each_block<I>(g, choose_grid<I, float>(g.m, g.n, g.k, true),
                [&](int64_t m0, int64_t m1, int64_t n0, int64_t n1) { product.block(m0, m1, n0, n1); });
}

template <Isa I, class T>
void multiply(const Gemm<T>& g) {
  if constexpr (kHasPairs<I> && sizeof(T) == sizeof(float))
    if (rounds<I>(g)) return multiply_rounded<I>(g);
  const Grid grid = choose_grid<I, T>(g.m, g.n, g.k);
  const int64_t stripes = ceil_div(g.m, kTileRows<I>);
  const bool in_place = !g.transpose_b && (stripes <= 2 || (g.b_step == g.n && g.n <= kPanel<T>));
  const bool pack = grid.row_blocks > 2 && !in_place && g.k > 0;
  const Workspace<T> packed(pack ? packed_size<T>(g.k, g.n) : 0);
  Product<I, T> product{g, plain_source(g, in_place)};
  if (pack) {
    pack_matrix<I>(g.b, g.b_step, g.transpose_b, g.k, g.n, packed.data());
    product.source = {PanelSource<T>::From::packed, packed.data(), kPanel<T>, g.k};
  }
  each_block<I>(g, grid,
                [&](int64_t m0, int64_t m1, int64_t n0, int64_t n1) { product.block(m0, m1, n0, n1); });
}

// The product by one thread, for the chunks of a parallel loop.
template <Isa I, class T>
void multiply_alone(const Gemm<T>& g, bool rounded) {
  const auto each_row_block = [&](const auto& product) {
    for (int64_t m = 0; m < g.m; m += kBlockRows)
      product.block(m, m + kBlockRows < g.m ? m + kBlockRows : g.m, 0, g.n);
  };
  if constexpr (kHasPairs<I> && sizeof(T) == sizeof(float))
    if (rounded) {
      const Workspace<BfloatPair> packed(packed_size<BfloatPair>(g.k, g.n));
      pack_matrix<I>(g.b, g.b_step, g.transpose_b, g.k, g.n, packed.data());
      return each_row_block(RoundedProduct<I>{g, packed.data()});
    }
  each_row_block(Product<I, T>{g, plain_source(g, false)});
}

// What becomes of the sums of C(i, j ...): what was there, the bias and the activation are added.
template <class T>
KERNEL_INLINE void finish(const Gemm<T>& g, int64_t i, int64_t j, Vec<T> value, int64_t count) {
  T* const c = g.c + i * g.c_step + j;
  if (g.accumulate) value = load_partial(c, count) + value;
  if (g.bias != nullptr) value += load_partial(g.bias + j, count);
  store_partial(c, g.relu ? max(Vec<T>{}, value) : value, count);
}

// A small C from a long k: splits of k, fixed by the shape, each with a C of its own; then the splits in
// order.
template <Isa I, class T>
void multiply_split(const Gemm<T>& g) {
  const int64_t size = g.m * g.n;
  const int64_t splits = even_splits(g.k / kSplitDepth < kMostSplits ? g.k / kSplitDepth : kMostSplits);
  const Workspace<T> partial(splits * size);
  parallel_chunks(splits, [&](int64_t split) {
    const int64_t first = split * g.k / splits, end = (split + 1) * g.k / splits;
    Gemm<T> part{g.m,
                 g.n,
                 end - first,
                 g.a + first * (g.transpose_a ? g.a_step : 1),
                 g.a_step,
                 g.transpose_a,
                 g.b + first * (g.transpose_b ? 1 : g.b_step),
                 g.b_step,
                 g.transpose_b,
                 partial.data() + split * size,
                 g.n};
    multiply_alone<I>(part, rounds<I>(g));
  });
  // Rows of C: the splits in their order.
  parallel_range(g.m, items_per_chunk(splits * g.n), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      for (int64_t j = 0; j < g.n; j += kLanes<T>) {
        const int64_t count = g.n - j < kLanes<T> ? g.n - j : kLanes<T>;
        finish(g, i, j, sum_of_splits(partial.data(), splits, size, i * g.n + j, count), count);
      }
  });
}

// A C that stays in the cache while a long k passes by in slices: each row block then reads its share of B,
// and each column block its share of A, from the cache and not from memory again.
template <Isa I, class T>
void multiply_slices(const Gemm<T>& g) {
  const int64_t slices = g.k / kSliceDepth;
  for (int64_t i = 0; i < slices; ++i) {
    const int64_t first = i * g.k / slices, end = (i + 1) * g.k / slices;
    Gemm<T> slice = g;
    slice.k = end - first;
    slice.a = g.a + first * (g.transpose_a ? g.a_step : 1);
    slice.b = g.b + first * (g.transpose_b ? 1 : g.b_step);
    slice.accumulate = g.accumulate || i > 0;
    if (end < g.k) {
      slice.bias = nullptr;
      slice.relu = false;
    }
    multiply<I>(slice);
  }
}

// Where B lies transposed: is turning over A and C, to compute the transpose of C, less work than turning
// over B?
template <Isa I, class T>
bool is_better_turned(const Gemm<T>& g) {
  return g.transpose_b && !g.transpose_a && g.m >= kTurnedRows && g.n * g.k > g.m * (g.k + 2 * g.n) &&
         !rounds<I>(g);
}

// Blocks of columns of C: their transpose from rows of B, as they lie, and all of A turned over.
template <Isa I, class T>
void multiply_turned(const Gemm<T>& g) {
  const Workspace<T> packed(packed_size<T>(g.k, g.m)), turned(g.n * g.m);
  pack_matrix<I>(g.a, g.a_step, true, g.k, g.m, packed.data());
  const PanelSource<T> source{PanelSource<T>::From::packed, packed.data(), kPanel<T>, g.k};
  constexpr int64_t kStep = 4 * kTileRows<I>;  // whole tiles and whole vectors
  const int64_t block = ceil_div(g.n, wanted_chunks(g.m * g.n * g.k) * kStep) * kStep;
  parallel_range(g.n, block, [&](int64_t begin, int64_t end) {
    T* const sums = turned.data() + begin * g.m;
    const Gemm<T> part{end - begin, g.m,  g.k, g.b + begin * g.b_step, g.b_step, false, nullptr, 0,
                       false,       sums, g.m};
    Product<I, T>{part, source}.block(0, part.m, 0, part.n);
    turn_over(sums, part.m, part.n,
              [&](int64_t i, int64_t j, Vec<T> value, int64_t count)
                  __attribute__((always_inline)) { finish(g, i, begin + j, value, count); });
  });
}

// Rows of A and columns of B both lie along k.
template <class T>
void multiply_dots(const Gemm<T>& g) {
  const int64_t longer = g.m > g.n ? g.m : g.n, work = g.m * g.n * g.k;
  const int64_t grain = work < kSerialWork ? longer : ceil_div(kChunkWork / 4, ceil_div(work, longer));
  parallel_range(longer, grain, [&](int64_t begin, int64_t end) {
    if (g.m > g.n)
      dot_products(g, begin, end, 0, g.n);
    else
      dot_products(g, 0, g.m, begin, end);
  });
}

}  // namespace

template <Isa I, class T>
void gemm_cpu(const Gemm<T>& g) {
  if (g.m == 0 || g.n == 0) return;
  const bool along_k = !g.transpose_a && (g.transpose_b || (g.n == 1 && g.b_step == 1));
  if (along_k && g.k >= kLongDots * kLanes<T> && (g.m <= kFewDots || g.n <= kFewDots))
    multiply_dots(g);
  else if (g.n == 1 && g.transpose_a && g.bias == nullptr &&
           g.c_step == 1)  // a column is a row of the transpose
    gemm_cpu<I>(Gemm<T>{1, g.m, g.k, g.b, g.transpose_b ? g.b_step : 1, !g.transpose_b && g.b_step != 1, g.a,
                        g.a_step, false, g.c, g.m, g.accumulate, nullptr, g.relu});
  else if (g.k >= 2 * kSplitDepth && g.m * g.n <= kSplitSize)
    multiply_split<I>(g);
  else if (is_better_turned<I>(g))
    multiply_turned<I>(g);
  else if (g.k >= 4 * kSliceDepth && g.m * g.n <= kSliceSize)
    multiply_slices<I>(g);
  else
    multiply<I>(g);
}

template <Isa I, class T>
void gemm_alone_cpu(const Gemm<T>& g) {
  if (g.m == 0 || g.n == 0) return;
  multiply_alone<I>(g, rounds<I>(g));
}

template void gemm_cpu<kIsa, float>(const Gemm<float>&);
template void gemm_cpu<kIsa, double>(const Gemm<double>&);
template void gemm_alone_cpu<kIsa, float>(const Gemm<float>&);
template void gemm_alone_cpu<kIsa, double>(const Gemm<double>&);

}  // namespace afina
