#include <cstdint>

#include "core/isa.h"
#include "cpu/parallel.h"
#include "cpu/rows.h"
#include "cpu/scratch.h"
#include "cpu/vec.h"

namespace afina {

constexpr int64_t kRowsPerChunk = 16384;

template <Isa I, class T>
double weighted_sum_cpu(const T* losses, const T* weights, int64_t rows_per_weight, int64_t rows) {
  const int64_t chunks = (rows + kRowsPerChunk - 1) / kRowsPerChunk;
  double* const sums = static_cast<double*>(thread_scratch(static_cast<size_t>(chunks) * sizeof(double), 0));
  parallel_range(rows, kRowsPerChunk, [=](int64_t begin, int64_t end) {
    if (weights == nullptr) {
      sums[begin / kRowsPerChunk] = row_sum<T>(
          end - begin, [=](int64_t i, int64_t count) { return load_lanes(losses + begin + i, count); });
      return;
    }
    double sum = 0;
    for (int64_t r = begin; r < end; ++r)
      sum += static_cast<double>(losses[r]) * static_cast<double>(weights[r / rows_per_weight]);
    sums[begin / kRowsPerChunk] = sum;
  });
  double total = 0;
  for (int64_t c = 0; c < chunks; ++c) total += sums[c];
  return total;
}

template <Isa I, class T>
void weight_rows_cpu(const T* x, int64_t step, const T* weights, int64_t rows_per_weight, T factor, T* y,
                     int64_t rows) {
  parallel_range(rows, kRowsPerChunk, [=](int64_t begin, int64_t end) {
    if (weights == nullptr)
      for (int64_t r = begin; r < end; ++r) y[r] = x[r * step] * factor;
    else
      for (int64_t r = begin; r < end; ++r) y[r] = x[r * step] * (weights[r / rows_per_weight] * factor);
  });
}

template <Isa I, class T>
int64_t first_nan_cpu(const T* x, int64_t n) {
  // A vector at a time says whether there is one; only then is it looked for.
  const int64_t chunks = (n + kRowsPerChunk - 1) / kRowsPerChunk;
  int32_t* const found =
      static_cast<int32_t*>(thread_scratch(static_cast<size_t>(chunks) * sizeof(int32_t), 0));
  parallel_range(n, kRowsPerChunk, [=](int64_t begin, int64_t end) {
    Mask<T> any = {};
    int64_t i = begin;
    for (; i + kLanes<T> <= end; i += kLanes<T>) {
      const Vec<T> v = load(x + i);
      any |= v != v;
    }
    int32_t bad = 0;
    for (; i < end; ++i) bad |= x[i] != x[i];
    for (int64_t k = 0; k < kLanes<T>; ++k) bad |= any[k] != 0;
    found[begin / kRowsPerChunk] = bad;
  });
  for (int64_t c = 0; c < chunks; ++c)
    if (found[c] != 0)
      for (int64_t i = c * kRowsPerChunk;; ++i)
        if (x[i] != x[i]) return i;
  return -1;
}

template double weighted_sum_cpu<kIsa>(const float*, const float*, int64_t, int64_t);
template double weighted_sum_cpu<kIsa>(const double*, const double*, int64_t, int64_t);
template void weight_rows_cpu<kIsa>(const float*, int64_t, const float*, int64_t, float, float*, int64_t);
template void weight_rows_cpu<kIsa>(const double*, int64_t, const double*, int64_t, double, double*, int64_t);
template int64_t first_nan_cpu<kIsa>(const float*, int64_t);
template int64_t first_nan_cpu<kIsa>(const double*, int64_t);

}  // namespace afina
