#pragma once

#include "cpu/parallel.h"
#include "cpu/vec.h"
#include "ops/conv/channel_sums.h"
#include "ops/conv/window.h"
#include "ops/pool/channel_blocks.h"

// Depthwise convolutions by kernels of any size, stride and dilation.
namespace afina {
// Unnamed, so that nothing below can be emitted under a name that files of other instruction sets share.
namespace {

// P neighbouring outputs of a row, whose sums stay in registers while each tap is loaded once for all of
// them.
template <int P>
struct Outputs {
  static constexpr int value = P;
};

// f(ox, Outputs<P>{}, taps) for groups that cover a row of outputs; at the padded ends one by one.
template <class F>
KERNEL_INLINE void for_output_groups(const WindowAxis& columns, const F& f) {
  const Span inside = columns.outputs_inside(), all{0, columns.kernel};
  int64_t ox = 0;
  for (; ox < inside.begin; ++ox) f(ox, Outputs<1>{}, columns.taps_inside(ox));
  for (; ox + 8 <= inside.end; ox += 8) f(ox, Outputs<8>{}, all);
  for (; ox + 4 <= inside.end; ox += 4) f(ox, Outputs<4>{}, all);
  for (; ox < columns.output; ++ox) f(ox, Outputs<1>{}, columns.taps_inside(ox));
}

// f(c, lanes) for single vectors of channels, the last one overlapping the one before: f must give a channel
// the same value every time.
template <class T, class F>
KERNEL_INLINE void for_channels(int64_t channels, const F& f) {
  if (channels < kLanes<T>) {
    f(int64_t{0}, FirstLanes<T>{channels});
    return;
  }
  int64_t c = 0;
  for (; c + kLanes<T> <= channels; c += kLanes<T>) f(c, WholeVectors<T>{});
  if (c < channels) f(channels - kLanes<T>, WholeVectors<T>{});
}

template <class T>
KERNEL_INLINE void correlate_rows(const T* x, const T* kernel, int64_t tap_step, const T* bias, bool relu,
                                  T* y, int64_t channels, WindowAxis rows, WindowAxis columns, int64_t first,
                                  int64_t last) {
  const int64_t row_size = columns.input * channels, out_row_size = columns.output * channels;
  const int64_t step_down = rows.dilation * row_size, step_across = columns.dilation * channels;
  const int64_t next_output = columns.stride * channels;
  for (int64_t out_row = first; out_row < last; ++out_row) {
    const int64_t image = out_row / rows.output, oy = out_row % rows.output;
    const Span down = rows.taps_inside(oy);
    for_output_groups(
        columns, [&]<int P>(int64_t ox, Outputs<P>, Span across) __attribute__((always_inline)) {
          const int64_t corner =
              (image * rows.input + rows.origin(oy)) * row_size + columns.origin(ox) * channels;
          T* const out = y + out_row * out_row_size + ox * channels;
          for_channels<T>(channels, [&](int64_t c, auto lanes) __attribute__((always_inline)) {
            for (int p = 0; p < P; ++p) {
              prefetch_next_row(x + corner + p * next_output + c, row_size, channels, rows, columns);
              __builtin_prefetch(out + out_row_size + p * channels + c, 1);
            }
            Vec<T> sums[P];
            const Vec<T> start = bias != nullptr ? lanes.load(bias + c) : Vec<T>{};
            for (int p = 0; p < P; ++p) sums[p] = start;
            for (int64_t r = down.begin; r < down.end; ++r) {
              for (int64_t s = across.begin; s < across.end; ++s) {
                const Vec<T> weight = lanes.load(kernel + (r * columns.kernel + s) * tap_step + c);
                const T* const at = x + corner + r * step_down + s * step_across + c;
                for (int p = 0; p < P; ++p) sums[p] += weight * lanes.load(at + p * next_output);
              }
            }
            if (relu)
              for (int p = 0; p < P; ++p) sums[p] = select(Vec<T>{} > sums[p], Vec<T>{}, sums[p]);
            for (int p = 0; p < P; ++p) lanes.store(out + p * channels + c, sums[p]);
          });
        });
  }
}

// y[o] = sum of x[o * stride - before + t * dilation] * kernel[t * tap_step] over the taps, + bias (null:
// none).
template <class T>
KERNEL_INLINE void correlate_any(const T* x, const T* kernel, int64_t tap_step, const T* bias, bool relu,
                                 T* y, int64_t images, int64_t channels, const Window& window) {
  const WindowAxis rows = window.rows, columns = window.columns;
  const int64_t row_size = columns.input * channels;
  const int64_t grain = kPoolGrain / (row_size * rows.stride) + 1;

  parallel_range(images * rows.output, grain, [=](int64_t first, int64_t last) {
    correlate_rows(x, kernel, tap_step, bias, relu, y, channels, rows, columns, first, last);
  });
}

// The axis on which the input's gradient is a correlation of dz with the turned kernel; for strides of 1.
KERNEL_INLINE WindowAxis turned(const WindowAxis& axis) {
  const int64_t span = (axis.kernel - 1) * axis.dilation;
  return {axis.output, axis.kernel, 1, axis.dilation, span - axis.before, 0, axis.input};
}

template <class T>
KERNEL_INLINE void gather_rows(const T* dz, const T* kernel, T* dx, int64_t channels, WindowAxis rows,
                               WindowAxis columns, int64_t first, int64_t last) {
  const int64_t row_size = columns.input * channels;
  for (int64_t row = first; row < last; ++row) {
    const int64_t image = row / rows.input, iy = row % rows.input;
    const Span down = rows.outputs_over(iy);
    Span across = columns.outputs_over(0);
    for (int64_t ix = 0; ix < columns.input; ++ix) {
      columns.slide(across, ix);
      T* const to = dx + row * row_size + ix * channels;
      for_channel_blocks<T>(channels, [&]<int V>(int64_t c, Vectors<V>,
                                                 auto lanes) __attribute__((always_inline)) {
        Vec<T> sums[V] = {};
        for (int64_t oy = down.begin; oy < down.end; ++oy) {
          const int64_t below = iy - rows.origin(oy), r = rows.dilation == 1 ? below : below / rows.dilation;
          if (r * rows.dilation != below) continue;  // the window steps over this row
          for (int64_t ox = across.begin; ox < across.end; ++ox) {
            const int64_t beside = ix - columns.origin(ox);
            const int64_t s = columns.dilation == 1 ? beside : beside / columns.dilation;
            if (s * columns.dilation != beside) continue;
            const T* const weights = kernel + (r * columns.kernel + s) * channels + c;
            const T* const from = dz + ((image * rows.output + oy) * columns.output + ox) * channels + c;
            for (int v = 0; v < V; ++v)
              sums[v] += lanes.load(weights + v * kLanes<T>) * lanes.load(from + v * kLanes<T>);
          }
        }
        for (int v = 0; v < V; ++v) lanes.store(to + c + v * kLanes<T>, sums[v]);
      });
    }
  }
}

// dx[i] = sum of dz[o] * kernel[t] over the outputs o whose tap t lies on i.
template <class T>
KERNEL_INLINE void gather_outputs(const T* dz, const T* kernel, T* dx, int64_t images, int64_t channels,
                                  const Window& window) {
  const WindowAxis rows = window.rows, columns = window.columns;
  const int64_t row_size = columns.input * channels;
  const int64_t grain = kPoolGrain / row_size + 1;

  parallel_range(images * rows.input, grain, [=](int64_t first, int64_t last) {
    gather_rows(dz, kernel, dx, channels, rows, columns, first, last);
  });
}

// Adds the terms of output rows [first, last) to `sums`.
template <class T>
KERNEL_INLINE void add_kernel_grad(const T* x, const T* dz, T* sums, int64_t channels, WindowAxis rows,
                                   WindowAxis columns, int64_t first, int64_t last) {
  const int64_t row_size = columns.input * channels, out_row_size = columns.output * channels;
  const int64_t step_down = rows.dilation * row_size, step_across = columns.dilation * channels;
  const int64_t next_output = columns.stride * channels;
  for (int64_t out_row = first; out_row < last; ++out_row) {
    const int64_t image = out_row / rows.output, oy = out_row % rows.output;
    const Span down = rows.taps_inside(oy);
    for_output_groups(
        columns, [&]<int P>(int64_t ox, Outputs<P>, Span across) __attribute__((always_inline)) {
          const int64_t corner =
              (image * rows.input + rows.origin(oy)) * row_size + columns.origin(ox) * channels;
          const T* const out = dz + out_row * out_row_size + ox * channels;
          for_channels_once<T>(channels, [&](int64_t c, auto lanes) __attribute__((always_inline)) {
            for (int p = 0; p < P; ++p) {
              prefetch_next_row(x + corner + p * next_output + c, row_size, channels, rows, columns);
              __builtin_prefetch(out + out_row_size + p * channels + c);
            }
            Vec<T> d[P];
            for (int p = 0; p < P; ++p) d[p] = lanes.load(out + p * channels + c);
            for (int64_t r = down.begin; r < down.end; ++r) {
              for (int64_t s = across.begin; s < across.end; ++s) {
                T* const sum_at = sums + (r * columns.kernel + s) * channels + c;
                const T* const at = x + corner + r * step_down + s * step_across + c;
                Vec<T> sum = lanes.load(sum_at);
                for (int p = 0; p < P; ++p) sum += d[p] * lanes.load(at + p * next_output);
                lanes.store(sum_at, sum);
              }
            }
          });
        });
  }
}

// dkernel[t] = the sum of x at tap t times dz over all outputs.
template <class T>
KERNEL_INLINE void sum_kernel_grad(const T* x, const T* dz, T* dkernel, int64_t images, int64_t channels,
                                   const Window& window) {
  const WindowAxis rows = window.rows, columns = window.columns;
  const int64_t size = rows.kernel * columns.kernel * channels;
  const SumChunks chunks(images * rows.output, columns.output * channels, size);
  sum_in_chunks(chunks, size, dkernel, [=](int64_t first, int64_t last, T* sums) {
    add_kernel_grad(x, dz, sums, channels, rows, columns, first, last);
  });
}

}  // namespace
}  // namespace afina
