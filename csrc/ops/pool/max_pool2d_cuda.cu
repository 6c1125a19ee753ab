#include "cuda/launch.h"
#include "ops/conv/pixel.cuh"
#include "ops/conv/window.h"

// A thread an element; neighbours along the channels read neighbours in memory.
namespace afina {
namespace {

template <class T, class Tap>
__global__ void __launch_bounds__(kThreads)
    largest_of_windows(const T* x, T* y, Tap* winners, int64_t size, int64_t channels, Window window) {
  const WindowAxis &rows = window.rows, &columns = window.columns;
  for (int64_t i = first_element(); i < size; i += element_step()) {
    const int64_t c = i % channels;
    const auto [image, oy, ox] = Pixel(i / channels, rows.output, columns.output);
    const Span down = rows.taps_inside(oy), across = columns.taps_inside(ox);
    const T* const corner =
        x + ((image * rows.input + rows.origin(oy)) * columns.input + columns.origin(ox)) * channels + c;
    T largest = corner[(down.begin * columns.input + across.begin) * channels];
    int64_t winner = down.begin * columns.kernel + across.begin;
    for (int64_t r = down.begin; r < down.end; ++r)
      for (int64_t s = across.begin; s < across.end; ++s) {
        const T value = corner[(r * columns.input + s) * channels];
        // Larger, or the first NaN: "not smaller or equal" holds for a NaN, "equals itself" for a number.
        if (!(value <= largest) && largest == largest) {
          largest = value;
          winner = r * columns.kernel + s;
        }
      }
    y[i] = largest;
    if (winners != nullptr) winners[i] = static_cast<Tap>(winner);
  }
}

template <class T, class Tap>
__global__ void __launch_bounds__(kThreads)
    sum_won(const Tap* winners, const T* dy, T* dx, int64_t size, int64_t channels, Window window) {
  const WindowAxis &rows = window.rows, &columns = window.columns;
  for (int64_t i = first_element(); i < size; i += element_step()) {
    const int64_t c = i % channels;
    const auto [image, iy, ix] = Pixel(i / channels, rows.input, columns.input);
    const Span down = rows.outputs_over(iy), across = columns.outputs_over(ix);
    T sum{};
    for (int64_t oy = down.begin; oy < down.end; ++oy)
      for (int64_t ox = across.begin; ox < across.end; ++ox) {
        const int64_t tap = (iy - rows.origin(oy)) * columns.kernel + ix - columns.origin(ox);
        const int64_t out = ((image * rows.output + oy) * columns.output + ox) * channels + c;
        if (static_cast<int64_t>(winners[out]) == tap) sum += dy[out];
      }
    dx[i] = sum;
  }
}

}  // namespace

// winners (null: not wanted): the tap of each output's first maximum, row * kernel width + column.
template <class T, class Tap>
void max_pool2d_cuda(const T* x, T* y, Tap* winners, int64_t images, int64_t channels, const Window& window,
                     Stream& stream) {
  const int64_t size = images * window.rows.output * window.columns.output * channels;
  launch_kernel("max_pool2d", stream, {grid_for(size), kThreads}, largest_of_windows<T, Tap>, x, y, winners,
                size, channels, window);
}

// dx = the sum of dy over the windows that x won: every value of x asks the windows over it, so that no two
// threads write one place and the order of the sum is fixed.
template <class T, class Tap>
void max_pool2d_grad_cuda(const Tap* winners, const T* dy, T* dx, int64_t images, int64_t channels,
                          const Window& window, Stream& stream) {
  const int64_t size = images * window.rows.input * window.columns.input * channels;
  launch_kernel("max_pool2d", stream, {grid_for(size), kThreads}, sum_won<T, Tap>, winners, dy, dx, size,
                channels, window);
}

template void max_pool2d_cuda(const float*, float*, uint8_t*, int64_t, int64_t, const Window&, Stream&);
template void max_pool2d_cuda(const float*, float*, int32_t*, int64_t, int64_t, const Window&, Stream&);
template void max_pool2d_cuda(const double*, double*, uint8_t*, int64_t, int64_t, const Window&, Stream&);
template void max_pool2d_cuda(const double*, double*, int32_t*, int64_t, int64_t, const Window&, Stream&);
template void max_pool2d_grad_cuda(const uint8_t*, const float*, float*, int64_t, int64_t, const Window&,
                                   Stream&);
template void max_pool2d_grad_cuda(const int32_t*, const float*, float*, int64_t, int64_t, const Window&,
                                   Stream&);
template void max_pool2d_grad_cuda(const uint8_t*, const double*, double*, int64_t, int64_t, const Window&,
                                   Stream&);
template void max_pool2d_grad_cuda(const int32_t*, const double*, double*, int64_t, int64_t, const Window&,
                                   Stream&);

}  // namespace afina
