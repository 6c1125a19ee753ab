#pragma once

#include "cpu/copy.h"
#include "cpu/gemm/bfloat16.h"
#include "cpu/gemm/block.h"
#include "cpu/gemm/gemm.h"
#include "cpu/gemm/packed.h"

// Any block of C, the product of two matrices, by the thread that calls.
namespace afina {
namespace {

constexpr int64_t kPageBytes = 4096;             // A is copied when its rows are this far apart
constexpr int64_t kCopyPanels = 4;               // ... and that many panels of B use the copy
constexpr int64_t kFarBytes = int64_t{1} << 20;  // an A of more comes from memory
constexpr int kCopySlot = 2;                     // scratch: a block of A

constexpr int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

template <class T>
constexpr bool pages_apart(int64_t step) {
  return step * static_cast<int64_t>(sizeof(T)) >= kPageBytes;
}

// Where a block of C lies, and the band of A its rows come from: in A itself, or prepared part by part of k.
template <class T>
class Band {
 public:
  Band(int64_t c_first, int64_t c_step, const T* a = nullptr, int64_t step = 0)
      : c_first_(c_first), c_step_(c_step), a_(a), step_(step) {}

  // Lay::rows: from one row to the next; columns: from one k to the next.
  int64_t step() const { return step_; }
  // What a prepared band holds of k.
  const Run* part() const { return &part_; }

  KERNEL_INLINE void place_rows(Tile<T>& tile, int64_t i, int64_t count) const {
    for (int64_t j = 0; j < count; ++j) {
      tile.row[j] = a_ + (i - begin_ + j) * step_;
      tile.c_row[j] = (c_first_ + i + j) * c_step_;
    }
  }
  KERNEL_INLINE void place_columns(Tile<T>& tile, int64_t i, int64_t count) const {
    tile.first = a_ + (i - begin_);
    tile.step = step_;
    for (int64_t j = 0; j < count; ++j) tile.c_row[j] = (c_first_ + i + j) * c_step_;
  }

  // Memory of the thread for `count` rows from `i` on and `depth` of k. Rows are kept off the same place of a
  // page, where they would fight for the same sets of the cache.
  T* prepare_rows(int64_t i, int64_t count, int64_t depth) {
    return prepare(i, count, whole_vectors(depth) + kLanes<T>, depth);
  }
  T* prepare_columns(int64_t i, int64_t count, int64_t depth) {
    return prepare(i, depth, whole_vectors(count), depth);
  }

 private:
  static int64_t whole_vectors(int64_t width) { return ceil_div(width, kLanes<T>) * kLanes<T>; }
  T* prepare(int64_t i, int64_t lines, int64_t step, int64_t depth) {
    begin_ = i;
    step_ = step;
    part_ = {0, depth};
    T* const memory =
        static_cast<T*>(thread_scratch(static_cast<size_t>(lines * step) * sizeof(T), kCopySlot));
    a_ = memory;
    return memory;
  }

  int64_t c_first_, c_step_;  // the first row of the block, and from one row of C to the next
  const T* a_;                // the element of A where row `begin_` of the block starts
  int64_t step_;
  int64_t begin_ = 0;
  Run part_{};
};

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
    if (g.transpose_a) {
      Band<T> band{m0, g.c_step, g.a + m0, g.a_step};
      product_block<I, T, Lay::columns>(
          rows, n0, n1, &run, 1, g.a_step, source, g.c, epilogue,
          [&](Tile<T>& tile, int64_t i, int64_t count) __attribute__((always_inline)) {
            band.place_columns(tile, i, count);
            if (far) tile.ahead = tile.first + kStepsAhead * tile.step;
          },
          group_panels,
          [&](const Run* part, int64_t i, int64_t count) {
            if (!copied) return part;
            T* const copy = band.prepare_columns(i, count, part->length);
            copy_block(g.a + m0 + i + part->offset, g.a_step, part->length, count, copy, band.step());
            return band.part();
          });
    } else {
      Band<T> band{m0, g.c_step, g.a + m0 * g.a_step, g.a_step};
      product_block<I, T, Lay::rows>(
          rows, n0, n1, &run, 1, 1, source, g.c, epilogue,
          [&](Tile<T>& tile, int64_t i, int64_t count) __attribute__((always_inline)) {
            band.place_rows(tile, i, count);
            if (follows) tile.ahead = tile.row[0] + count * band.step();
          },
          group_panels,
          [&](const Run* part, int64_t i, int64_t count) {
            if (!copied) return part;
            T* const copy = band.prepare_rows(i, count, part->length);
            copy_block(g.a + (m0 + i) * g.a_step + part->offset, g.a_step, count, part->length, copy,
                       band.step());
            return band.part();
          });
    }
  }

 private:
  // `lines` x `width` elements of A side by side: rows that are whole pages apart fight for the same sets of
  // the cache, and each needs its own entry of the page table.
  static void copy_block(const T* from, int64_t from_step, int64_t lines, int64_t width, T* to,
                         int64_t step) {
    for (int64_t i = 0; i < lines; ++i) copy_run(from + i * from_step, to + i * step, width);
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
    const int64_t rows = m1 - m0;
    Band<T> band{m0, g.c_step};
    const auto factors = [&](const Run& part) {
      const int64_t left = g.k - part.offset * kFactors<T>, all = part.length * kFactors<T>;
      return all < left ? all : left;
    };
    if (g.transpose_a)
      product_block<I, T, Lay::columns>(
          rows, n0, n1, &run, 1, 1, source, g.c, epilogue,
          [&](Tile<T>& tile, int64_t i, int64_t count)
              __attribute__((always_inline)) { band.place_columns(tile, i, count); },
          kGroupPanels,
          [&](const Run* part, int64_t i, int64_t count) {
            T* const pairs = band.prepare_columns(i, count, part->length);
            pair_across(g.a + m0 + i + part->offset * kFactors<T> * g.a_step, g.a_step, factors(*part), count,
                        pairs, band.step());
            return band.part();
          });
    else
      product_block<I, T, Lay::rows>(
          rows, n0, n1, &run, 1, 1, source, g.c, epilogue,
          [&](Tile<T>& tile, int64_t i, int64_t count)
              __attribute__((always_inline)) { band.place_rows(tile, i, count); },
          kGroupPanels,
          [&](const Run* part, int64_t i, int64_t count) {
            T* const pairs = band.prepare_rows(i, count, part->length);
            pair_along(g.a + (m0 + i) * g.a_step + part->offset * kFactors<T>, g.a_step, count,
                       factors(*part), pairs, band.step());
            return band.part();
          });
  }
};

}  // namespace
}  // namespace afina
