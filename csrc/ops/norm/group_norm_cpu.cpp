#include <cstdint>

#include "core/isa.h"
#include "cpu/columns.h"
#include "cpu/math.h"
#include "cpu/parallel.h"
#include "ops/norm/normalize.h"

// x is (instances, rows, c); a group is `size` = c / groups channels.  Each instance is a batch norm of its
// own whose channels share their statistics within a group.
namespace afina {

// Small instances are taken several at a time; large ones are cut further inside.
KERNEL_INLINE int64_t instances_per_chunk(int64_t elements) {
  constexpr int64_t kElements = 16384;
  return elements >= kElements ? 1 : kElements / elements;
}

template <Isa I, class T>
void group_norm_cpu(const T* x, const T* gamma, const T* beta, T epsilon, double* moments, T* y, T* mean,
                    T* inverse, int64_t instances, int64_t rows, int64_t c, int64_t groups) {
  const int64_t size = c / groups;
  parallel_range(instances, instances_per_chunk(rows * c), [=](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) {
      const T* const image = x + n * rows * c;
      double* const centres = moments + n * 2 * c;
      double* const spreads = centres + c;
      // 1. statistics of each channel, then of each group
      column_moments(image, rows, c, centres, spreads);
      T* const scale = column_scratch<T>(c, 3);
      for (int64_t first = 0; first < c; first += size) {
        Moments group{0, 0, 0};
        for (int64_t i = first; i < first + size; ++i)
          group = merged(group, {static_cast<double>(rows), centres[i], spreads[i]});
        const double variance = group.spread / group.count;
        const T root = static_cast<T>(1 / __builtin_sqrt(variance + static_cast<double>(epsilon)));
        for (int64_t i = first; i < first + size; ++i) {
          mean[n * c + i] = static_cast<T>(group.mean);
          inverse[n * c + i] = root;
          scale[i] = gamma == nullptr ? root : gamma[i] * root;
        }
      }
      // 2. y
      scale_columns(image, mean + n * c, scale, beta, y + n * rows * c, rows, c);
    }
  });
}

template <Isa I, class T>
void group_norm_grad_cpu(const T* dy, const T* x, const T* gamma, const T* mean, const T* inverse,
                         double* sums, T* dx, T* dgamma, T* dbeta, int64_t instances, int64_t rows, int64_t c,
                         int64_t groups) {
  const int64_t size = c / groups;
  const double all = static_cast<double>(rows * size);
  parallel_range(instances, instances_per_chunk(rows * c), [=](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) {
      const int64_t at = n * rows * c;
      const T* const centre = mean + n * c;
      double* const dots = sums + n * 2 * c;
      // 1. sums of dy and of dy (x - mean) of each channel
      column_dots(dy + at, x + at, centre, rows, c, dots, dots + c);
      if (dx == nullptr) continue;
      T* const scale = column_scratch<T>(3 * c, 3);
      T* const a = scale + c;
      T* const b = a + c;
      for (int64_t first = 0; first < c; first += size) {
        double sum = 0, dot = 0;
        for (int64_t i = first; i < first + size; ++i) {
          const double weight = gamma == nullptr ? 1.0 : static_cast<double>(gamma[i]);
          sum += weight * dots[i];
          dot += weight * dots[c + i];
        }
        const double r = static_cast<double>(inverse[n * c + first]);
        for (int64_t i = first; i < first + size; ++i) {
          scale[i] = gamma == nullptr ? static_cast<T>(r) : static_cast<T>(static_cast<double>(gamma[i]) * r);
          a[i] = static_cast<T>(r * sum / all);
          b[i] = static_cast<T>(r * r * r * dot / all);
        }
      }
      // 2. dx
      scale_columns_grad(dy + at, x + at, centre, scale, a, b, dx + at, rows, c);
    }
  });
  // 3. dgamma and dbeta, instance by instance in order
  if (dgamma == nullptr) return;
  for (int64_t i = 0; i < c; ++i) {
    double first = 0, second = 0;
    for (int64_t n = 0; n < instances; ++n) {
      first += sums[n * 2 * c + c + i] * static_cast<double>(inverse[n * c + i]);
      second += sums[n * 2 * c + i];
    }
    dgamma[i] = static_cast<T>(first);
    dbeta[i] = static_cast<T>(second);
  }
}

template void group_norm_cpu<kIsa>(const float*, const float*, const float*, float, double*, float*, float*,
                                   float*, int64_t, int64_t, int64_t, int64_t);
template void group_norm_cpu<kIsa>(const double*, const double*, const double*, double, double*, double*,
                                   double*, double*, int64_t, int64_t, int64_t, int64_t);
template void group_norm_grad_cpu<kIsa>(const float*, const float*, const float*, const float*, const float*,
                                        double*, float*, float*, float*, int64_t, int64_t, int64_t, int64_t);
template void group_norm_grad_cpu<kIsa>(const double*, const double*, const double*, const double*,
                                        const double*, double*, double*, double*, double*, int64_t, int64_t,
                                        int64_t, int64_t);

}  // namespace afina
