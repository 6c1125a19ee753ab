#pragma once

#include "ops/conv/strips.h"
#include "ops/conv/window.h"
#include "ops/conv/windowed_product.h"

// Convolutions by strips.h: the windows of a row in strips, in the image where it lies.  Padding costs
// nothing: rows of taps above and below the image are left out, the pixel left and right of it is a zero.
namespace afina {

inline constexpr int64_t kStripChunk = 16 * 1024;  // windows times channels of a chunk, at least
// With so few channels strips pay for any number of filters, a vector of them at a time: a tile of the plain
// product is hardly begun when its few multiply-adds are done.
inline constexpr int64_t kFewChannels = 4;

// Three taps a row, at stride 1, with at most one column of padding on each side?
KERNEL_INLINE bool has_strips(const WindowGrid& g) {
  const int64_t overhang = g.grid_w + kStripTaps - 1 - g.lead_w - g.width;
  return g.step_w == 1 && g.span_w == kStripTaps && g.grid_w >= kLeastStrip && g.lead_w >= 0 &&
         g.lead_w <= 1 && overhang <= 1 && g.width > 0;
}
template <class T>
KERNEL_INLINE bool has_strips(const WindowedProduct<T>& p) {
  if ((p.columns > kLanes<T> && p.depth > kFewChannels) || p.depth == 0 || p.tap_count % kStripTaps != 0 ||
      !has_strips(p.grid))
    return false;
  for (int64_t t = 0; t < p.tap_count; ++t)
    if (p.taps[t].row != p.taps[t - t % kStripTaps].row || p.taps[t].column != t % kStripTaps) return false;
  for (int64_t t = 0; t < p.tap_count; t += kStripTaps)  // rows of taps are evenly spaced
    if (p.taps[t].row != t / kStripTaps * p.taps[p.tap_count > kStripTaps ? kStripTaps : 0].row) return false;
  return true;
}

// One row of windows, and one vector of their filters: the part `part`, counted through the groups.
// `rows` is the vertical axis; `zeros` stand in for a pixel of padding.
template <Isa I, class T>
KERNEL_INLINE void strip_row(const WindowedProduct<T>& p, const WindowAxis& rows, int64_t row, int64_t part,
                             int64_t parts, const T* zeros) {
  const WindowGrid& g = p.grid;
  const int64_t row_size = g.width * g.channels, spacing = rows.dilation;
  const int64_t n = row / g.grid_h, y = row % g.grid_h;
  const int64_t group = part / parts, vector = part % parts, first = vector * kLanes<T>;
  const Span inside = rows.taps_inside(y);
  const int64_t top = rows.origin(y) + inside.begin * spacing;
  const int64_t panel = vector / kTileVectors * p.tap_count * p.depth * kPanel<T>;
  const T* const x = p.image + (n * g.height + top) * row_size + group * p.depth;
  Strip<T> strip{{},
                 {},
                 {},
                 g.channels,
                 inside.end > inside.begin ? inside.end - inside.begin : 0,
                 p.depth,
                 p.packed + group * p.group_size() + panel + inside.begin * kStripTaps * p.depth * kPanel<T> +
                     vector % kTileVectors * kLanes<T>,
                 p.out + n * p.image_step + y * p.row_step + group * p.columns + first,
                 p.pixel_step,
                 p.columns - first < kLanes<T> ? p.columns - first : kLanes<T>,
                 p.bias != nullptr ? p.bias + group * p.columns + first : nullptr,
                 p.relu};
  const auto column = [&](int64_t i) -> PixelColumn<T> {
    if (i < 0 || i >= g.width) return {zeros, 0};
    return {x + i * g.channels, spacing * row_size};
  };
  int64_t j = 0;
  for (int64_t strips = (g.grid_w + kStripWindows<I> - 1) / kStripWindows<I>; strips > 0; --strips) {
    const int64_t windows = (g.grid_w - j) / strips;
    strip.left = column(j - g.lead_w);
    strip.middle = column(j - g.lead_w + 1);
    strip.right = column(j - g.lead_w + 1 + windows);
    kStripTable<I, T>.product[windows](strip);
    strip.out += windows * strip.out_step;
    j += windows;
  }
}

template <Isa I, class T>
KERNEL_INLINE void strip_convolution(const WindowedProduct<T>& p) {
  const WindowGrid& g = p.grid;
  const int64_t tap_rows = p.tap_count / kStripTaps;
  const int64_t parts = (p.columns + kLanes<T> - 1) / kLanes<T>;      // vectors of a group's filters
  const int64_t spacing = tap_rows > 1 ? p.taps[kStripTaps].row : 1;  // image rows from row of taps to row
  const WindowAxis rows{g.height, tap_rows, g.step_h, spacing, g.lead_h, 0, g.grid_h};
  const int64_t grain = kStripChunk / (g.grid_w * g.channels * parts + 1) + 1;
  parallel_range(g.batch * g.grid_h, grain, [&](int64_t begin, int64_t end) {
    T* const zeros = static_cast<T*>(thread_scratch(static_cast<size_t>(p.depth) * sizeof(T), kImageSlot));
    fill_run(zeros, {}, p.depth);
    for (int64_t row = begin; row < end; ++row)
      for (int64_t part = 0; part < p.groups * parts; ++part) strip_row<I>(p, rows, row, part, parts, zeros);
  });
}

// What the rows [begin, end) of windows, counted through all images, give to the kernel's gradient.
// dkernel(r, s, c, f) = to[((r * 3 + s) * depth + c) * filters + f]; `spacing`: the dilation of the rows.
template <Isa I, class T>
KERNEL_INLINE void strip_kernel_grad(const WindowGrid& g, int64_t begin, int64_t end, int64_t kernel_rows,
                                     int64_t spacing, const T* x, const T* dy, int64_t depth, int64_t columns,
                                     int64_t filters, T* to) {
  for (int64_t n = begin / g.grid_h; n * g.grid_h < end; ++n)
    for (int64_t r = 0; r < kernel_rows; ++r) {
      // the windows of this image whose row r of taps lies in it
      int64_t y0 = begin > n * g.grid_h ? begin - n * g.grid_h : 0;
      int64_t y1 = end < (n + 1) * g.grid_h ? end - n * g.grid_h : g.grid_h;
      while (y0 < y1 && y0 * g.step_h - g.lead_h + r * spacing < 0) ++y0;
      while (y1 > y0 && (y1 - 1) * g.step_h - g.lead_h + r * spacing >= g.height) --y1;
      const int64_t row_size = g.width * g.channels;
      StripGradient<T> gradient{x + (n * g.height + y0 * g.step_h - g.lead_h + r * spacing) * row_size,
                                g.step_h * row_size,
                                g.channels,
                                g.width,
                                dy + (n * g.grid_h + y0) * g.grid_w * filters,
                                g.grid_w * filters,
                                filters,
                                g.grid_w,
                                y1 - y0,
                                g.lead_w,
                                columns,
                                to + r * kStripTaps * depth * filters,
                                depth * filters,
                                n * g.grid_h > begin};
      int64_t left = depth;
      const auto sum = [&](void (*function)(const StripGradient<T>&), int64_t channels) {
        for (; left >= channels; left -= channels) {
          function(gradient);
          gradient.x += channels;
          gradient.to += channels * filters;
        }
      };
      sum(&strip_gradient<T, kStripChannels<I>>, kStripChannels<I>);
      sum(&strip_gradient<T, 3>, 3);
      sum(&strip_gradient<T, 1>, 1);
    }
}

}  // namespace afina
