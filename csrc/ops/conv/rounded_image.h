#pragma once

#include "cpu/gemm/bfloat16.h"
#include "cpu/gemm/packed.h"
#include "cpu/parallel.h"
#include "cpu/workspace.h"
#include "ops/conv/conv_sizes.h"
#include "ops/conv/gathered_rows.h"

// Images whose pixels are rounded to bfloat16 for a convolution, paired along what the product sums over.
namespace afina {

// Is a convolution computed from rounded factors?  `depth` is what it sums over at each tap, `columns` its
// results at each pixel, `read` the elements that are to be rounded.
KERNEL_INLINE bool rounds_convolution(const ConvSizes& w, int64_t depth, int64_t columns, int64_t read) {
  constexpr int64_t kLeastChannels = 8;
  constexpr int64_t kLeastUses = 16;  // of each element: with fewer, rounding takes as long as it saves
  const int64_t uses = w.batch * w.out_h() * w.out_w() * w.kh() * w.kw() * depth;
  return rounds_products() && depth >= kLeastChannels && columns >= kLeastChannels && depth % 2 == 0 &&
         uses * columns * w.groups >= kLeastUses * read;
}

// The image of a convolution in pairs of channels, rounded to bfloat16.
template <Isa>
class PairedImage {
 public:
  explicit PairedImage(const float* x, int64_t pixels, int64_t channels) : words_(pixels * channels / 2) {
    parallel_range(pixels, items_per_chunk(channels), [&](int64_t begin, int64_t end) {
      pair_along(x + begin * channels, 0, 1, (end - begin) * channels, words_.data() + begin * channels / 2,
                 0);
    });
  }
  const BfloatPair* data() const { return words_.data(); }

 private:
  Workspace<BfloatPair> words_;
};

// What the gradient of a kernel reads of an image: A(window, pixel) = start[window + pixel step].
template <class T>
GatheredRows<T> windows_along_k(const WindowGrid& g, const GridBlock& block,
                                const GatheredRows<Sum<T>>& rows) {
  if constexpr (kFactors<T> == 1) {
    return rows;
  } else {  // each pixel with the one that the next window sees in its place
    constexpr int kPairSlot = 4;
    const int64_t height = g.padded_rows(block.end_row - block.first_row), width = g.padded_w() * g.channels,
                  step = g.step_w * g.channels, both = width > step ? width - step : 0;
    const int64_t images = block.end_image - block.first_image;
    T* const pairs =
        static_cast<T*>(thread_scratch(static_cast<size_t>(images * height * width) * sizeof(T), kPairSlot));
    for (int64_t n = 0; n < images; ++n)
      for (int64_t y = 0; y < height; ++y) {
        const Sum<T>* const from = rows.start + n * rows.image_step + y * rows.row_step;
        T* const to = pairs + (n * height + y) * width;
        pair_across(from, step, 2, both, to, 0);
        pair_across(from + both, 0, 1, width - both, to + both, 0);
      }
    return {pairs, height * width, width};
  }
}

// A panel of dy; the pairs of a row of windows do not reach into the next one.
template <class T>
void pack_lines(const Sum<T>* dy, int64_t dy_step, int64_t pixels, int64_t line, int64_t columns, T* panel) {
  if (line % kFactors<T> == 0) return pack_panel(dy, dy_step, pixels, columns, panel);
  for (int64_t first = 0; first < pixels; first += line, panel += words_of<T>(line) * kPanel<T>)
    pack_panel(dy + first * dy_step, dy_step, line, columns, panel);
}

}  // namespace afina
