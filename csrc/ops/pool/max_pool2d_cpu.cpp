#include "core/isa.h"
#include "cpu/narrow.h"
#include "cpu/output.h"
#include "cpu/parallel.h"
#include "cpu/vec.h"
#include "ops/conv/window.h"
#include "ops/pool/channel_blocks.h"

namespace afina {
namespace {

// Taps of the windows of a vector's channels: stored in one byte or four, compared in lanes as wide as T.
template <class T>
struct Taps {
  KERNEL_INLINE static Mask<T> load(const uint8_t* p, WholeVectors<T>) { return widen<T>(p); }
  KERNEL_INLINE static void store(uint8_t* p, Mask<T> v, WholeVectors<T>) { narrow<T>(p, v); }

  KERNEL_INLINE static Mask<T> load(const int32_t* p, WholeVectors<T>) {
    return load(p, FirstLanes<T>{kLanes<T>});
  }
  KERNEL_INLINE static void store(int32_t* p, Mask<T> v, WholeVectors<T>) {
    store(p, v, FirstLanes<T>{kLanes<T>});
  }

  template <class Tap>
  KERNEL_INLINE static Mask<T> load(const Tap* p, FirstLanes<T> lanes) {
    Mask<T> v{};
    for (int64_t i = 0; i < lanes.count; ++i) v[i] = p[i];
    return v;
  }
  template <class Tap>
  KERNEL_INLINE static void store(Tap* p, Mask<T> v, FirstLanes<T> lanes) {
    for (int64_t i = 0; i < lanes.count; ++i) p[i] = static_cast<Tap>(v[i]);
  }
};

template <class T, class Tap>
KERNEL_INLINE void max_rows(const T* x, T* y, Tap* winners, int64_t channels, WindowAxis rows,
                            WindowAxis columns, int64_t first, int64_t last) {
  const int64_t row_size = columns.input * channels, out_row_size = columns.output * channels;
  for (int64_t out_row = first; out_row < last; ++out_row) {
    const int64_t image = out_row / rows.output, oy = out_row % rows.output;
    const Span down = rows.taps_inside(oy);
    for (int64_t ox = 0; ox < columns.output; ++ox) {
      const Span across = columns.taps_inside(ox);
      // The address of tap (0, 0), which itself may lie in the padding.
      const int64_t corner =
          (image * rows.input + rows.origin(oy)) * row_size + columns.origin(ox) * channels;
      const int64_t out = out_row * out_row_size + ox * channels;
      for_channel_blocks<T>(
          channels, [&]<int V>(int64_t c, Vectors<V>, auto lanes) __attribute__((always_inline)) {
            for (int v = 0; v < V; ++v)
              prefetch_next_row(x + corner + c + v * kLanes<T>, row_size, channels, rows, columns);
            Vec<T> largest[V];
            Mask<T> winner[V];
            const int64_t tap_0 = down.begin * columns.kernel + across.begin;
            const T* const at_0 = x + corner + down.begin * row_size + across.begin * channels + c;
            for (int v = 0; v < V; ++v) {
              largest[v] = lanes.load(at_0 + v * kLanes<T>);
              winner[v] = static_cast<Scalar<Mask<T>>>(tap_0) - Mask<T>{};
            }
            for (int64_t r = down.begin; r < down.end; ++r) {
              for (int64_t s = across.begin; s < across.end; ++s) {
                const T* const at = x + corner + r * row_size + s * channels + c;
                const Mask<T> tap = static_cast<Scalar<Mask<T>>>(r * columns.kernel + s) - Mask<T>{};
                for (int v = 0; v < V; ++v) {
                  const Vec<T> value = lanes.load(at + v * kLanes<T>);
                  // Larger, or the first NaN: "not smaller or equal" holds for a NaN, "equals itself" for a
                  // number.
                  const Mask<T> wins = ~(value <= largest[v]) & (largest[v] == largest[v]);
                  largest[v] = select(wins, value, largest[v]);
                  winner[v] = select(wins, tap, winner[v]);
                }
              }
            }
            for (int v = 0; v < V; ++v) lanes.store(y + out + c + v * kLanes<T>, largest[v]);
            if (winners != nullptr)
              for (int v = 0; v < V; ++v) Taps<T>::store(winners + out + c + v * kLanes<T>, winner[v], lanes);
          });
    }
  }
}

template <class T, class Tap>
KERNEL_INLINE void max_grad_rows(const Tap* winners, const T* dy, T* dx, bool past_caches, int64_t channels,
                                 WindowAxis rows, WindowAxis columns, int64_t first, int64_t last) {
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
              const int64_t r = iy - rows.origin(oy);
              for (int64_t ox = across.begin; ox < across.end; ++ox) {
                const int64_t s = ix - columns.origin(ox);
                const Mask<T> tap = static_cast<Scalar<Mask<T>>>(r * columns.kernel + s) - Mask<T>{};
                const int64_t out = ((image * rows.output + oy) * columns.output + ox) * channels + c;
                for (int v = 0; v < V; ++v) {
                  const Mask<T> won = Taps<T>::load(winners + out + v * kLanes<T>, lanes) == tap;
                  sum[v] += select(won, lanes.load(dy + out + v * kLanes<T>), Vec<T>{});
                }
              }
            }
            for (int v = 0; v < V; ++v) lanes.store(to + c + v * kLanes<T>, sum[v], past_caches);
          });
    }
  }
}

}  // namespace

