#include "cpu/gemm/gemm.h"

#include "cpu/gemm/bfloat16.h"
#include "cpu/gemm/block.h"
#include "cpu/gemm/dot.h"
#include "cpu/gemm/packed.h"
#include "cpu/output.h"
#include "cpu/parallel.h"
#include "cpu/workspace.h"

namespace afina {
namespace {

constexpr int64_t kSerialWork = 600'000;  // multiply-adds below which threads cost more than they bring
constexpr int64_t kChunkWork = 400'000;   // at least this much a chunk
constexpr int64_t kMostChunks = 16;  // enough to balance 8 threads; more only when blocks reach their limits
constexpr int64_t kBlockRows =
    512;  // rows of a block at most: enough to make up for fetching the panels of B
constexpr int64_t kBlockColumns = 1024;
constexpr int64_t kSplitDepth = 2048;  // k of one partial product when m x n alone gives too few chunks
constexpr int64_t kMostSplits = 16;
constexpr int64_t kSplitSize = 1 << 16;  // ... which is when C has at most so many elements
constexpr int64_t kSliceDepth = 512;     // k of one product after the other when C stays in the L2 cache ...
constexpr int64_t kSliceSize = 1 << 18;  // ... because it has at most so many elements
constexpr int64_t kPageBytes = 4096;     // A is copied when its rows are this far apart
constexpr int64_t kCopyPanels = 4;       // ... and that many panels of B use the copy
constexpr int64_t kFarBytes = int64_t{1} << 20;  // an A of more comes from memory
constexpr int64_t kFewDots = 4;                  // rows or columns of C that are computed as dot products
constexpr int64_t kLongDots = 4;                 // ... of at least so many vectors
// A product that is rounded has so many rows, columns and so much depth: with less, rounding takes as long as
// it saves.
constexpr int64_t kRoundedRows = 32, kRoundedColumns = 8, kRoundedDepth = 16;
constexpr int kCopySlot = 2;  // scratch: a block of A

constexpr int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

template <class T>
constexpr bool pages_apart(int64_t step) {
  return step * static_cast<int64_t>(sizeof(T)) >= kPageBytes;
}

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

// Blocks of C, any part of k.
template <Isa I, class T>
struct Product {
  const Gemm<T>& g;
  PanelSource<T> source;

  // C[m0:m1, n0:n1]
  void block(int64_t m0, int64_t m1, int64_t n0, int64_t n1) const {
    const bool large = g.to_memory || exceeds_caches<T>(g.m * g.n);
    const Epilogue<T> epilogue{g.accumulate, g.bias, g.relu,
                               large && is_aligned(g.c) && g.c_step % kLanes<T> == 0};
    const int64_t rows = m1 - m0;
    // A B in place has two stripes at most, and the second one is to find its panel in the L1 cache.
    const bool many_stripes = rows > kTileRows<I> && source.from != PanelSource<T>::From::in_place;
    const bool copied = many_stripes && n1 - n0 >= kCopyPanels * kPanel<T> && pages_apart<T>(g.a_step);
    const bool grouped = many_stripes && (copied || pages_apart<T>(g.c_step));
    const int64_t group_panels = grouped ? kGroupPanels : 1;
    // An A that comes from memory is fetched ahead: its next columns, or the rows of the next stripe where
    // they follow without a gap.
    const bool far = !copied && (g.from_memory || g.m * g.k * static_cast<int64_t>(sizeof(T)) > kFarBytes);
    const bool follows = far && g.a_step == g.k && g.k <= kDepth + kDepth / 2;
    const Run run{0, g.k};
    Run moved;
    if (g.transpose_a) {
      const T* first = g.a + m0;
      int64_t step = g.a_step, band = 0;
      product_block<I, T, Lay::columns>(
          rows, n0, n1, &run, 1, g.a_step, source, g.c, epilogue,
          [&](Tile<T>& tile, int64_t i, int64_t count) __attribute__((always_inline)) {
            tile.first = first + (i - band);
            tile.step = step;
            if (far) tile.ahead = tile.first + kStepsAhead * step;
            for (int64_t j = 0; j < count; ++j) tile.c_row[j] = (m0 + i + j) * g.c_step;
          },
          group_panels,
          [&](const Run* part, int64_t i, int64_t count) {
            if (!copied) return part;
            band = i;
            step = (count + kLanes<T> - 1) / kLanes<T> * kLanes<T>;
            first = copy_block(g.a + m0 + i + part->offset, g.a_step, part->length, count, step);
            moved = {0, part->length};
            return static_cast<const Run*>(&moved);
          });
    } else {
      const T* first = g.a + m0 * g.a_step;
      int64_t step = g.a_step, band = 0;
      product_block<I, T, Lay::rows>(
          rows, n0, n1, &run, 1, 1, source, g.c, epilogue,
          [&](Tile<T>& tile, int64_t i, int64_t count) __attribute__((always_inline)) {
            for (int64_t j = 0; j < count; ++j) {
              tile.row[j] = first + (i - band + j) * step;
              tile.c_row[j] = (m0 + i + j) * g.c_step;
            }
            if (follows) tile.ahead = tile.row[0] + count * step;
          },
          group_panels,
          [&](const Run* part, int64_t i, int64_t count) {
            if (!copied) return part;
            band = i;
            step = (part->length + kLanes<T> - 1) / kLanes<T> * kLanes<T> + kLanes<T>;
            first = copy_block(g.a + (m0 + i) * g.a_step + part->offset, g.a_step, count, part->length, step);
            moved = {0, part->length};
            return static_cast<const Run*>(&moved);
          });
    }
  }

