#include <cstdint>

#include "core/isa.h"
#include "cpu/math.h"
#include "cpu/parallel.h"
#include "cpu/rows.h"
#include "cpu/vec.h"

// outer, n, inner: x is (outer, n, inner) and the sums run over n.  With inner = 1 a row is contiguous and
// vectors lie along it; otherwise vectors lie along inner, one softmax a lane.
namespace afina {
namespace {

// The scalar logarithm of the vector library, so that every path rounds alike.
template <class T>
KERNEL_INLINE T log_of(T x) {
  return log(Vec<T>{} + x)[0];
}

// ---- contiguous rows
// ------------------------------------------------------------------------------------------------

template <class T>
KERNEL_INLINE void softmax_row(const T* x, T* y, int64_t n) {
  const T largest = row_max(x, n);
  const double total = row_sum<T>(n, [=](int64_t i, int64_t count) {
    const Vec<T> e = exp(load_lanes(x + i, count, static_cast<T>(-__builtin_inf())) - largest);
    if (count == kLanes<T>)
      store(y + i, e);
    else
      store_partial(y + i, e, count);
    return keep_lanes<T>(e, count);
  });
  const T scale = static_cast<T>(1 / total);
  map_row(y, y, n, [=](Vec<T> e) { return e * scale; });
}

template <class T>
KERNEL_INLINE void softmax_grad_row(const T* y, const T* dy, T* dx, int64_t n) {
  const T dot = static_cast<T>(row_sum<T>(
      n, [=](int64_t i, int64_t count) { return load_lanes(y + i, count) * load_lanes(dy + i, count); }));
  map_row(y, dy, dx, n, [=](Vec<T> a, Vec<T> da) { return a * (da - dot); });
}

template <class T>
KERNEL_INLINE void log_softmax_row(const T* x, T* y, int64_t n) {
  const T largest = row_max(x, n);
  const T total = static_cast<T>(row_sum<T>(n, [=](int64_t i, int64_t count) {
    return keep_lanes<T>(exp(load_lanes(x + i, count) - largest), count);
  }));
  const T log_total = log_of(total);
  map_row(x, y, n, [=](Vec<T> v) { return (v - largest) - log_total; });
}

template <class T>
KERNEL_INLINE void log_softmax_grad_row(const T* y, const T* dy, T* dx, int64_t n) {
  const T total =
      static_cast<T>(row_sum<T>(n, [=](int64_t i, int64_t count) { return load_lanes(dy + i, count); }));
  map_row(y, dy, dx, n, [=](Vec<T> a, Vec<T> da) { return da - exp(a) * total; });
}

// ---- columns
// --------------------------------------------------------------------------------------------------------

// One vector of softmaxes side by side; consecutive elements of each are `stride` apart.  Only `count` lanes
// exist.
template <class T>
struct Columns {
  int64_t n, stride, count;

