#pragma once

#include "cpu/gemm/block.h"
#include "cpu/output.h"
#include "cpu/parallel.h"
#include "ops/conv/gathered_rows.h"

// A convolution as one matrix product whose rows of A are windows: pointers into the (padded) image, no copy
// of every window.  The forward pass and the gradient of the image are both one.
namespace afina {

inline constexpr int kTableSlot = 1;  // scratch: where the pixels of a block are

struct Tap {
  int64_t row, column;  // from the start of the window
};

// out(pixel, j) = act(bias[j] + sum over taps t and k < depth of image(window + t, k) B(t depth + k, j)), for
// each group of `depth` image channels and `columns` output channels.  Pairs of channels count as one.
template <class T>
struct WindowedProduct {
  WindowGrid grid;
  const T* image;
  const Tap* taps;
  int64_t tap_count;
  int64_t groups, depth, columns;
  const T* packed;  // B of each group as panels
  Sum<T>* out;      // pixel (n, y, x) of the grid: out + n image_step + y row_step + x pixel_step
  int64_t image_step, row_step, pixel_step;
  const Sum<T>* bias;
  bool relu;

  // Is the result better written past the caches, and can it be?
  KERNEL_INLINE bool past_caches() const {
    const int64_t pixels = grid.batch * grid.grid_h * grid.grid_w;
    return exceeds_caches<Sum<T>>(pixels * groups * columns) && is_aligned(out) &&
           (image_step | row_step | pixel_step | columns) % kLanes<Sum<T>> == 0;
  }
  int64_t panels() const { return (columns + kPanel<T> - 1) / kPanel<T>; }
  int64_t group_size() const { return panels() * kPanel<T> * tap_count * depth; }
};

// pack(group, column, count, panel) for every panel of B.
template <class T, class Pack>
KERNEL_INLINE void pack_groups(const WindowedProduct<T>& p, T* packed, const Pack& pack) {
  constexpr int64_t kPackGrain = 16384;  // elements a chunk
  const int64_t panel_size = p.tap_count * p.depth * kPanel<T>, panels = p.panels();
  parallel_range(p.groups * panels, kPackGrain / (panel_size + 1) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t column = i % panels * kPanel<T>;
      pack(i / panels, column, p.columns - column < kPanel<T> ? p.columns - column : kPanel<T>,
           packed + i * panel_size);
    }
  });
}

// The runs of k: a tap each, or several where they lie one after the other.
template <class T>
KERNEL_INLINE int64_t list_runs(const WindowedProduct<T>& p, int64_t row_step, Run* runs) {
  int64_t count = 0;
  for (int64_t t = 0; t < p.tap_count; ++t) {
    const int64_t offset = p.taps[t].row * row_step + p.taps[t].column * p.grid.channels;
    if (count > 0 && runs[count - 1].offset + runs[count - 1].length == offset)
      runs[count - 1].length += p.depth;
    else
      runs[count++] = {offset, p.depth};
  }
  return count;
}

template <Isa I, class T>
KERNEL_INLINE void windowed_product(const WindowedProduct<T>& p) {
  const WindowGrid& g = p.grid;
  const GridBlocks blocks(g, g.channels * static_cast<int64_t>(sizeof(T)));
  const bool past_caches = p.past_caches();
  parallel_chunks(blocks.count(), [&](int64_t number) {
    const GridBlock block(g, blocks, number);
    const GatheredRows<T> rows = gather_rows(g, block, p.image);
    const int64_t pixels = block.pixels(g);

    // 1. where each pixel's window starts, and where its result goes
    const auto table_bytes = static_cast<size_t>(pixels) * (sizeof(T*) + sizeof(int64_t));
    char* const table = static_cast<char*>(
        thread_scratch(table_bytes + static_cast<size_t>(p.tap_count) * sizeof(Run), kTableSlot));
    auto* const window = reinterpret_cast<const T**>(table);
    auto* const place = reinterpret_cast<int64_t*>(window + pixels);
    int64_t m = 0;
    for (int64_t n = 0; n < block.end_image - block.first_image; ++n)
      for (int64_t y = 0; y < block.end_row - block.first_row; ++y)
        for (int64_t x = 0; x < g.grid_w; ++x, ++m) {
          window[m] =
              rows.start + n * rows.image_step + y * g.step_h * rows.row_step + x * g.step_w * g.channels;
          place[m] =
              (block.first_image + n) * p.image_step + (block.first_row + y) * p.row_step + x * p.pixel_step;
        }

    // 2. a product for each group
    Run* const runs = reinterpret_cast<Run*>(place + pixels);
    const int64_t run_count = list_runs(p, rows.row_step, runs);
    for (int64_t group = 0; group < p.groups; ++group) {
      const PanelSource<T> source{PanelSource<T>::From::packed, p.packed + group * p.group_size(), kPanel<T>,
                                  p.tap_count * p.depth};
      const Epilogue<T> epilogue{false, p.bias != nullptr ? p.bias + group * p.columns : nullptr, p.relu,
                                 past_caches};
      product_block<I, T, Lay::rows>(
          pixels, 0, p.columns, runs, run_count, 1, source, p.out + group * p.columns, epilogue,
          [&](Tile<T>& tile, int64_t i, int64_t count) __attribute__((always_inline)) {
            for (int64_t j = 0; j < count; ++j) {
              tile.row[j] = window[i + j] + group * p.depth;
              tile.c_row[j] = place[i + j];
            }
          });
    }
  });
}

}  // namespace afina
