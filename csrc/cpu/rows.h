#pragma once

#include <cstdint>

#include "cpu/vec.h"

// Reductions and maps over one contiguous row, for kernels whose rows stay in cache: f gets vectors, a short
// last one padded with the value that leaves the result alone.
namespace afina {

inline constexpr int64_t kRowGrain =
    16384;  // elements a chunk of rows: below this a second thread costs more

inline constexpr int64_t rows_per_chunk(int64_t n) {
  return n >= kRowGrain ? 1 : kRowGrain / (n < 1 ? 1 : n);
}

// f(i, v) over the row; returns the vector y to store there.
template <class T, class F>
KERNEL_INLINE void map_row(const T* x, T* y, int64_t n, const F& f) {
  int64_t i = 0;
  for (; i + kLanes<T> <= n; i += kLanes<T>) store(y + i, f(load(x + i)));
  if (i < n) store_partial(y + i, f(load_partial(x + i, n - i)), n - i);
}
template <class T, class F>
KERNEL_INLINE void map_row(const T* a, const T* b, T* y, int64_t n, const F& f) {
  int64_t i = 0;
  for (; i + kLanes<T> <= n; i += kLanes<T>) store(y + i, f(load(a + i), load(b + i)));
  if (i < n) store_partial(y + i, f(load_partial(a + i, n - i), load_partial(b + i, n - i)), n - i);
}

template <class T>
KERNEL_INLINE T row_max(const T* x, int64_t n) {
  const Vec<T> lowest = Vec<T>{} - static_cast<T>(__builtin_inf());
  Vec<T> a = lowest, b = lowest;
  int64_t i = 0;
  for (; i + 2 * kLanes<T> <= n; i += 2 * kLanes<T>) {
    a = max(load(x + i), a);
    b = max(load(x + i + kLanes<T>), b);
  }
  if (i + kLanes<T> <= n) {
    a = max(load(x + i), a);
    i += kLanes<T>;
  }
  if (i < n) b = max(load_partial(x + i, n - i, static_cast<T>(-__builtin_inf())), b);
  return max_lanes<T>(max(a, b));
}

// What one pass over a row adds up: `count` vectors of terms, and their sums.
template <class T, int count>
struct Terms {
  Vec<T> of[count];
};
template <int count>
struct RowSums {
  double of[count];
};

// The sums of f(i, lanes) over the row, f giving vectors of terms for elements [i, i + lanes), zero beyond.
// Four partial sums in T over kExactRun elements at a time, those sums in double: long rows do not drift.
inline constexpr int64_t kExactRun = 4096;
template <class T, int count, class F>
KERNEL_INLINE RowSums<count> row_sums(int64_t n, const F& f) {
  constexpr int64_t L = kLanes<T>;
  RowSums<count> total{};
  int64_t i = 0;
  do {
    const int64_t end = i + kExactRun < n ? i + kExactRun : n;
    Vec<T> sum[4][count] = {};
    const auto add = [&](Vec<T>(&to)[count], int64_t at, int64_t lanes) __attribute__((always_inline)) {
      const Terms<T, count> terms = f(at, lanes);
#pragma GCC unroll 4
      for (int k = 0; k < count; ++k) to[k] += terms.of[k];
    };
    for (; i + 4 * L <= end; i += 4 * L) {
      add(sum[0], i, L);
      add(sum[1], i + L, L);
      add(sum[2], i + 2 * L, L);
      add(sum[3], i + 3 * L, L);
    }
    for (; i + L <= end; i += L) add(sum[0], i, L);
    if (i < end) {
      add(sum[1], i, end - i);
      i = end;
    }
#pragma GCC unroll 4
    for (int k = 0; k < count; ++k)
      total.of[k] += static_cast<double>(sum_lanes<T>((sum[0][k] + sum[1][k]) + (sum[2][k] + sum[3][k])));
  } while (i < n);
  return total;
}

// The same for one sum; f gives one vector.
template <class T, class F>
KERNEL_INLINE double row_sum(int64_t n, const F& f) {
  return row_sums<T, 1>(n, [&](int64_t i, int64_t lanes)
                               __attribute__((always_inline)) { return Terms<T, 1>{{f(i, lanes)}}; })
      .of[0];
}

// f(i, count) over the vectors of a row.
template <class T, class F>
KERNEL_INLINE void each_vector(int64_t n, const F& f) {
  int64_t i = 0;
  for (; i + kLanes<T> <= n; i += kLanes<T>) f(i, kLanes<T>);
  if (i < n) f(i, n - i);
}

// v with the lanes from `count` on set to zero.
template <class T>
KERNEL_INLINE Vec<T> keep_lanes(Vec<T> v, int64_t count) {
  if (count == kLanes<T>) return v;
  Mask<T> lane;
  for (int64_t i = 0; i < kLanes<T>; ++i) lane[i] = static_cast<Scalar<Mask<T>>>(i);
  return lane < static_cast<Scalar<Mask<T>>>(count) ? v : Vec<T>{};
}

}  // namespace afina
