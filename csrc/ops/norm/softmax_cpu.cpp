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

// Neighbouring softmaxes, at most kTileColumns: row by row, each row's piece is contiguous, and one number a
// column (the largest, the sum) stays in L1.
constexpr int64_t kTileColumns = 256;

template <class T>
struct Columns {
  int64_t n, stride, count;

  // f(at, j, lanes) for every vector of every row: offset `at` from the tile's first element, column j.
  template <class F>
  KERNEL_INLINE void each(int64_t first_row, int64_t last_row, const F& f) const {
    for (int64_t k = first_row; k < last_row; ++k) {
      int64_t j = 0;
      for (; j + kLanes<T> <= count; j += kLanes<T>) f(k * stride + j, j, kLanes<T>);
      if (j < count) f(k * stride + j, j, count - j);
    }
  }
  template <class F>
  KERNEL_INLINE void each(const F& f) const {
    each(0, n, f);
  }
};

template <class T>
KERNEL_INLINE void largest_of_columns(const T* x, T* largest, Columns<T> c) {
  c.each(0, 1, [=](int64_t at, int64_t j, int64_t lanes) { store(largest + j, load_lanes(x + at, lanes)); });
  c.each(1, c.n, [=](int64_t at, int64_t j, int64_t lanes) {
    store(largest + j, max(load_lanes(x + at, lanes), load(largest + j)));
  });
}

// sums[j] = the sum of term(at, j, lanes) down column j.
template <class T, class F>
KERNEL_INLINE void sums_of_columns(T* sums, Columns<T> c, const F& term) {
  for (int64_t j = 0; j < c.count; j += kLanes<T>) store(sums + j, Vec<T>{});
  c.each([&](int64_t at, int64_t j, int64_t lanes) { store(sums + j, load(sums + j) + term(at, j, lanes)); });
}

template <class T>
KERNEL_INLINE void softmax_columns(const T* x, T* y, Columns<T> c) {
  T largest[kTileColumns], total[kTileColumns];
  largest_of_columns(x, largest, c);
  sums_of_columns(total, c, [&](int64_t at, int64_t j, int64_t lanes) {
    const Vec<T> e = exp(load_lanes(x + at, lanes) - load(largest + j));
    store_lanes(y + at, e, lanes);
    return e;
  });
  map_row(total, total, c.count, [](Vec<T> v) { return splat<Vec<T>>(1) / v; });
  c.each([&](int64_t at, int64_t j, int64_t lanes) {
    store_lanes(y + at, load_lanes(y + at, lanes) * load(total + j), lanes);
  });
}

template <class T>
KERNEL_INLINE void softmax_grad_columns(const T* y, const T* dy, T* dx, Columns<T> c) {
  T dot[kTileColumns];
  sums_of_columns(dot, c, [=](int64_t at, int64_t, int64_t lanes) {
    return load_lanes(y + at, lanes) * load_lanes(dy + at, lanes);
  });
  c.each([&](int64_t at, int64_t j, int64_t lanes) {
    store_lanes(dx + at, load_lanes(y + at, lanes) * (load_lanes(dy + at, lanes) - load(dot + j)), lanes);
  });
}

template <class T>
KERNEL_INLINE void log_softmax_columns(const T* x, T* y, Columns<T> c) {
  T largest[kTileColumns], total[kTileColumns];
  largest_of_columns(x, largest, c);
  sums_of_columns(total, c, [&](int64_t at, int64_t j, int64_t lanes) {
    return exp(load_lanes(x + at, lanes) - load(largest + j));
  });
  map_row(total, total, c.count, [](Vec<T> v) { return log(v); });
  c.each([&](int64_t at, int64_t j, int64_t lanes) {
    store_lanes(y + at, (load_lanes(x + at, lanes) - load(largest + j)) - load(total + j), lanes);
  });
}

template <class T>
KERNEL_INLINE void log_softmax_grad_columns(const T* y, const T* dy, T* dx, Columns<T> c) {
  T total[kTileColumns];
  sums_of_columns(total, c, [=](int64_t at, int64_t, int64_t lanes) { return load_lanes(dy + at, lanes); });
  c.each([&](int64_t at, int64_t j, int64_t lanes) {
    const Vec<T> share = exp(load_lanes(y + at, lanes)) * load(total + j);
    store_lanes(dx + at, load_lanes(dy + at, lanes) - share, lanes);
  });
}

// row(offset) over contiguous rows, or column(offset, Columns) over tiles of columns.
template <class T, class Row, class Column>
KERNEL_INLINE void along_axis(int64_t outer, int64_t n, int64_t inner, const Row& row, const Column& column) {
  if (outer == 0 || n == 0 || inner == 0) return;
  if (inner == 1) {
    parallel_range(outer, rows_per_chunk(n), [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) row(r * n);
    });
    return;
  }
  const int64_t tiles = (inner + kTileColumns - 1) / kTileColumns;
  const int64_t columns = inner < kTileColumns ? inner : kTileColumns;
  parallel_range(outer * tiles, rows_per_chunk(n * columns), [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; ++b) {
      const int64_t first = b % tiles * kTileColumns;
      const int64_t count = inner - first < kTileColumns ? inner - first : kTileColumns;
      column(b / tiles * n * inner + first, Columns<T>{n, inner, count});
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
