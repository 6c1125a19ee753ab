#pragma once

#include "cpu/gemm/panels.h"
#include "cpu/scratch.h"

// A block of C, the share of one thread: panels of B one after the other, for each all stripes of rows.
namespace afina {

inline constexpr int kPanelSlot = 3;  // scratch: one panel of B
inline constexpr int64_t kDepth =
    256;  // k of one block: a panel (256 x 2 vectors) fills two thirds of the L1 cache
inline constexpr int64_t kMostRuns = 64;  // runs handed to one tile

// Where the block's part of B comes from.
template <class T>
struct PanelSource {
  enum class From { packed, in_place, rows, columns } from;
  const T* b;     // packed: all panels, `depth` long each; else B(0, 0)
  int64_t step;   // in_place, rows: B(k, j) = b[k * step + j]; columns: b[j * step + k]
  int64_t depth;  // length of all runs
};

template <class T>
KERNEL_INLINE T* panel_scratch(int64_t length) {
  return static_cast<T*>(thread_scratch(static_cast<size_t>(length * kPanel<T>) * sizeof(T), kPanelSlot));
}

// The part of a panel that belongs to k in [first, first + length): where it is, and its step.
template <class T>
struct PanelView {
  const T* b;
  int64_t step;
};
template <class T>
KERNEL_INLINE PanelView<T> view_panel(const PanelSource<T>& source, int64_t column, int64_t columns,
                                      int64_t first, int64_t length) {
  using From = typename PanelSource<T>::From;
  if (source.from == From::packed)
    return {source.b + (column / kPanel<T> * source.depth + first) * kPanel<T>, kPanel<T>};
  if (source.from == From::in_place && columns % kLanes<T> == 0)
    return {source.b + first * source.step + column, source.step};
  T* const panel = panel_scratch<T>(length);
  if (source.from == From::columns)
    pack_panel_transposed(source.b + column * source.step + first, source.step, length, columns, panel);
  else
    pack_panel(source.b + first * source.step + column, source.step, length, columns, panel);
  return {panel, kPanel<T>};
}

template <class T>
struct Epilogue {
  bool accumulate = false;
  const Sum<T>* bias = nullptr;
  bool relu = false;
};

// What product_block calls before each block of k, unless told otherwise: nothing.
struct NoPreparation {
  void operator()(Run*, int64_t) const {}
};

// C[rows x columns [first_column, end_column)] from `runs`, in which k_step is the distance in A from k to k
// + 1. place(tile, i, count) fills in where rows [i, i + count) of A and C are (c_row from `c`, which points
// at column 0).
// prepare(runs, count) may move the runs of a block of k to a copy of A first.
template <Isa I, class T, Lay lay, class Place, class Prepare = NoPreparation>
KERNEL_INLINE void product_block(int64_t rows, int64_t first_column, int64_t end_column, const Run* runs,
                                 int64_t run_count, int64_t k_step, const PanelSource<T>& source, Sum<T>* c,
                                 const Epilogue<T>& epilogue, const Place& place,
                                 const Prepare& prepare = {}) {
  const TileTable<T>& table = tile_table<I, T>();
  const int64_t stripes = (rows + kTileRows<I> - 1) / kTileRows<I>;
  const bool in_place = source.from == PanelSource<T>::From::in_place;
  Run part[kMostRuns];
  int64_t r = 0, used = 0, first = 0;  // next run, how much of it is done, k so far
  do {
    // 1. the next block of k: whole runs until there are kDepth, or a piece of a long one
    int64_t part_count = 0, length = 0;
    while (r < run_count && part_count < kMostRuns && length < kDepth) {
      const int64_t left = runs[r].length - used;
      const int64_t pieces = left <= kDepth + kDepth / 2 ? 1 : (left + kDepth - 1) / kDepth;
      const int64_t piece = pieces > 1 ? (left / pieces + 3) / 4 * 4 : left;
      if (length > 0 && length + piece > kDepth + kDepth / 2) break;
      part[part_count++] = {runs[r].offset + used * k_step, piece};
      length += piece;
      used += piece;
      if (used == runs[r].length) {
        ++r;
        used = 0;
      }
    }
    const bool final = r == run_count;
    prepare(part, part_count);

    // 2. every panel of B, and under it every stripe of rows
    Tile<T> tile;
    tile.runs = part;
    tile.run_count = part_count;
    tile.accumulate = epilogue.accumulate || first > 0;
    tile.relu = final && epilogue.relu;
    for (int64_t column = first_column; column < end_column;) {
      const int64_t left = end_column - column;
      const bool wide = in_place && stripes == 1 && rows <= kWideRows<I> && left >= 2 * kPanel<T>;
      const int64_t columns = wide ? 2 * kPanel<T> : left < kPanel<T> ? left : kPanel<T>;
      const int64_t vectors = (columns + kLanes<T> - 1) / kLanes<T>;
      const int64_t width = wide ? 2 : vectors - 1;
      // Rows of B are packed by the first stripe's product, which reads them where they lie.
      const bool packs = source.from == PanelSource<T>::From::rows && columns == kPanel<T> && stripes > 1;
      const PanelView<T> view = packs ? PanelView<T>{source.b + first * source.step + column, source.step}
                                      : view_panel(source, column, columns, first, length);
      tile.b = view.b;
      tile.b_step = view.step;
      tile.c = c + column;
      tile.last = columns - (vectors - 1) * kLanes<T>;
      tile.bias = final && epilogue.bias != nullptr ? epilogue.bias + column : nullptr;
      for (int64_t s = 0, i = 0; s < stripes; ++s) {
        const int64_t count = (rows - i) / (stripes - s);  // stripes of (nearly) equal height
        place(tile, i, count);
        if (packs && s == 0) {
          tile.panel = panel_scratch<T>(length);
          table.packing[static_cast<int>(lay)][count](tile);
          tile.b = tile.panel;
          tile.b_step = kPanel<T>;
        } else {
          table.product[static_cast<int>(lay)][width][count](tile);
        }
        i += count;
      }
      column += columns;
    }
    first += length;
  } while (r < run_count);
}

}  // namespace afina
