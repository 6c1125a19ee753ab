#include <cstddef>
#include <cstdint>

#include "core/isa.h"
#include "cpu/math.h"
#include "cpu/output.h"
#include "cpu/parallel.h"
#include "cpu/rows.h"
#include "cpu/scratch.h"
#include "cpu/splits.h"
#include "cpu/vec.h"

// rows = product of the leading axes, n = elements of a row.
namespace afina {

constexpr int64_t kMostChunks = 64;  // bounds the memory of the chunks' gamma and beta sums
constexpr int64_t kSumRows = 128;    // rows whose sums run in T before they are added in double

// gamma at [i, i + count), ones where there is none.
template <class T>
KERNEL_INLINE Vec<T> gamma_at(const T* gamma, int64_t i, int64_t count) {
  return gamma == nullptr ? splat<Vec<T>>(1) : load_lanes(gamma + i, count);
}

template <Isa I, class T>
void layer_norm_cpu(const T* x, const T* gamma, const T* beta, T epsilon, T* y, T* mean, T* inverse,
                    int64_t rows, int64_t n) {
  const Output<T> out(y, rows * n);
  parallel_range(rows, rows_per_chunk(n), [=](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      const T* const row = x + r * n;
      // 1. mean, then the spread around it: the row lies in cache
      const double sum = row_sum<T>(n, [=](int64_t i, int64_t count) { return load_lanes(row + i, count); });
      const T centre = static_cast<T>(sum / static_cast<double>(n));
      const double spread = row_sum<T>(n, [=](int64_t i, int64_t count) {
        const Vec<T> d = load_lanes(row + i, count, centre) - centre;
        return d * d;
      });
      const T scale =
          static_cast<T>(1 / __builtin_sqrt(spread / static_cast<double>(n) + static_cast<double>(epsilon)));
      mean[r] = centre;
      inverse[r] = scale;
      // 2. y
      each_vector<T>(n, [=](int64_t i, int64_t count) {
        Vec<T> v = (load_lanes(row + i, count) - centre) * scale * gamma_at(gamma, i, count);
        if (beta != nullptr) v += load_lanes(beta + i, count);
        out.put(r * n + i, v, count);
      });
    }
  });
}

template <Isa I, class T>
void layer_norm_grad_cpu(const T* dy, const T* x, const T* gamma, const T* mean, const T* inverse, T* dx,
                         T* dgamma, T* dbeta, int64_t rows, int64_t n) {
  int64_t chunk_rows = rows_per_chunk(n);
  if (chunk_rows * kMostChunks < rows) chunk_rows = (rows + kMostChunks - 1) / kMostChunks;
  const int64_t chunks = (rows + chunk_rows - 1) / chunk_rows;
  // Sums of dy xhat and of dy for each chunk, in double.
  double* const sums =
      dgamma == nullptr
          ? nullptr
          : static_cast<double*>(thread_scratch(static_cast<size_t>(chunks * 2 * n + 1) * sizeof(double), 0));
  const Output<T> out(dx, rows * n);
  parallel_chunks(chunks, [=](int64_t chunk) {
    const int64_t begin = chunk * chunk_rows, end = begin + chunk_rows < rows ? begin + chunk_rows : rows;
    double* const wide = sums == nullptr ? nullptr : sums + chunk * 2 * n;
    const int64_t room = (n + kLanes<T>) / kLanes<T> * kLanes<T>;
    T* const near = static_cast<T*>(thread_scratch(static_cast<size_t>(2 * room) * sizeof(T), 1));
    for (int64_t i = 0; wide != nullptr && i < 2 * n; ++i) wide[i] = 0;
    for (int64_t from = begin; from < end; from += kSumRows) {
      const int64_t to = from + kSumRows < end ? from + kSumRows : end;
      for (int64_t i = 0; wide != nullptr && i < 2 * room; ++i) near[i] = T{0};
      for (int64_t r = from; r < to; ++r) {
        const T* const g = dy + r * n;
        const T* const row = x + r * n;
        const T centre = mean[r], scale = inverse[r];
        const auto hat_at = [=](int64_t i, int64_t count) __attribute__((always_inline)) {
          return (load_lanes(row + i, count, centre) - centre) * scale;
        };
        // 1. the sums of gamma dy and gamma dy xhat, and what the row adds to dgamma and dbeta
        const auto terms_at = [=](int64_t i, int64_t count, bool keeps) __attribute__((always_inline)) {
          const Vec<T> d = load_lanes(g + i, count), product = d * hat_at(i, count);
          if (keeps) {
            store(near + i, load(near + i) + product);
            store(near + room + i, load(near + room + i) + d);
          }
          const Vec<T> weight = gamma_at(gamma, i, count);
          return Terms<T, 2>{{d * weight, product * weight}};
        };
        const RowSums<2> sum =
            wide != nullptr
                ? row_sums<T, 2>(n, [=](int64_t i, int64_t count) { return terms_at(i, count, true); })
                : row_sums<T, 2>(n, [=](int64_t i, int64_t count) { return terms_at(i, count, false); });
        // 2. dx
        if (dx == nullptr) continue;
        const T mean_g = static_cast<T>(sum.of[0] / static_cast<double>(n));
        const T mean_gx = static_cast<T>(sum.of[1] / static_cast<double>(n));
        each_vector<T>(n, [=](int64_t i, int64_t count) {
          const Vec<T> weighted = load_lanes(g + i, count) * gamma_at(gamma, i, count);
          out.put(r * n + i, scale * (weighted - mean_g - hat_at(i, count) * mean_gx), count);
        });
      }
      for (int64_t i = 0; wide != nullptr && i < n; ++i) {
        wide[i] += static_cast<double>(near[i]);
        wide[n + i] += static_cast<double>(near[room + i]);
      }
    }
  });
  if (dgamma == nullptr) return;
  add_splits(sums, chunks, 2 * n, sums);
  for (int64_t i = 0; i < n; ++i) {
    dgamma[i] = static_cast<T>(sums[i]);
    dbeta[i] = static_cast<T>(sums[n + i]);
  }
}

template void layer_norm_cpu<kIsa>(const float*, const float*, const float*, float, float*, float*, float*,
                                   int64_t, int64_t);
template void layer_norm_cpu<kIsa>(const double*, const double*, const double*, double, double*, double*,
                                   double*, int64_t, int64_t);
template void layer_norm_grad_cpu<kIsa>(const float*, const float*, const float*, const float*, const float*,
                                        float*, float*, float*, int64_t, int64_t);
template void layer_norm_grad_cpu<kIsa>(const double*, const double*, const double*, const double*,
                                        const double*, double*, double*, double*, int64_t, int64_t);

}  // namespace afina
