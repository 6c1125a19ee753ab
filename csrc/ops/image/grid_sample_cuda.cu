#include "cuda/launch.h"
#include "ops/image/sampling.h"

namespace afina {
namespace {

template <Fill kFill, int kAxes, class T>
__device__ __forceinline__ void find_corners(const T* points, const Sampling& s, int64_t point,
                                             Around<T> (&corners)[kAxes]) {
  for (int a = 0; a < kAxes; ++a) {
    const T position = points[a * s.images * s.points + point];
    corners[a] = around<kFill>(bounded(position), static_cast<int32_t>(s.size[a]), s.nearest);
    corners[a].low_share += unknown(position);
  }
}

template <Fill kFill, int kAxes, class T>
__global__ void __launch_bounds__(kThreads) sample(const T* x, const T* points, T* y, Sampling s) {
  const int64_t image_size = s.pixels() * s.channels, size = s.images * s.points * s.channels;
  for (int64_t i = first_element(); i < size; i += element_step()) {
    const int64_t point = i / s.channels;
    const T* const image = x + point / s.points * image_size + i % s.channels;
    Around<T> corners[kAxes];
    find_corners<kFill>(points, s, point, corners);
    T sum{};
    const T rest = each_corner(corners, s.size,
                               [&](int64_t pixel, T share) { sum += share * image[pixel * s.channels]; });
    y[i] = sum + rest * s.outside<T>();
  }
}

// A thread a channel of an image, its points in their order: no two write one place.
template <Fill kFill, int kAxes, class T>
__global__ void __launch_bounds__(kThreads) spread(const T* dy, const T* points, T* dx, Sampling s) {
  const int64_t image_size = s.pixels() * s.channels;
  for (int64_t i = first_element(); i < s.images * s.channels; i += element_step()) {
    const int64_t image = i / s.channels, channel = i % s.channels;
    T* const target = dx + image * image_size + channel;
    for (int64_t point = image * s.points; point < (image + 1) * s.points; ++point) {
      Around<T> corners[kAxes];
      find_corners<kFill>(points, s, point, corners);
      const T slope = dy[point * s.channels + channel];
      each_corner(corners, s.size,
                  [&](int64_t pixel, T share) { target[pixel * s.channels] += share * slope; });
    }
  }
}

}  // namespace

template <class T>
void grid_sample_cuda(const T* x, const T* points, T* y, const Sampling& s, Stream& stream) {
  const int64_t size = s.images * s.points * s.channels;
  if (size == 0) return;
  visit_fill(s.fill, [&]<Fill kFill>() {
    auto* const kernel = s.axes == 1   ? sample<kFill, 1, T>
                         : s.axes == 2 ? sample<kFill, 2, T>
                                       : sample<kFill, 3, T>;
    launch_kernel("grid_sample", stream, {grid_for(size), kThreads}, kernel, x, points, y, s);
  });
}

template <class T>
void grid_sample_grad_cuda(const T* dy, const T* points, T* dx, const Sampling& s, Stream& stream) {
  const int64_t size = s.images * s.channels;
  if (size == 0 || s.points == 0) return;
  visit_fill(s.fill, [&]<Fill kFill>() {
    auto* const kernel = s.axes == 1   ? spread<kFill, 1, T>
                         : s.axes == 2 ? spread<kFill, 2, T>
                                       : spread<kFill, 3, T>;
    launch_kernel("grid_sample", stream, {grid_for(size), kThreads}, kernel, dy, points, dx, s);
  });
}

template void grid_sample_cuda(const float*, const float*, float*, const Sampling&, Stream&);
template void grid_sample_cuda(const double*, const double*, double*, const Sampling&, Stream&);
template void grid_sample_grad_cuda(const float*, const float*, float*, const Sampling&, Stream&);
template void grid_sample_grad_cuda(const double*, const double*, double*, const Sampling&, Stream&);

}  // namespace afina
