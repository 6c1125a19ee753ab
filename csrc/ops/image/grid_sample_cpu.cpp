#include <cstdint>

#include "core/isa.h"
#include "cpu/parallel.h"
#include "cpu/vec.h"
#include "ops/image/sampling.h"

namespace afina {
namespace {

constexpr int64_t kBlock = 128;  // points whose pixels are found together, by vectors

// The pixels around up to kBlock positions on an axis.
template <class T>
struct Corners {
  int32_t low[kBlock], high[kBlock];
  T low_share[kBlock], high_share[kBlock];
};

template <Fill kFill, class T>
[[gnu::noinline]] void find_corners(const T* position, int64_t count, int32_t size, bool nearest,
                                    Corners<T>& corners) {
  T near[kBlock];  // in a loop of its own, which keeps the compiler from making paths of the cases
  for (int64_t i = 0; i < count; ++i) near[i] = bounded(position[i]);
  for (int64_t i = 0; i < count; ++i) {
    const Around<T> found = around<kFill>(near[i], size, nearest);
    corners.low[i] = found.low;
    corners.high[i] = found.high;
    corners.low_share[i] = found.low_share + unknown(position[i]);
    corners.high_share[i] = found.high_share;
  }
}

// f(image, point, corners) for the points [first, last) of all images; corners[a] are the pixels around the
// point on axis a.
template <int kAxes, class T, class F>
KERNEL_INLINE void each_point(const T* points, const Sampling& s, int64_t first, int64_t last, const F& f) {
  Corners<T> all[kAxes];
  for (int64_t begin = first; begin < last;) {
    const int64_t image = begin / s.points, rest = (image + 1) * s.points - begin;
    int64_t count = last - begin < kBlock ? last - begin : kBlock;
    count = rest < count ? rest : count;
    for (int a = 0; a < kAxes; ++a) {
      const T* const position = points + a * s.images * s.points + begin;
      visit_fill(s.fill, [&]<Fill kFill>() {
        find_corners<kFill>(position, count, static_cast<int32_t>(s.size[a]), s.nearest, all[a]);
      });
    }
    for (int64_t i = 0; i < count; ++i) {
      Around<T> corners[kAxes];
      for (int a = 0; a < kAxes; ++a)
        corners[a] = {all[a].low[i], all[a].high[i], all[a].low_share[i], all[a].high_share[i]};
      f(image, begin + i, corners);
    }
    begin += count;
  }
}

// y = what is read of an image of kFew channels: a vector would hold more lanes that are not than that are.
template <int kFew, int kAxes, class T>
KERNEL_INLINE void sample_few(const T* image, T* y, const Around<T> (&corners)[kAxes], const Sampling& s) {
  T sum[kFew] = {};
  const T rest = each_corner(corners, s.size, [&](int64_t pixel, T share) {
    for (int j = 0; j < kFew; ++j) sum[j] += share * image[pixel * kFew + j];
  });
  for (int j = 0; j < kFew; ++j) y[j] = sum[j] + rest * s.outside<T>();
}

template <int kAxes, class T>
KERNEL_INLINE void sample_many(const T* image, T* y, const Around<T> (&corners)[kAxes], const Sampling& s) {
  for (int64_t j = 0; j < s.channels; j += kLanes<T>) {
    const int64_t lanes = s.channels - j < kLanes<T> ? s.channels - j : kLanes<T>;
    Vec<T> sum{};
    const T rest = each_corner(corners, s.size, [&](int64_t pixel, T share) {
      sum += share * load_lanes(image + pixel * s.channels + j, lanes);
    });
    store_lanes(y + j, sum + rest * s.outside<T>(), lanes);
  }
}

template <int kAxes, class T>
KERNEL_INLINE void sample_points(const T* x, const T* points, T* y, const Sampling& s) {
  const int64_t image_size = s.pixels() * s.channels;
  const auto read = [&](const auto& one) __attribute__((always_inline)) {
    parallel_range(s.images * s.points, items_per_chunk(s.channels), [&](int64_t first, int64_t last) {
      each_point<kAxes>(points, s, first, last,
                        [&](int64_t image, int64_t point, const Around<T>(&corners)[kAxes]) {
                          one(x + image * image_size, y + point * s.channels, corners);
                        });
    });
  };
  switch (s.channels) {
    case 1:
      return read([&](const T* image, T* target, const Around<T>(&corners)[kAxes]) {
        sample_few<1>(image, target, corners, s);
      });
    case 3:
      return read([&](const T* image, T* target, const Around<T>(&corners)[kAxes]) {
        sample_few<3>(image, target, corners, s);
      });
    default:
      return read([&](const T* image, T* target, const Around<T>(&corners)[kAxes]) {
        sample_many(image, target, corners, s);
      });
  }
}

// An image is one thread's: no two add to one pixel, and the order of the sums is that of the points.
template <int kAxes, class T>
KERNEL_INLINE void spread_points(const T* dy, const T* points, T* dx, const Sampling& s) {
  constexpr int64_t kFew = 4;  // channels that are added one by one
  const int64_t channels = s.channels, image_size = s.pixels() * channels;
  parallel_range(s.images, items_per_chunk(s.points * channels), [&](int64_t first, int64_t last) {
    each_point<kAxes>(
        points, s, first * s.points, last * s.points,
        [&](int64_t image, int64_t point, const Around<T>(&corners)[kAxes]) {
          T* const target = dx + image * image_size;
          const T* const slope = dy + point * channels;
          each_corner(corners, s.size, [&](int64_t pixel, T share) {
            T* const sum = target + pixel * channels;
            if (channels <= kFew) {
              for (int64_t j = 0; j < channels; ++j) sum[j] += share * slope[j];
              return;
            }
            for (int64_t j = 0; j < channels; j += kLanes<T>) {
              const int64_t left = channels - j, lanes = left < kLanes<T> ? left : kLanes<T>;
              store_lanes(sum + j, load_lanes(sum + j, lanes) + share * load_lanes(slope + j, lanes), lanes);
            }
          });
        });
  });
}

}  // namespace

template <Isa I, class T>
void grid_sample_cpu(const T* x, const T* points, T* y, const Sampling& sampling) {
  switch (sampling.axes) {
    case 1: return sample_points<1>(x, points, y, sampling);
    case 2: return sample_points<2>(x, points, y, sampling);
    default: return sample_points<3>(x, points, y, sampling);
  }
}

template <Isa I, class T>
void grid_sample_grad_cpu(const T* dy, const T* points, T* dx, const Sampling& sampling) {
  switch (sampling.axes) {
    case 1: return spread_points<1>(dy, points, dx, sampling);
    case 2: return spread_points<2>(dy, points, dx, sampling);
    default: return spread_points<3>(dy, points, dx, sampling);
  }
}

template void grid_sample_cpu<kIsa, float>(const float*, const float*, float*, const Sampling&);
template void grid_sample_cpu<kIsa, double>(const double*, const double*, double*, const Sampling&);
template void grid_sample_grad_cpu<kIsa, float>(const float*, const float*, float*, const Sampling&);
template void grid_sample_grad_cpu<kIsa, double>(const double*, const double*, double*, const Sampling&);

}  // namespace afina
