#pragma once

#include "cpu/gemm/bfloat16.h"
#include "cpu/gemm/block.h"
#include "cpu/gemm/gemm.h"
#include "cpu/gemm/packed.h"
#include "cpu/output.h"

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

}  // namespace
}  // namespace afina
