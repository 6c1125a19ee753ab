#include "core/isa.h"
#include "cpu/output.h"
#include "cpu/parallel.h"
#include "cpu/vec.h"
#include "ops/conv/window.h"
#include "ops/pool/channel_blocks.h"

namespace afina {

namespace {

template <class T>
KERNEL_INLINE void average_rows(const T* x, T* y, int64_t channels, WindowAxis rows, WindowAxis columns,
                                int64_t first, int64_t last) {
  const int64_t row_size = columns.input * channels, out_row_size = columns.output * channels;
  for (int64_t out_row = first; out_row < last; ++out_row) {
    const int64_t image = out_row / rows.output, oy = out_row % rows.output;
    const Span down = rows.taps_inside(oy);
    for (int64_t ox = 0; ox < columns.output; ++ox) {
      const Span across = columns.taps_inside(ox);
      const int64_t corner =
          (image * rows.input + rows.origin(oy)) * row_size + columns.origin(ox) * channels;
      const int64_t out = out_row * out_row_size + ox * channels;
      const auto count = static_cast<T>((down.end - down.begin) * (across.end - across.begin));
      for_channel_blocks<T>(
          channels, [&]<int V>(int64_t c, Vectors<V>, auto lanes) __attribute__((always_inline)) {
            for (int v = 0; v < V; ++v)
              prefetch_next_row(x + corner + c + v * kLanes<T>, row_size, channels, rows, columns);
            Vec<T> sum[V] = {};
            for (int64_t r = down.begin; r < down.end; ++r)
              for (int64_t s = across.begin; s < across.end; ++s)
                for (int v = 0; v < V; ++v)
                  sum[v] += lanes.load(x + corner + r * row_size + s * channels + c + v * kLanes<T>);
            for (int v = 0; v < V; ++v) lanes.store(y + out + c + v * kLanes<T>, sum[v] / count);
          });
    }
  }
}

template <class T>
KERNEL_INLINE void average_grad_rows(const T* dy, T* dx, bool past_caches, int64_t channels, WindowAxis rows,
                                     WindowAxis columns, int64_t first, int64_t last) {
  const int64_t row_size = columns.input * channels;
  for (int64_t row = first; row < last; ++row) {
    const int64_t image = row / rows.input, iy = row % rows.input;
    const Span down = rows.outputs_over(iy);
    Span across = columns.outputs_over(0);
    for (int64_t ix = 0; ix < columns.input; ++ix) {
      columns.slide(across, ix);
      T* const to = dx + row * row_size + ix * channels;
      for_channel_blocks<T>(
          channels, [&]<int V>(int64_t c, Vectors<V>, auto lanes) __attribute__((always_inline)) {
            Vec<T> sum[V] = {};
            for (int64_t oy = down.begin; oy < down.end; ++oy) {
              const Span taps_down = rows.taps_inside(oy);
              for (int64_t ox = across.begin; ox < across.end; ++ox) {
                const Span taps_across = columns.taps_inside(ox);
                const T share = T{1} / static_cast<T>((taps_down.end - taps_down.begin) *
                                                      (taps_across.end - taps_across.begin));
                const int64_t out = ((image * rows.output + oy) * columns.output + ox) * channels + c;
                for (int v = 0; v < V; ++v) sum[v] += share * lanes.load(dy + out + v * kLanes<T>);
              }
            }
            for (int v = 0; v < V; ++v) lanes.store(to + c + v * kLanes<T>, sum[v], past_caches);
          });
    }
  }
}

}  // namespace

template <Isa I, class T>
void average_pool2d_cpu(const T* x, T* y, int64_t images, int64_t channels, const Window& window) {
  const WindowAxis rows = window.rows, columns = window.columns;
  if (channels == 0) return;
  const int64_t row_size = columns.input * channels;
  const int64_t grain = kPoolGrain / (row_size * rows.stride) + 1;

  parallel_range(images * rows.output, grain, [=](int64_t first, int64_t last) {
    average_rows(x, y, channels, rows, columns, first, last);
  });
}

// dx = the sum of dy / count over the windows over each value of x.
template <Isa I, class T>
void average_pool2d_grad_cpu(const T* dy, T* dx, int64_t images, int64_t channels, const Window& window) {
  const WindowAxis rows = window.rows, columns = window.columns;
  if (channels == 0) return;
  const int64_t row_size = columns.input * channels;
  const int64_t grain = kPoolGrain / row_size + 1;

  const bool past_caches = exceeds_caches<T>(images * rows.input * row_size);
  parallel_range(images * rows.input, grain, [=](int64_t first, int64_t last) {
    average_grad_rows(dy, dx, past_caches, channels, rows, columns, first, last);
  });
}

template void average_pool2d_cpu<kIsa, float>(const float*, float*, int64_t, int64_t, const Window&);
template void average_pool2d_cpu<kIsa, double>(const double*, double*, int64_t, int64_t, const Window&);
template void average_pool2d_grad_cpu<kIsa, float>(const float*, float*, int64_t, int64_t, const Window&);
template void average_pool2d_grad_cpu<kIsa, double>(const double*, double*, int64_t, int64_t, const Window&);

}  // namespace afina
