#pragma once

#include "ops/conv/channel_sums.h"
#include "ops/conv/depthwise_bands.h"
#include "ops/pool/channel_blocks.h"

// Both gradients of the convolution by windows of K x K taps that are S pixels apart, from one walk over dz:
//   dx[i] = sum over the taps t of dz[(i - t) / S] kernel[t],   dkernel[t] += x[i] dz[(i - t) / S].
// S x S pixels make a block, so that the compiler knows which taps lie on which: pixel r of block a, on
// either axis, is under the taps r, r + S, ... of the windows a, a - 1, ...
namespace afina {
namespace {

template <int K, int S>
inline constexpr int kBlockWindows = (K + S - 1) / S;  // that look at a block, on one axis

// The blocks of an axis: block a is the pixels [a S - before, + S), some of which may lie outside.
template <int S>
struct PixelBlocks {
  int64_t input, output, before;

  KERNEL_INLINE explicit PixelBlocks(const WindowAxis& axis)
      : input(axis.input), output(axis.output), before(axis.before) {}
  KERNEL_INLINE int64_t first_pixel(int64_t block) const { return block * S - before; }
  KERNEL_INLINE Span all() const { return {before / S, (input - 1 + before) / S + 1}; }

  // Of the block's pixels, and of the windows a, a - 1, ... that look at it, those that exist.
  KERNEL_INLINE Span pixels(int64_t block) const {
    const int64_t first = first_pixel(block);
    return within({0, S}, {-first, input - first});
  }
  template <int kWindows>
  KERNEL_INLINE Span windows(int64_t block) const {
    return within({0, kWindows}, {block - output + 1, block + 1});
  }

  // The blocks that have all of both.
  template <int kWindows>
  KERNEL_INLINE Span whole() const {
    const int64_t begin = (before + S - 1) / S, end = (input + before) / S;
    return within(all(), {begin > kWindows - 1 ? begin : kWindows - 1, end < output ? end : output});
  }
};

// A band of one vector of channels; pointers are those of the image and of its first of these channels.
template <class T>
struct PixelBand {
  const T *x, *dz, *kernel;
  T* dx;
  bool past_caches;  // dx is too large for them
  T* sums;
  const T* zeros;
  T* spare;
  int64_t channels;
  WindowAxis rows, columns;
  Span band;  // of rows of blocks
  NextBand next_x, next_dx, next_dz;
};

// The rows of one row of blocks: S of pixels, and those of the windows a, a - 1, ...
template <class T, int K, int S>
struct BlockRow {
  const T *x[S], *dz[kBlockWindows<K, S>];
  T* dx[S];
  bool past_caches;

