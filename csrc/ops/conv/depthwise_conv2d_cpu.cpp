#include "core/isa.h"
#include "cpu/allocator.h"
#include "cpu/parallel.h"
#include "cpu/vec.h"
#include "ops/conv/window.h"
#include "ops/pool/channel_blocks.h"

namespace afina {
namespace {

constexpr int64_t kMostChunks = 64;  // of the kernel's gradient, each with sums of its own

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

// f(c, lanes) for single vectors of channels, none of them twice.
template <class T, class F>
KERNEL_INLINE void for_channels_once(int64_t channels, const F& f) {
  int64_t c = 0;
  for (; c + kLanes<T> <= channels; c += kLanes<T>) f(c, WholeVectors<T>{});
  if (c < channels) f(c, FirstLanes<T>{channels - c});
}

// f(c, lanes) as above, the last vector overlapping the one before: f must give a channel the same value
// every time.
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
KERNEL_INLINE void correlate(const T* x, const T* kernel, int64_t tap_step, const T* bias, bool relu, T* y,
                             int64_t images, int64_t channels, const Window& window) {
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

}  // namespace

template <Isa I, class T>
void depthwise_conv2d_cpu(const T* x, const T* kernel, const T* bias, bool relu, T* y, int64_t images,
                          int64_t channels, const Window& window) {
  correlate(x, kernel, channels, bias, relu, y, images, channels, window);
}

template <Isa I, class T>
void depthwise_conv2d_input_grad_cpu(const T* dz, const T* kernel, T* dx, int64_t images, int64_t channels,
                                     const Window& window) {
  if (window.rows.stride == 1 && window.columns.stride == 1) {
    const int64_t taps = window.rows.kernel * window.columns.kernel;
    const T* const last_tap = kernel + (taps - 1) * channels;
    correlate<T>(dz, last_tap, -channels, nullptr, false, dx, images, channels,
                 {turned(window.rows), turned(window.columns)});
  } else {
    gather_outputs(dz, kernel, dx, images, channels, window);
  }
}

// dkernel[t] = the sum of x at tap t times dz over all outputs.  Chunks of rows are summed on their own, then
// added in their order.
template <Isa I, class T>
void depthwise_conv2d_kernel_grad_cpu(const T* x, const T* dz, T* dkernel, int64_t images, int64_t channels,
                                      const Window& window) {
  const WindowAxis rows = window.rows, columns = window.columns;
  const int64_t size = rows.kernel * columns.kernel * channels;
  const int64_t out_row_size = columns.output * channels;

  const int64_t all_rows = images * rows.output, even = (all_rows + kMostChunks - 1) / kMostChunks;
  const int64_t fewest = (kPoolGrain > 8 * size ? kPoolGrain : 8 * size) / out_row_size + 1;
  const int64_t chunk_rows = fewest > even ? fewest : even;
  const int64_t chunks = all_rows > chunk_rows ? (all_rows + chunk_rows - 1) / chunk_rows : 1;
  const size_t sums_bytes = static_cast<size_t>(chunks * size) * sizeof(T);
  T* const all_sums = chunks > 1 ? static_cast<T*>(allocate_cpu(sums_bytes)) : dkernel;

  parallel_chunks(chunks, [=](int64_t chunk) {
    T* const sums = all_sums + chunk * size;
    for (int64_t i = 0; i < size; ++i) sums[i] = 0;
    const int64_t first = chunk * chunk_rows,
                  last = first + chunk_rows < all_rows ? first + chunk_rows : all_rows;
    add_kernel_grad(x, dz, sums, channels, rows, columns, first, last);
  });

  if (chunks == 1) return;
  parallel_range(size, kPoolGrain / chunks + 1, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) {
      T sum{};
      for (int64_t chunk = 0; chunk < chunks; ++chunk) sum += all_sums[chunk * size + i];
      dkernel[i] = sum;
    }
  });
  free_cpu(all_sums, sums_bytes);
}

// wide[i * times + j] = x[i] for j in [0, times).
template <Isa I, class T>
void repeat_channels_cpu(const T* x, T* wide, int64_t size, int64_t times) {
  parallel_range(size, kPoolGrain / times + 1, [=](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i)
      for (int64_t j = 0; j < times; ++j) wide[i * times + j] = x[i];
  });
}

// x[i] = the sum of wide[i * times + j] over j in [0, times).
template <Isa I, class T>
void add_channels_cpu(const T* wide, T* x, int64_t size, int64_t times) {
  parallel_range(size, kPoolGrain / times + 1, [=](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) {
      T sum{};
      for (int64_t j = 0; j < times; ++j) sum += wide[i * times + j];
      x[i] = sum;
    }
  });
}

template void depthwise_conv2d_cpu<kIsa, float>(const float*, const float*, const float*, bool, float*,
                                                int64_t, int64_t, const Window&);
template void depthwise_conv2d_cpu<kIsa, double>(const double*, const double*, const double*, bool, double*,
                                                 int64_t, int64_t, const Window&);
template void depthwise_conv2d_input_grad_cpu<kIsa, float>(const float*, const float*, float*, int64_t,
                                                           int64_t, const Window&);
template void depthwise_conv2d_input_grad_cpu<kIsa, double>(const double*, const double*, double*, int64_t,
                                                            int64_t, const Window&);
template void depthwise_conv2d_kernel_grad_cpu<kIsa, float>(const float*, const float*, float*, int64_t,
                                                            int64_t, const Window&);
template void depthwise_conv2d_kernel_grad_cpu<kIsa, double>(const double*, const double*, double*, int64_t,
                                                             int64_t, const Window&);
template void repeat_channels_cpu<kIsa, float>(const float*, float*, int64_t, int64_t);
template void repeat_channels_cpu<kIsa, double>(const double*, double*, int64_t, int64_t);
template void add_channels_cpu<kIsa, float>(const float*, float*, int64_t, int64_t);
template void add_channels_cpu<kIsa, double>(const double*, double*, int64_t, int64_t);

}  // namespace afina
