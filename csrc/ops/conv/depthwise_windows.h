#pragma once

#include "cpu/parallel.h"
#include "ops/conv/depthwise_bands.h"
#include "ops/pool/channel_blocks.h"

// The convolution itself by windows of K x K taps that are S pixels apart, in bands of rows of windows.
namespace afina {
namespace {

// A band of one vector of channels; pointers are those of the image and of its first of these channels.
template <class T>
struct WindowBand {
  const T *x, *kernel;
  int64_t tap_step;  // from tap to tap, which may run backwards
  const T* bias;     // or null
  bool relu;
  T* y;
  bool past_caches;  // y is too large for them
  const T* zeros;
  int64_t channels;
  WindowAxis rows, columns;
  Span band;
  NextBand next_x, next_y;
};

// sum + the products of the window whose first column is `at` elements into the rows of the image, over the
// columns [kBegin, kEnd) of taps.
template <class T, int K, class Lanes, int kBegin, int kEnd>
KERNEL_INLINE Vec<T> window_sum(const Taps<T, K>& kernel, Vec<T> sum, const T* const (&row)[K], int64_t at,
                                int64_t channels, Lanes lanes, KnownSpan<kBegin, kEnd>) {
  for_pairs<kEnd - kBegin, K>([&](int j, int r) __attribute__((always_inline)) {
    const int s = kBegin + j;
    sum += kernel.at[r][s] * lanes.load(row[r] + at + s * channels);
  });
  return sum;
}

template <class T, int K, int S, class Lanes>
[[gnu::noinline]] static void correlate_band(const WindowBand<T>& b, Lanes lanes) {
  const int64_t channels = b.channels, row_size = b.columns.input * channels;
  // The sizes that the compiler knows are given by it, so that it divides by nothing.
  const WindowAxis columns{b.columns.input, K, S, 1, b.columns.before, b.columns.after, b.columns.output};
  const Span inside = within({0, columns.output}, columns.outputs_inside());
  const bool relu = b.relu, past_caches = b.past_caches;
  NextBand next_x = b.next_x, next_y = b.next_y;

  const Vec<T> bias = b.bias != nullptr ? lanes.load(b.bias) : Vec<T>{};
  Taps<T, K> kernel;
  for_pairs<K, K>([&](int r, int s) __attribute__((always_inline)) {
    kernel.at[r][s] = lanes.load(b.kernel + (r * K + s) * b.tap_step);
  });

  for (int64_t oy = b.band.begin; oy < b.band.end; ++oy) {
    const T* row[K];
#pragma GCC unroll 8
    for (int r = 0; r < K; ++r)
      row[r] = row_or(b.x, oy * S - b.rows.before + r, b.rows.input, row_size, b.zeros);
    T* const y = b.y + oy * columns.output * channels;

    const auto window = [&](int64_t ox, auto taps) __attribute__((always_inline)) {
      const Vec<T> sum =
          window_sum<T, K>(kernel, bias, row, columns.origin(ox) * channels, channels, lanes, taps);
      lanes.store(y + ox * channels, relu ? select(Vec<T>{} > sum, Vec<T>{}, sum) : sum, past_caches);
    };
    for (int64_t ox = 0; ox < columns.output; ++ox) {
      next_x.template fetch<S * S>();
      for_pairs<S, S>([&](int i, int j) __attribute__((always_inline)) {
        __builtin_prefetch(row[K - S + i] + (columns.origin(ox + kNear) + K - S + j) * channels);
      });
      if (!past_caches) {
        next_y.template fetch<1>();
        __builtin_prefetch(y + (ox + kNear) * channels, 1);
      }
      if (inside.begin <= ox && ox < inside.end)
        window(ox, KnownSpan<0, K>{});
      else
        with_known_span<K>(columns.taps_inside(ox),
                           [&](auto taps) __attribute__((always_inline)) { window(ox, taps); });
    }
  }
}

template <class T, int K, int S>
KERNEL_INLINE void correlate_bands(const T* x, const T* kernel, int64_t tap_step, const T* bias, bool relu,
                                   T* y, int64_t images, int64_t channels, const Window& window) {
  const WindowAxis rows = window.rows, columns = window.columns;
  const int64_t row_size = columns.input * channels, out_row_size = columns.output * channels;
  const Bands bands(images, rows.output, S * columns.input);
  const int64_t grain = kPoolGrain / (bands.height * S * row_size) + 1;
  const bool past_caches = exceeds_caches<T>(images * rows.output * out_row_size);

  parallel_range(bands.count, grain, [=](int64_t first, int64_t last) {
    const T* const zeros = zero_row<T>(row_size, 0);
    for (int64_t i = first; i < last; ++i) {
      const Span band = bands.of(i);
      const int64_t height = band.end - band.begin;
      const T* const image = x + bands.image(i) * rows.input * row_size;
      T* const out = y + bands.image(i) * rows.output * out_row_size;
      const T* const next_x = image + (rows.origin(band.end) + K - S) * row_size;
      for_channels_once<T>(channels, [&](int64_t c, auto lanes) __attribute__((always_inline)) {
        correlate_band<T, K, S>({image + c, kernel + c, tap_step, bias != nullptr ? bias + c : nullptr, relu,
                                 out + c, past_caches, zeros + c, channels, rows, columns, band,
                                 NextBand(next_x, height * S * row_size, c, channels),
                                 NextBand(out + band.end * out_row_size, height * out_row_size, c, channels)},
                                lanes);
      });
    }
  });
}

}  // namespace
}  // namespace afina