// winners (null: not wanted): the tap of each output's first maximum, row * kernel width + column.
template <Isa I, class T, class Tap>
void max_pool2d_cpu(const T* x, T* y, Tap* winners, int64_t images, int64_t channels, const Window& window) {
  const WindowAxis rows = window.rows, columns = window.columns;
  if (channels == 0) return;
  const int64_t row_size = columns.input * channels;
  const int64_t grain = kPoolGrain / (row_size * rows.stride) + 1;

  parallel_range(images * rows.output, grain, [=](int64_t first, int64_t last) {
    max_rows(x, y, winners, channels, rows, columns, first, last);
  });
}

// dx = the sum of dy over the windows that x won: every value of x asks the windows over it, so that no two
// threads write one place and the order of the sum is fixed.
template <Isa I, class T, class Tap>
void max_pool2d_grad_cpu(const Tap* winners, const T* dy, T* dx, int64_t images, int64_t channels,
                         const Window& window) {
  const WindowAxis rows = window.rows, columns = window.columns;
  if (channels == 0) return;
  const int64_t row_size = columns.input * channels;
  const int64_t grain = kPoolGrain / row_size + 1;

  const bool past_caches = exceeds_caches<T>(images * rows.input * row_size);
  parallel_range(images * rows.input, grain, [=](int64_t first, int64_t last) {
    max_grad_rows(winners, dy, dx, past_caches, channels, rows, columns, first, last);
  });
}

template void max_pool2d_cpu<kIsa, float>(const float*, float*, uint8_t*, int64_t, int64_t, const Window&);
template void max_pool2d_cpu<kIsa, float>(const float*, float*, int32_t*, int64_t, int64_t, const Window&);
template void max_pool2d_cpu<kIsa, double>(const double*, double*, uint8_t*, int64_t, int64_t, const Window&);
template void max_pool2d_cpu<kIsa, double>(const double*, double*, int32_t*, int64_t, int64_t, const Window&);
template void max_pool2d_grad_cpu<kIsa, float>(const uint8_t*, const float*, float*, int64_t, int64_t,
                                               const Window&);
template void max_pool2d_grad_cpu<kIsa, float>(const int32_t*, const float*, float*, int64_t, int64_t,
                                               const Window&);
template void max_pool2d_grad_cpu<kIsa, double>(const uint8_t*, const double*, double*, int64_t, int64_t,
                                                const Window&);
template void max_pool2d_grad_cpu<kIsa, double>(const int32_t*, const double*, double*, int64_t, int64_t,
                                                const Window&);

}  // namespace afina