 private:
  // `lines` x `width` elements of A, `step` apart, side by side in memory of the thread: rows that are whole
  // pages apart fight for the same sets of the cache, and each needs its own entry of the page table.
  static const T* copy_block(const T* from, int64_t from_step, int64_t lines, int64_t width, int64_t step) {
    T* const to = static_cast<T*>(thread_scratch(static_cast<size_t>(lines * step) * sizeof(T), kCopySlot));
    for (int64_t i = 0; i < lines; ++i) {
      int64_t j = 0;
      for (; j + kLanes<T> <= width; j += kLanes<T>) store(to + i * step + j, load(from + i * from_step + j));
      if (j < width)
        store_partial(to + i * step + j, load_partial(from + i * from_step + j, width - j), width - j);
    }
    return to;
  }
};

// The same from factors rounded to bfloat16: `panels` holds all of B, A is paired block by block of k.
template <Isa I>
struct RoundedProduct {
  using T = BfloatPair;
  const Gemm<float>& g;
  const T* panels;

  void block(int64_t m0, int64_t m1, int64_t n0, int64_t n1) const {
    const PanelSource<T> source{PanelSource<T>::From::packed, panels, kPanel<T>, words_of<T>(g.k)};
    const Epilogue<T> epilogue{g.accumulate, g.bias, g.relu};
    const Run run{0, source.depth};
    Run moved;
    const int64_t rows = m1 - m0;
    const T* first = nullptr;
    int64_t step = 0, band = 0;
    // What a band takes of A in a block of k: `lines` lines of words.
    const auto room = [&](int64_t lines) {
      first = static_cast<T*>(thread_scratch(static_cast<size_t>(lines * step) * sizeof(T), kCopySlot));
      return const_cast<T*>(first);
    };
    const auto factors = [&](const Run& part) {
      const int64_t left = g.k - part.offset * kFactors<T>, all = part.length * kFactors<T>;
      return all < left ? all : left;
    };
    if (g.transpose_a)
      product_block<I, T, Lay::columns>(
          rows, n0, n1, &run, 1, 1, source, g.c, epilogue,
          [&](Tile<T>& tile, int64_t i, int64_t count) __attribute__((always_inline)) {
            tile.first = first + (i - band);
            tile.step = step;
            for (int64_t j = 0; j < count; ++j) tile.c_row[j] = (m0 + i + j) * g.c_step;
          },
          kGroupPanels,
          [&](const Run* part, int64_t i, int64_t count) {
            band = i;
            step = (count + kLanes<T> - 1) / kLanes<T> * kLanes<T>;
            pair_across(g.a + m0 + i + part->offset * kFactors<T> * g.a_step, g.a_step, factors(*part), count,
                        room(part->length), step);
            moved = {0, part->length};
            return static_cast<const Run*>(&moved);
          });
    else
      product_block<I, T, Lay::rows>(
          rows, n0, n1, &run, 1, 1, source, g.c, epilogue,
          [&](Tile<T>& tile, int64_t i, int64_t count) __attribute__((always_inline)) {
            for (int64_t j = 0; j < count; ++j) {
              tile.row[j] = first + (i - band + j) * step;
              tile.c_row[j] = (m0 + i + j) * g.c_step;
            }
          },
          kGroupPanels,
          [&](const Run* part, int64_t i, int64_t count) {
            band = i;
            step = (part->length + kLanes<T> - 1) / kLanes<T> * kLanes<T> + kLanes<T>;
            pair_along(g.a + (m0 + i) * g.a_step + part->offset * kFactors<T>, g.a_step, count,
                       factors(*part), room(count), step);
            moved = {0, part->length};
            return static_cast<const Run*>(&moved);
          });
  }
};

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
  each_block<I>(g, choose_grid<I, float>(g.m, g.n, g.k),
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

// A small C from a long k: splits of k, fixed by the shape, each with a C of its own; then the splits in
// order.
template <Isa I, class T>
void multiply_split(const Gemm<T>& g) {
  const int64_t splits = g.k / kSplitDepth < kMostSplits ? g.k / kSplitDepth : kMostSplits, size = g.m * g.n;
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
  // Rows of C: what was there, the splits in order, the bias and the activation.
  parallel_range(g.m, items_per_chunk(splits * g.n), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      for (int64_t j = 0; j < g.n; j += kLanes<T>) {
        const int64_t count = g.n - j < kLanes<T> ? g.n - j : kLanes<T>;
        T* const c = g.c + i * g.c_step + j;
        Vec<T> value = g.accumulate ? load_partial(c, count) : Vec<T>{};
        for (int64_t split = 0; split < splits; ++split)
          value += load_partial(partial.data() + split * size + i * g.n + j, count);
        if (g.bias != nullptr) value += load_partial(g.bias + j, count);
        store_partial(c, g.relu ? max(Vec<T>{}, value) : value, count);
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
