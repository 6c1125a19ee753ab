#include "cpu/gemm/gemm.h"

#include "cpu/allocator.h"
#include "cpu/gemm/block.h"
#include "cpu/parallel.h"

namespace afina {
namespace {

constexpr int64_t kSerialWork = 600'000;  // multiply-adds below which threads cost more than they bring
constexpr int64_t kChunkWork = 400'000;   // at least this much a chunk
constexpr int64_t kMostChunks = 16;  // enough to balance 8 threads; more only when blocks reach their limits
constexpr int64_t kBlockRows = 240;  // rows of a block: its part of A, 240 x kDepth, stays in the L2 cache
constexpr int64_t kBlockColumns = 1024;
constexpr int64_t kSplitDepth = 2048;  // k of one partial product when m x n alone gives too few chunks
constexpr int64_t kMostSplits = 16;
constexpr int64_t kConflictBytes = 2048;  // rows of A this far apart share their cache sets: they are copied
constexpr int64_t kCopyPanels = 4;        // ... if that many panels of B use the copy

constexpr int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

// The grid of blocks over C, from the shape alone.
struct Grid {
  int64_t row_blocks, column_blocks;
};
template <Isa I, class T>
Grid choose_grid(int64_t m, int64_t n, int64_t k) {
  const int64_t work = m * n * (k > 0 ? k : 1);
  const int64_t stripes = ceil_div(m, kTileRows<I>), panels = ceil_div(n, kPanel<T>);
  if (work < kSerialWork) return {1, 1};
  Grid grid{ceil_div(m, kBlockRows), ceil_div(n, kBlockColumns)};
  const int64_t wanted = work / kChunkWork < kMostChunks ? work / kChunkWork : kMostChunks;
  while (grid.row_blocks * grid.column_blocks < wanted) {
    const int64_t high = ceil_div(stripes, grid.row_blocks), wide = ceil_div(panels, grid.column_blocks);
    if (wide > 1 && 2 * wide >= high)
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

template <Isa I, class T>
struct Product {
  const Gemm<T>& g;
  PanelSource<T> source;
  Run run;
  bool copy_a;

  void block(int64_t m0, int64_t m1, int64_t n0, int64_t n1) const {
    const Epilogue<T> epilogue{g.accumulate, g.bias, g.relu};
    if (g.transpose_a) {
      product_block<I, T, Lay::columns>(m1 - m0, n0, n1, &run, 1, g.a_step, source, g.c, epilogue,
                                        [&](Tile<T>& tile, int64_t i, int64_t count)
                                            __attribute__((always_inline)) {
                                              tile.first = g.a + m0 + i;
                                              tile.step = g.a_step;
                                              for (int64_t j = 0; j < count; ++j)
                                                tile.c_row[j] = (m0 + i + j) * g.c_step;
                                            });
    } else {
      product_block<I, T, Lay::rows>(m1 - m0, n0, n1, &run, 1, 1, source, g.c, epilogue,
                                     [&](Tile<T>& tile, int64_t i, int64_t count)
                                         __attribute__((always_inline)) {
                                           for (int64_t j = 0; j < count; ++j) {
                                             tile.row[j] = g.a + (m0 + i + j) * g.a_step;
                                             tile.c_row[j] = (m0 + i + j) * g.c_step;
                                           }
                                         });
    }
  }
};

template <Isa I, class T>
void multiply(const Gemm<T>& g) {
  using From = typename PanelSource<T>::From;
  const Grid grid = choose_grid<I, T>(g.m, g.n, g.k);
  const int64_t panels = ceil_div(g.n, kPanel<T>), stripes = ceil_div(g.m, kTileRows<I>);
  Product<I, T> product{g, {From::rows, g.b, g.b_step, g.k}, {0, g.k}, false};
  if (g.transpose_b)
    product.source.from = From::columns;
  else if (stripes <= 2 || (g.b_step == g.n && g.n <= kPanel<T>))
    product.source.from = From::in_place;

  // B packed once for all blocks of rows, if there are several
  T* packed = nullptr;
  const size_t packed_bytes = static_cast<size_t>(panels * kPanel<T> * g.k) * sizeof(T);
  if (grid.row_blocks > 2 && product.source.from != From::in_place && g.k > 0) {
    packed = static_cast<T*>(allocate_cpu(packed_bytes));
    const PanelSource<T> from = product.source;
    parallel_range(panels, ceil_div(kChunkWork / 32, g.k * kPanel<T>), [&](int64_t begin, int64_t end) {
      for (int64_t p = begin; p < end; ++p) {
        const int64_t column = p * kPanel<T>, columns = g.n - column < kPanel<T> ? g.n - column : kPanel<T>;
        T* const panel = packed + column * g.k;
        if (from.from == From::columns)
          pack_panel_transposed(g.b + column * g.b_step, g.b_step, g.k, columns, panel);
        else
          pack_panel(g.b + column, g.b_step, g.k, columns, panel);
      }
    });
    product.source = {From::packed, packed, kPanel<T>, g.k};
  }

  parallel_chunks(grid.row_blocks * grid.column_blocks, [&](int64_t chunk) {
    const int64_t i = chunk / grid.column_blocks, j = chunk % grid.column_blocks;
    const int64_t m0 = i * stripes / grid.row_blocks * kTileRows<I>;
    const int64_t m1 = (i + 1) * stripes / grid.row_blocks * kTileRows<I>;
    const int64_t n0 = j * panels / grid.column_blocks * kPanel<T>;
    const int64_t n1 = (j + 1) * panels / grid.column_blocks * kPanel<T>;
    product.block(m0, m1 < g.m ? m1 : g.m, n0, n1 < g.n ? n1 : g.n);
  });
  if (packed != nullptr) free_cpu(packed, packed_bytes);
}

}  // namespace

template <Isa I, class T>
void gemm_cpu(const Gemm<T>& g) {
  if (g.m == 0 || g.n == 0) return;
  multiply<I>(g);
}

template void gemm_cpu<kIsa, float>(const Gemm<float>&);
template void gemm_cpu<kIsa, double>(const Gemm<double>&);

}  // namespace afina