  KERNEL_INLINE Vec<T> at(const T* x, int64_t k) const { return load_lanes(x + k * stride, count); }
  KERNEL_INLINE void put(T* y, int64_t k, Vec<T> v) const {
    if (count == kLanes<T>)
      store(y + k * stride, v);
    else
      store_partial(y + k * stride, v, count);
  }
  KERNEL_INLINE Vec<T> largest(const T* x) const {
    Vec<T> best = at(x, 0);
    for (int64_t k = 1; k < n; ++k) best = max(at(x, k), best);
    return best;
  }
};

template <class T>
KERNEL_INLINE void softmax_columns(const T* x, T* y, Columns<T> c) {
  const Vec<T> largest = c.largest(x);
  Vec<T> total = {};
  for (int64_t k = 0; k < c.n; ++k) {
    const Vec<T> e = exp(c.at(x, k) - largest);
    c.put(y, k, e);
    total += e;
  }
  const Vec<T> scale = splat<Vec<T>>(1) / total;
  for (int64_t k = 0; k < c.n; ++k) c.put(y, k, c.at(y, k) * scale);
}

template <class T>
KERNEL_INLINE void softmax_grad_columns(const T* y, const T* dy, T* dx, Columns<T> c) {
  Vec<T> dot = {};
  for (int64_t k = 0; k < c.n; ++k) dot += c.at(y, k) * c.at(dy, k);
  for (int64_t k = 0; k < c.n; ++k) c.put(dx, k, c.at(y, k) * (c.at(dy, k) - dot));
}

template <class T>
KERNEL_INLINE void log_softmax_columns(const T* x, T* y, Columns<T> c) {
  const Vec<T> largest = c.largest(x);
  Vec<T> total = {};
  for (int64_t k = 0; k < c.n; ++k) total += exp(c.at(x, k) - largest);
  const Vec<T> log_total = log(total);
  for (int64_t k = 0; k < c.n; ++k) c.put(y, k, (c.at(x, k) - largest) - log_total);
}

template <class T>
KERNEL_INLINE void log_softmax_grad_columns(const T* y, const T* dy, T* dx, Columns<T> c) {
  Vec<T> total = {};
  for (int64_t k = 0; k < c.n; ++k) total += c.at(dy, k);
  for (int64_t k = 0; k < c.n; ++k) c.put(dx, k, c.at(dy, k) - exp(c.at(y, k)) * total);
}

// row(offset) over contiguous rows, or columns(offset, Columns) over vectors of columns.
template <class T, class Row, class Column>
KERNEL_INLINE void along_axis(int64_t outer, int64_t n, int64_t inner, const Row& row, const Column& column) {
  if (outer == 0 || n == 0 || inner == 0) return;
  if (inner == 1) {
    parallel_range(outer, rows_per_chunk(n), [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) row(r * n);
    });
    return;
  }
  const int64_t blocks = (inner + kLanes<T> - 1) / kLanes<T>;
  parallel_range(outer * blocks, rows_per_chunk(n * kLanes<T>), [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; ++b) {
      const int64_t first = b % blocks * kLanes<T>;
      const int64_t count = inner - first < kLanes<T> ? inner - first : kLanes<T>;
      column(b / blocks * n * inner + first, Columns<T>{n, inner, count});
    }
  });
}

}  // namespace

template <Isa I, class T>
void softmax_cpu(const T* x, T* y, int64_t outer, int64_t n, int64_t inner) {
  along_axis<T>(
      outer, n, inner, [=](int64_t at) { softmax_row(x + at, y + at, n); },
      [=](int64_t at, Columns<T> c) { softmax_columns(x + at, y + at, c); });
}

template <Isa I, class T>
void softmax_grad_cpu(const T* y, const T* dy, T* dx, int64_t outer, int64_t n, int64_t inner) {
  along_axis<T>(
      outer, n, inner, [=](int64_t at) { softmax_grad_row(y + at, dy + at, dx + at, n); },
      [=](int64_t at, Columns<T> c) { softmax_grad_columns(y + at, dy + at, dx + at, c); });
}

template <Isa I, class T>
void log_softmax_cpu(const T* x, T* y, int64_t outer, int64_t n, int64_t inner) {
  along_axis<T>(
      outer, n, inner, [=](int64_t at) { log_softmax_row(x + at, y + at, n); },
      [=](int64_t at, Columns<T> c) { log_softmax_columns(x + at, y + at, c); });
}

template <Isa I, class T>
void log_softmax_grad_cpu(const T* y, const T* dy, T* dx, int64_t outer, int64_t n, int64_t inner) {
  along_axis<T>(
      outer, n, inner, [=](int64_t at) { log_softmax_grad_row(y + at, dy + at, dx + at, n); },
      [=](int64_t at, Columns<T> c) { log_softmax_grad_columns(y + at, dy + at, dx + at, c); });
}

template void softmax_cpu<kIsa>(const float*, float*, int64_t, int64_t, int64_t);
template void softmax_cpu<kIsa>(const double*, double*, int64_t, int64_t, int64_t);
template void softmax_grad_cpu<kIsa>(const float*, const float*, float*, int64_t, int64_t, int64_t);
template void softmax_grad_cpu<kIsa>(const double*, const double*, double*, int64_t, int64_t, int64_t);
template void log_softmax_cpu<kIsa>(const float*, float*, int64_t, int64_t, int64_t);
template void log_softmax_cpu<kIsa>(const double*, double*, int64_t, int64_t, int64_t);
template void log_softmax_grad_cpu<kIsa>(const float*, const float*, float*, int64_t, int64_t, int64_t);
template void log_softmax_grad_cpu<kIsa>(const double*, const double*, double*, int64_t, int64_t, int64_t);

}  // namespace afina
