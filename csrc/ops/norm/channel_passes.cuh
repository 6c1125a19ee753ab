#pragma once

#include "cuda/columns.h"
#include "cuda/math.h"

// The passes that batch, instance and group normalization share on a device: x is (images, rows, c), and
// every channel of an image has numbers of its own (all images share them where the step is 0).
namespace afina {
namespace {

// Sums of x - s and its square, s being the channel's first value: no digits are lost where the mean is far
// from 0.
template <class T>
struct MomentTerm {
  const T* x;
  int64_t rows, c;
  __device__ void operator()(int64_t image, int64_t r, int64_t i, double* sums) const {
    const T* const channel = x + image * rows * c + i;
    const double d = static_cast<double>(channel[r * c]) - static_cast<double>(channel[0]);
    sums[0] += d;
    sums[1] += d * d;
  }
};

struct Moments {
  double mean, spread;  // spread: the sum of squares around the mean
};
template <class T>
__device__ __forceinline__ Moments moments_of(const MomentTerm<T>& term, int64_t image, int64_t i,
                                              const double* sums) {
  const double rows = static_cast<double>(term.rows),
               shift = static_cast<double>(term.x[image * term.rows * term.c + i]);
  const double spread = sums[1] - sums[0] * sums[0] / rows;
  return {shift + sums[0] / rows, spread > 0 || spread != spread ? spread : 0};
}

// Sums of dy and of dy (x - mean).
template <class T>
struct DotTerm {
  const T *dy, *x, *mean;
  int64_t rows, c, mean_step;  // mean_step: from image to image
  __device__ void operator()(int64_t image, int64_t r, int64_t i, double* sums) const {
    const int64_t at = (image * rows + r) * c + i;
    const double d = static_cast<double>(dy[at]);
    sums[0] += d;
    sums[1] += d * static_cast<double>(x[at] - mean[image * mean_step + i]);
  }
};

// y = act((x - mean) scale + shift); a null mean or shift is 0.  mean and scale: (images, c), step apart.
template <class T>
__global__ void __launch_bounds__(kThreads)
    scale_columns(const T* x, const T* mean, const T* scale, const T* shift, T* y, int64_t images,
                  int64_t rows, int64_t c, int64_t step, bool relu) {
  const int64_t image_size = rows * c;
  for (int64_t at = first_element(); at < images * image_size; at += element_step()) {
    const int64_t i = at % c, own = at / image_size * step + i;
    T v = (mean == nullptr ? x[at] : x[at] - mean[own]) * scale[own];
    if (shift != nullptr) v += shift[i];
    y[at] = relu && T{0} > v ? T{0} : v;
  }
}

// dx = scale dy - a - b (x - mean); all four (images, c), step apart.
template <class T>
__global__ void __launch_bounds__(kThreads)
    scale_columns_grad(const T* dy, const T* x, const T* mean, const T* scale, const T* a, const T* b, T* dx,
                       int64_t images, int64_t rows, int64_t c, int64_t step) {
  const int64_t image_size = rows * c;
  for (int64_t at = first_element(); at < images * image_size; at += element_step()) {
    const int64_t own = at / image_size * step + at % c;
    dx[at] = dy[at] * scale[own] - a[own] - (x[at] - mean[own]) * b[own];
  }
}

}  // namespace
}  // namespace afina