  KERNEL_INLINE BlockRow(const PixelBand<T>& b, int64_t a) : past_caches(b.past_caches) {
    const int64_t first = PixelBlocks<S>(b.rows).first_pixel(a), row_size = b.columns.input * b.channels;
#pragma GCC unroll 8
    for (int r = 0; r < S; ++r) {
      x[r] = row_or(b.x, first + r, b.rows.input, row_size, b.zeros);
      dx[r] = row_or(b.dx, first + r, b.rows.input, row_size, b.spare);
    }
#pragma GCC unroll 8
    for (int m = 0; m < kBlockWindows<K, S>; ++m)
      dz[m] = row_or(b.dz, a - m, b.rows.output, b.columns.output * b.channels, b.zeros);
  }
};

// One block: its pixels' gradients, and what its pixels bring to the kernel's.  Its first pixel is `at`
// elements into the rows of x, its last window `dz_at` elements into those of dz.
template <class T, int K, int S, class Lanes, class Pixels, class Windows>
KERNEL_INLINE void block_grads(const Taps<T, K>& kernel, Taps<T, K>& sums, const BlockRow<T, K, S>& row,
                               int64_t at, int64_t dz_at, int64_t channels, Lanes lanes, Pixels, Windows) {
  for_pairs<S, Pixels::end - Pixels::begin>([&](int r, int j) __attribute__((always_inline)) {
    const int s = Pixels::begin + j;
    const Vec<T> pixel = lanes.load(row.x[r] + at + s * channels);
    Vec<T> grad{};
    for_pairs<Windows::end - Windows::begin, kBlockWindows<K, S>>(
        [&](int k, int m) __attribute__((always_inline)) {
          const int n = Windows::begin + k, down = r + m * S, across = s + n * S;
          if (down >= K || across >= K) return;
          const Vec<T> d = lanes.load(row.dz[m] + dz_at - n * channels);
          grad += kernel.at[down][across] * d;
          sums.at[down][across] += pixel * d;
        });
    lanes.store(row.dx[r] + at + s * channels, grad, row.past_caches);
  });
}

template <class T, int K, int S, class Lanes>
[[gnu::noinline]] static void band_grads(const PixelBand<T>& b, Lanes lanes) {
  constexpr int kWindows = kBlockWindows<K, S>;
  const int64_t channels = b.channels;
  const PixelBlocks<S> columns(b.columns);
  const Span all = columns.all(), whole = columns.template whole<kWindows>();
  NextBand next_x = b.next_x, next_dx = b.next_dx, next_dz = b.next_dz;

  Taps<T, K> kernel, sums;
  for_pairs<K, K>([&](int r, int s) __attribute__((always_inline)) {
    kernel.at[r][s] = lanes.load(b.kernel + (r * K + s) * channels);
    sums.at[r][s] = Vec<T>{};
  });

  for (int64_t a = b.band.begin; a < b.band.end; ++a) {
    const BlockRow<T, K, S> row(b, a);
    const auto block = [&](int64_t i, auto pixels, auto windows) __attribute__((always_inline)) {
      block_grads<T, K, S>(kernel, sums, row, columns.first_pixel(i) * channels, i * channels, channels,
                           lanes, pixels, windows);
    };
    for (int64_t i = all.begin; i < all.end; ++i) {
      next_x.template fetch<S * S>();
      if (!row.past_caches) next_dx.template fetch<S * S>();
      next_dz.template fetch<1>();
      const int64_t near = columns.first_pixel(i + kNear);
      for_pairs<S, S>([&](int r, int s) __attribute__((always_inline)) {
        __builtin_prefetch(row.x[r] + (near + s) * channels);
        if (!row.past_caches) __builtin_prefetch(row.dx[r] + (near + s) * channels, 1);
      });
      __builtin_prefetch(row.dz[0] + (i + kNear) * channels);
      if (whole.begin <= i && i < whole.end)
        block(i, KnownSpan<0, S>{}, KnownSpan<0, kWindows>{});
      else
        with_known_span<S>(columns.pixels(i), [&](auto pixels) __attribute__((always_inline)) {
          with_known_span<kWindows>(columns.template windows<kWindows>(i),
                                    [&](auto windows)
                                        __attribute__((always_inline)) { block(i, pixels, windows); });
        });
    }
  }

  for_pairs<K, K>([&](int r, int s) __attribute__((always_inline)) {
    T* const to = b.sums + (r * K + s) * channels;
    lanes.store(to, lanes.load(to) + sums.at[r][s]);
  });
}

template <class T, int K, int S>
KERNEL_INLINE void grads_by_bands(const T* x, const T* dz, const T* kernel, T* dx, T* dkernel, int64_t images,
                                  int64_t channels, const Window& window) {
  const WindowAxis rows = window.rows, columns = window.columns;
  const PixelBlocks<S> down(rows);
  const int64_t first_block = down.all().begin, row_size = columns.input * channels,
                out_row_size = columns.output * channels;
  const Bands bands(images, down.all().end - first_block, S * columns.input);
  const SumChunks chunks(bands.count, bands.height * S * row_size, K * K * channels);
  const bool past_caches = exceeds_caches<T>(images * rows.input * row_size);

  sum_in_chunks(chunks, K * K * channels, dkernel, [=](int64_t first, int64_t last, T* sums) {
    const T* const zeros = zero_row<T>(row_size, 0);
    T* const spare = zero_row<T>(row_size, 1);
    for (int64_t i = first; i < last; ++i) {
      const Span part = bands.of(i), band{first_block + part.begin, first_block + part.end};
      const int64_t height = band.end - band.begin;
      const int64_t image = bands.image(i) * rows.input * row_size,
                    out = bands.image(i) * rows.output * out_row_size;
      const int64_t next = image + down.first_pixel(band.end) * row_size, size = height * S * row_size;
      for_channels_once<T>(channels, [&](int64_t c, auto lanes) __attribute__((always_inline)) {
        band_grads<T, K, S>(
            {x + image + c, dz + out + c, kernel + c, dx + image + c, past_caches, sums + c, zeros + c,
             spare + c, channels, rows, columns, band, NextBand(x + next, size, c, channels),
             NextBand(dx + next, size, c, channels),
             NextBand(dz + out + band.end * out_row_size, height * out_row_size, c, channels)},
            lanes);
      });
    }
  });
}

}  // namespace
}  // namespace afina
