#include "cuda/columns.h"
#include "ops/conv/pixel.cuh"
#include "ops/conv/window.h"

// A thread an element; neighbours along the channels read neighbours in memory.
namespace afina {
namespace {

template <class T>
__global__ void __launch_bounds__(kThreads) correlate(const T* x, const T* kernel, const T* bias, bool relu,
                                                      T* y, int64_t size, int64_t channels, Window window) {
  const WindowAxis &rows = window.rows, &columns = window.columns;
  for (int64_t i = first_element(); i < size; i += element_step()) {
    const int64_t c = i % channels;
    const auto [image, oy, ox] = Pixel(i / channels, rows.output, columns.output);
    const Span down = rows.taps_inside(oy), across = columns.taps_inside(ox);
    T sum = bias == nullptr ? T{0} : bias[c];
    for (int64_t r = down.begin; r < down.end; ++r)
      for (int64_t s = across.begin; s < across.end; ++s) {
        const int64_t at_y = rows.origin(oy) + r * rows.dilation,
                      at_x = columns.origin(ox) + s * columns.dilation;
        sum += x[((image * rows.input + at_y) * columns.input + at_x) * channels + c] *
               kernel[(r * columns.kernel + s) * channels + c];
      }
    y[i] = relu && T{0} > sum ? T{0} : sum;
  }
}

// Which tap of output o looks at position i; -1: none.
__device__ __forceinline__ int64_t tap_over(const WindowAxis& axis, int64_t o, int64_t i) {
  const int64_t distance = i - axis.origin(o);
  return distance % axis.dilation == 0 ? distance / axis.dilation : -1;
}

template <class T>
__global__ void __launch_bounds__(kThreads)
    correlate_input_grad(const T* dz, const T* kernel, T* dx, int64_t size, int64_t channels, Window window) {
  const WindowAxis &rows = window.rows, &columns = window.columns;
  for (int64_t i = first_element(); i < size; i += element_step()) {
    const int64_t c = i % channels;
    const auto [image, iy, ix] = Pixel(i / channels, rows.input, columns.input);
    const Span down = rows.outputs_over(iy), across = columns.outputs_over(ix);
    T sum{};
    for (int64_t oy = down.begin; oy < down.end; ++oy) {
      const int64_t r = tap_over(rows, oy, iy);
      if (r < 0) continue;
      for (int64_t ox = across.begin; ox < across.end; ++ox) {
        const int64_t s = tap_over(columns, ox, ix);
        if (s < 0) continue;
        sum += dz[((image * rows.output + oy) * columns.output + ox) * channels + c] *
               kernel[(r * columns.kernel + s) * channels + c];
      }
    }
    dx[i] = sum;
  }
}

// x dz, to be summed over the pixels: a tap is an "image" of the sum, a channel a column.
template <class T>
struct KernelTerm {
  const T *x, *dz;
  int64_t channels;
  Window window;
  __device__ void operator()(int64_t tap, int64_t pixel, int64_t c, double* sums) const {
    const WindowAxis &rows = window.rows, &columns = window.columns;
    const auto [image, oy, ox] = Pixel(pixel, rows.output, columns.output);
    const int64_t at_y = rows.origin(oy) + tap / columns.kernel * rows.dilation;
    const int64_t at_x = columns.origin(ox) + tap % columns.kernel * columns.dilation;
    if (at_y < 0 || at_y >= rows.input || at_x < 0 || at_x >= columns.input) return;
    sums[0] += static_cast<double>(x[((image * rows.input + at_y) * columns.input + at_x) * channels + c]) *
               static_cast<double>(dz[pixel * channels + c]);
  }
};
template <class T>
struct StoreTap {
  T* dkernel;
  int64_t channels;
  __device__ void operator()(int64_t tap, int64_t c, const double* sums) const {
    dkernel[tap * channels + c] = static_cast<T>(sums[0]);
  }
};

template <class T>
__global__ void __launch_bounds__(kThreads)
    repeat_channels(const T* x, T* wide, int64_t size, int64_t times) {
  for (int64_t i = first_element(); i < size * times; i += element_step()) wide[i] = x[i / times];
}

template <class T>
__global__ void __launch_bounds__(kThreads) add_channels(const T* wide, T* x, int64_t size, int64_t times) {
  for (int64_t i = first_element(); i < size; i += element_step()) {
    T sum{};
    for (int64_t j = 0; j < times; ++j) sum += wide[i * times + j];
    x[i] = sum;
  }
}

}  // namespace

template <class T>
void depthwise_conv2d_cuda(const T* x, const T* kernel, const T* bias, bool relu, T* y, int64_t images,
                           int64_t channels, const Window& window, Stream& stream) {
  const int64_t size = images * window.rows.output * window.columns.output * channels;
  launch_kernel("depthwise_conv2d", stream, {grid_for(size), kThreads}, correlate<T>, x, kernel, bias, relu,
                y, size, channels, window);
}

template <class T>
void depthwise_conv2d_input_grad_cuda(const T* dz, const T* kernel, T* dx, int64_t images, int64_t channels,
                                      const Window& window, Stream& stream) {
  const int64_t size = images * window.rows.input * window.columns.input * channels;
  launch_kernel("depthwise_conv2d", stream, {grid_for(size), kThreads}, correlate_input_grad<T>, dz, kernel,
                dx, size, channels, window);
}

template <class T>
void depthwise_conv2d_kernel_grad_cuda(const T* x, const T* dz, T* dkernel, int64_t images, int64_t channels,
                                       const Window& window, Stream& stream) {
  sum_columns<1>("depthwise_conv2d", KernelTerm<T>{x, dz, channels, window}, StoreTap<T>{dkernel, channels},
                 window.rows.kernel * window.columns.kernel,
                 images * window.rows.output * window.columns.output, channels, stream);
}

// wide[i * times + j] = x[i] for j in [0, times).
template <class T>
void repeat_channels_cuda(const T* x, T* wide, int64_t size, int64_t times, Stream& stream) {
  launch_kernel("depthwise_conv2d", stream, {grid_for(size * times), kThreads}, repeat_channels<T>, x, wide,
                size, times);
}

// x[i] = the sum of wide[i * times + j] over j in [0, times).
template <class T>
void add_channels_cuda(const T* wide, T* x, int64_t size, int64_t times, Stream& stream) {
  launch_kernel("depthwise_conv2d", stream, {grid_for(size), kThreads}, add_channels<T>, wide, x, size,
                times);
}

template void depthwise_conv2d_cuda(const float*, const float*, const float*, bool, float*, int64_t, int64_t,
                                    const Window&, Stream&);
template void depthwise_conv2d_cuda(const double*, const double*, const double*, bool, double*, int64_t,
                                    int64_t, const Window&, Stream&);
template void depthwise_conv2d_input_grad_cuda(const float*, const float*, float*, int64_t, int64_t,
                                               const Window&, Stream&);
template void depthwise_conv2d_input_grad_cuda(const double*, const double*, double*, int64_t, int64_t,
                                               const Window&, Stream&);
template void depthwise_conv2d_kernel_grad_cuda(const float*, const float*, float*, int64_t, int64_t,
                                                const Window&, Stream&);
template void depthwise_conv2d_kernel_grad_cuda(const double*, const double*, double*, int64_t, int64_t,
                                                const Window&, Stream&);
template void repeat_channels_cuda(const float*, float*, int64_t, int64_t, Stream&);
template void repeat_channels_cuda(const double*, double*, int64_t, int64_t, Stream&);
template void add_channels_cuda(const float*, float*, int64_t, int64_t, Stream&);
template void add_channels_cuda(const double*, double*, int64_t, int64_t, Stream&);

}  // namespace afina
