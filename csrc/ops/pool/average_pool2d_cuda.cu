#include "cuda/launch.h"
#include "ops/conv/pixel.cuh"
#include "ops/conv/window.h"

// A thread an element; neighbours along the channels read neighbours in memory.
namespace afina {
namespace {

__device__ __forceinline__ int64_t count_of(Span down, Span across) {
  return (down.end - down.begin) * (across.end - across.begin);
}

template <class T>
__global__ void __launch_bounds__(kThreads)
    mean_of_windows(const T* x, T* y, int64_t size, int64_t channels, Window window) {
  const WindowAxis &rows = window.rows, &columns = window.columns;
  for (int64_t i = first_element(); i < size; i += element_step()) {
    const int64_t c = i % channels;
    const auto [image, oy, ox] = Pixel(i / channels, rows.output, columns.output);
    const Span down = rows.taps_inside(oy), across = columns.taps_inside(ox);
    const int64_t first_y = image * rows.input + rows.origin(oy), first_x = columns.origin(ox);
    T sum{};
    for (int64_t r = down.begin; r < down.end; ++r)
      for (int64_t s = across.begin; s < across.end; ++s)
        sum += x[((first_y + r) * columns.input + first_x + s) * channels + c];
    y[i] = sum / static_cast<T>(count_of(down, across));
  }
}

template <class T>
__global__ void __launch_bounds__(kThreads)
    sum_shares(const T* dy, T* dx, int64_t size, int64_t channels, Window window) {
  const WindowAxis &rows = window.rows, &columns = window.columns;
  for (int64_t i = first_element(); i < size; i += element_step()) {
    const int64_t c = i % channels;
    const auto [image, iy, ix] = Pixel(i / channels, rows.input, columns.input);
    const Span down = rows.outputs_over(iy), across = columns.outputs_over(ix);
    T sum{};
    for (int64_t oy = down.begin; oy < down.end; ++oy)
      for (int64_t ox = across.begin; ox < across.end; ++ox)
        sum += T{1} / static_cast<T>(count_of(rows.taps_inside(oy), columns.taps_inside(ox))) *
               dy[((image * rows.output + oy) * columns.output + ox) * channels + c];
    dx[i] = sum;
  }
}

}  // namespace

template <class T>
void average_pool2d_cuda(const T* x, T* y, int64_t images, int64_t channels, const Window& window,
                         Stream& stream) {
  const int64_t size = images * window.rows.output * window.columns.output * channels;
  launch_kernel("average_pool2d", stream, {grid_for(size), kThreads}, mean_of_windows<T>, x, y, size,
                channels, window);
}

// dx = the sum of dy / count over the windows over each value of x.
template <class T>
void average_pool2d_grad_cuda(const T* dy, T* dx, int64_t images, int64_t channels, const Window& window,
                              Stream& stream) {
  const int64_t size = images * window.rows.input * window.columns.input * channels;
  launch_kernel("average_pool2d", stream, {grid_for(size), kThreads}, sum_shares<T>, dy, dx, size, channels,
                window);
}

template void average_pool2d_cuda(const float*, float*, int64_t, int64_t, const Window&, Stream&);
template void average_pool2d_cuda(const double*, double*, int64_t, int64_t, const Window&, Stream&);
template void average_pool2d_grad_cuda(const float*, float*, int64_t, int64_t, const Window&, Stream&);
template void average_pool2d_grad_cuda(const double*, double*, int64_t, int64_t, const Window&, Stream&);

}  // namespace afina
