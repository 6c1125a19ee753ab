#pragma once

#include "cpu/gemm/panels.h"
#include "cpu/scratch.h"

// A block of C, the share of one thread: groups of panels of B one after the other, for each all stripes of
// rows, a block of k at a time.  A group of one panel stays in the L1 cache while the stripes pass by; one of
// kGroupPanels stays in the L2 cache, and each stripe of A in the L1 cache.
namespace afina {

inline constexpr int kPanelSlot = 3;    // scratch: a group of panels of B
inline constexpr int64_t kDepth = 256;  // k of one block: a panel (256 x 2 vectors), 32 KB, fits the L1 cache
inline constexpr int64_t kGroupPanels = 12;  // 384 KB
inline constexpr int64_t kMostRuns = 64;     // runs handed to one tile

// Where the block's part of B comes from.
template <class T>
struct PanelSource {
  enum class From { packed, in_place, rows, columns } from;
  const T* b;     // packed: all panels, `depth` long each; else B(0, 0)
  int64_t step;   // in_place, rows: B(k, j) = b[k * step + j]; columns: b[j * step + k]
  int64_t depth;  // length of all runs
};

// The part of a panel that belongs to one block of k: where it is, and its step.
template <class T>
struct PanelView {
  const T* b;
  int64_t step;
};

// A group of panels in one block of k.  Those that do not lie in memory as tiles want them are packed.
template <class T>
class PanelGroup {
  using From = typename PanelSource<T>::From;

 public:
  // kept: packed panels are for several stripes; otherwise one takes the place of the other.
  KERNEL_INLINE PanelGroup(const PanelSource<T>& source, int64_t first_column, int64_t end_column,
                           int64_t first, int64_t length, bool kept)
      : source_(source), first_column_(first_column), first_(first), length_(length), kept_(kept) {
    const int64_t panels = kept ? (end_column - first_column + kPanel<T> - 1) / kPanel<T> : 1;
    if (source.from != From::packed)
      scratch_ = static_cast<T*>(
          thread_scratch(static_cast<size_t>(panels * length * kPanel<T>) * sizeof(T), kPanelSlot));
  }

  // Where the panel is packed to.
  KERNEL_INLINE T* room(int64_t column) const {
    return kept_ ? scratch_ + (column - first_column_) * length_ : scratch_;
  }
  // Rows of B where they lie.
  KERNEL_INLINE PanelView<T> plain(int64_t column) const {
    return {source_.b + first_ * source_.step + column, source_.step};
  }

  // Packs the panel, if need be.
  KERNEL_INLINE void make(int64_t column, int64_t columns) const {
    if (source_.from == From::packed || lies_well(columns)) return;
    if (source_.from == From::columns)
      pack_panel_transposed(source_.b + column * source_.step + first_, source_.step, length_, columns,
                            room(column));
    else
      pack_panel(plain(column).b, source_.step, length_, columns, room(column));
  }
  KERNEL_INLINE PanelView<T> made(int64_t column, int64_t columns) const {
    if (source_.from == From::packed)
      return {source_.b + (column / kPanel<T> * source_.depth + first_) * kPanel<T>, kPanel<T>};
    return lies_well(columns) ? plain(column) : PanelView<T>{room(column), kPanel<T>};
  }

 private:
  KERNEL_INLINE bool lies_well(int64_t columns) const {
    return source_.from == From::in_place && columns % kLanes<T> == 0;
  }

