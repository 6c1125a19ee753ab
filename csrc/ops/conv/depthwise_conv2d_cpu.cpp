#include "core/isa.h"
#include "ops/conv/depthwise_any_window.h"
#include "ops/conv/depthwise_pixels.h"
#include "ops/conv/depthwise_windows.h"

namespace afina {
namespace {

// Three by three taps side by side, this many pixels apart on both axes?
KERNEL_INLINE bool is_three_by_three(const Window& window, int64_t stride) {
  const auto fits = [=](const WindowAxis& axis) {
    return axis.kernel == 3 && axis.stride == stride && axis.dilation == 1;
  };
  return fits(window.rows) && fits(window.columns);
}

// y = the windows' sums over taps `tap_step` elements apart, + bias (null: none).
template <class T>
KERNEL_INLINE void correlate(const T* x, const T* kernel, int64_t tap_step, const T* bias, bool relu, T* y,
                             int64_t images, int64_t channels, const Window& window) {
  if (is_three_by_three(window, 1))
    correlate_bands<T, 3, 1>(x, kernel, tap_step, bias, relu, y, images, channels, window);
  else if (is_three_by_three(window, 2))
    correlate_bands<T, 3, 2>(x, kernel, tap_step, bias, relu, y, images, channels, window);
  else
    correlate_any(x, kernel, tap_step, bias, relu, y, images, channels, window);
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

template <Isa I, class T>
void depthwise_conv2d_kernel_grad_cpu(const T* x, const T* dz, T* dkernel, int64_t images, int64_t channels,
                                      const Window& window) {
  sum_kernel_grad(x, dz, dkernel, images, channels, window);
}

template <Isa I, class T>
void depthwise_conv2d_grads_cpu(const T* x, const T* dz, const T* kernel, T* dx, T* dkernel, int64_t images,
                                int64_t channels, const Window& window) {
  if (is_three_by_three(window, 1)) {
    grads_by_bands<T, 3, 1>(x, dz, kernel, dx, dkernel, images, channels, window);
  } else if (is_three_by_three(window, 2)) {
    grads_by_bands<T, 3, 2>(x, dz, kernel, dx, dkernel, images, channels, window);
  } else {
    depthwise_conv2d_input_grad_cpu<I>(dz, kernel, dx, images, channels, window);
    depthwise_conv2d_kernel_grad_cpu<I>(x, dz, dkernel, images, channels, window);
  }
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
template void depthwise_conv2d_grads_cpu<kIsa, float>(const float*, const float*, const float*, float*,
                                                      float*, int64_t, int64_t, const Window&);
template void depthwise_conv2d_grads_cpu<kIsa, double>(const double*, const double*, const double*, double*,
                                                       double*, int64_t, int64_t, const Window&);
template void repeat_channels_cpu<kIsa, float>(const float*, float*, int64_t, int64_t);
template void repeat_channels_cpu<kIsa, double>(const double*, double*, int64_t, int64_t);
template void add_channels_cpu<kIsa, float>(const float*, float*, int64_t, int64_t);
template void add_channels_cpu<kIsa, double>(const double*, double*, int64_t, int64_t);

}  // namespace afina