  const PanelSource<T>& source_;
  int64_t first_column_, first_, length_;
  bool kept_;
  T* scratch_ = nullptr;
};

template <class T>
struct Epilogue {
  bool accumulate = false;
  const Sum<T>* bias = nullptr;
  bool relu = false;
  bool past_caches = false;  // see Tile
};

// Stripes whose rows of A are prepared together. Columns of A lie side by side in its rows: a few stripes of
// them make whole cache lines.
template <Lay lay>
inline constexpr int64_t kBandStripes = lay == Lay::rows ? 1 : 4;

// A band as it lies.
struct NoPreparation {
  const Run* operator()(const Run* runs, int64_t, int64_t) const { return runs; }
};

// C[rows x columns [first_column, end_column)] from `runs`, in which k_step is the distance in A from k to k
// + 1. place(tile, i, count) fills in where rows [i, i + count) of A and C are (c_row from `c`, which points
// at column 0), and may say what of A to fetch ahead.
// group_panels: how many panels of B a stripe passes at a time: kGroupPanels where `prepare` copies A, which
// is done once for each group, and where rows of C are pages apart, whose tiles then use a page one after
// another. prepare(runs, i, count) may copy rows [i, i + count) of A in a block of k to a better place before
// they are used; it returns where the runs are in the copy.
template <Isa I, class T, Lay lay, class Place, class Prepare = NoPreparation>
KERNEL_INLINE void product_block(int64_t rows, int64_t first_column, int64_t end_column, const Run* runs,
                                 int64_t run_count, int64_t k_step, const PanelSource<T>& source, Sum<T>* c,
                                 const Epilogue<T>& epilogue, const Place& place, int64_t group_panels = 1,
                                 const Prepare& prepare = {}) {
  using From = typename PanelSource<T>::From;
  const TileTable<T>& table = tile_table<I, T>();
  const int64_t stripes = (rows + kTileRows<I> - 1) / kTileRows<I>;
  const int64_t panels = (end_column - first_column + kPanel<T> - 1) / kPanel<T>;
  const int64_t groups = stripes == 1 ? 1 : (panels + group_panels - 1) / group_panels;
  const auto stripe_begin = [&](int64_t s) { return s * rows / stripes; };  // of (nearly) equal height
  const auto group_begin = [&](int64_t g) {
    const int64_t column = first_column + g * panels / groups * kPanel<T>;
    return column < end_column ? column : end_column;
  };
  const bool wide_tiles = source.from == From::in_place && stripes == 1 && rows <= kWideRows<I>;
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

    // 2. every group of panels, and beside it every stripe of rows
    Tile<T> tile;
    tile.run_count = part_count;
    tile.accumulate = epilogue.accumulate || first > 0;
    tile.relu = final && epilogue.relu;
    tile.past_caches = final && !tile.accumulate && epilogue.past_caches;
    for (int64_t group = 0; group < groups; ++group) {
      const int64_t begin = group_begin(group), end = group_begin(group + 1);
      const PanelGroup<T> panel(source, begin, end, first, length, stripes > 1);
      for (int64_t s = 0; s < stripes; ++s) {
        const int64_t i = stripe_begin(s), count = stripe_begin(s + 1) - i;
        if (s % kBandStripes<lay> == 0) {
          const int64_t last = s + kBandStripes<lay> < stripes ? s + kBandStripes<lay> : stripes;
          tile.runs = prepare(part, i, stripe_begin(last) - i);
        }
        tile.ahead = nullptr;
        place(tile, i, count);
        for (int64_t column = begin; column < end;) {
          const int64_t left = end - column;
          const bool wide = wide_tiles && left >= 2 * kPanel<T>;
          const int64_t columns = wide ? 2 * kPanel<T> : left < kPanel<T> ? left : kPanel<T>;
          const int64_t vectors = (columns + kLanes<T> - 1) / kLanes<T>;
          // Rows of B are packed by the first stripe's product, which reads them where they lie.
          const bool packs = s == 0 && stripes > 1 && source.from == From::rows && columns == kPanel<T>;
          if (s == 0 && !packs) panel.make(column, columns);
          const PanelView<T> view = packs ? panel.plain(column) : panel.made(column, columns);
          tile.b = view.b;
          tile.b_step = view.step;
          tile.c = c + column;
          tile.last = columns - (vectors - 1) * kLanes<T>;
          tile.bias = final && epilogue.bias != nullptr ? epilogue.bias + column : nullptr;
          constexpr int kLay = static_cast<int>(lay);
          TileProduct<T> product = table.product[kLay][wide ? 2 : vectors - 1][count];
          if (packs) {
            tile.panel = panel.room(column);
            product = table.packing[kLay][count];
          } else if (tile.ahead != nullptr && !wide && table.fetching[kLay][vectors - 1][count] != nullptr) {
            product = table.fetching[kLay][vectors - 1][count];
          }
          product(tile);
          column += columns;
        }
      }
    }
    first += length;
  } while (r < run_count);
}

}  // namespace afina
