#include "cpu/parallel.h"
#include "cpu/vec.h"
#include "ops/reduce/reduce_grad.h"
#include "ops/reduce/reducers.h"

// outer, n, inner: the sizes before, along and behind the axes that were reduced away.
namespace afina {
namespace {

constexpr int64_t kTile = 1024;  // columns handled together

// f(o, first column, columns) for every block of columns, spread over the threads.
template <class F>
KERNEL_INLINE void for_each_tile(ReduceSizes s, const F& f) {
  const int64_t tiles = (s.inner + kTile - 1) / kTile;
  const int64_t work = s.n * (s.inner < kTile ? s.inner : kTile);
  const int64_t tasks_a_chunk = items_per_chunk(work);
  parallel_range(s.outer * tiles, tasks_a_chunk, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      const int64_t first = task % tiles * kTile;
      f(task / tiles, first, first + kTile < s.inner ? kTile : s.inner - first);
    }
  });
}

template <class T>
KERNEL_INLINE bool same(T a, T b) {
  return (a == b) | ((a != a) & (b != b));  // no branch
}

constexpr int64_t kShortRow = 32;  // up to here one plain pass without a branch is quickest

// The first position of `value` in a row that holds it.
template <class T>
KERNEL_INLINE int64_t find(T value, const T* row, int64_t n) {
  constexpr int64_t L = kLanes<T>;
  if (n <= kShortRow) {
    int64_t first = n;
    for (int64_t k = n; k-- > 0;) first = same(row[k], value) ? k : first;
    return first;
  }
  int64_t i = 0;
  // Blocks of vectors are asked as a whole.
  const Vec<T> wanted = broadcast(value);
  for (; value == value && i + 4 * L <= n; i += 4 * L) {
    const T* const p = row + i;
    const auto hits = (load(p) == wanted) | (load(p + L) == wanted) | (load(p + 2 * L) == wanted) |
                      (load(p + 3 * L) == wanted);
    if (any_lane(hits)) break;
  }
  while (!same(row[i], value)) ++i;
  return i;
}

template <class R, class T>
KERNEL_INLINE T extreme_of(const T* row, int64_t n) {
  constexpr int64_t L = kLanes<T>;
  if (n <= kShortRow) {
    T best = row[0];
    for (int64_t k = 1; k < n; ++k) best = R::step(row[k], best);
    return best;
  }
  int64_t i = L < n ? L : 0;  // uint8 rows can be shorter than a vector
  Vec<T> best = L < n ? load(row) : broadcast(row[0]);
  for (; i + L <= n; i += L) best = R::step(load(row + i), best);
  if (i < n) best = R::step(load_partial(row + i, n - i, row[0]), best);
  return step_lanes<R, T>(best);
}

// f(o) for every row of n elements, spread over the threads.
template <class F>
KERNEL_INLINE void for_each_line(ReduceSizes s, const F& f) {
  parallel_range(s.outer, items_per_chunk(s.n), [&](int64_t begin, int64_t end) {
    for (int64_t o = begin; o < end; ++o) f(o);
  });
}

}  // namespace

template <Isa I, class T>
void expand_cpu(const T* dy, T* dx, ReduceSizes s, double scale) {
  const int64_t rows_a_chunk = items_per_chunk(s.inner);
  const T factor = static_cast<T>(scale);
  parallel_range(s.outer * s.n, rows_a_chunk, [=](int64_t begin, int64_t end) {
    if (s.inner == 1) {
      int64_t at = begin;
      while (at < end) {
        const int64_t o = at / s.n, stop = (o + 1) * s.n < end ? (o + 1) * s.n : end;
        const T value = factor * dy[o];
        for (; at < stop; ++at) dx[at] = value;
      }
      return;
    }
    for (int64_t row = begin; row < end; ++row) {
      const T* const from = dy + row / s.n * s.inner;
      T* const into = dx + row * s.inner;
      for (int64_t j = 0; j < s.inner; ++j) into[j] = factor * from[j];
    }
  });
}

template <Isa I, class T>
void first_match_cpu(const T* x, const T* y, const T* dy, T* dx, ReduceSizes s) {
  if (s.inner == 1)
    return for_each_line(s, [=](int64_t o) {
      __builtin_memset(dx + o * s.n, 0, static_cast<size_t>(s.n) * sizeof(T));
      dx[o * s.n + find(y[o], x + o * s.n, s.n)] = dy[o];
    });
  for_each_tile(s, [=](int64_t o, int64_t first, int64_t columns) {
    bool waiting[kTile];
    for (int64_t j = 0; j < columns; ++j) waiting[j] = true;
    const T* const value = y + o * s.inner + first;
    const T* const gradient = dy + o * s.inner + first;
    for (int64_t k = 0; k < s.n; ++k) {
      const int64_t at = (o * s.n + k) * s.inner + first;
      for (int64_t j = 0; j < columns; ++j) {
        const bool hit = waiting[j] & same(x[at + j], value[j]);
        dx[at + j] = hit ? gradient[j] : T{0};
        waiting[j] = waiting[j] & !hit;
      }
    }
  });
}

template <Isa I, class T>
void product_grad_cpu(const T* x, const T* dy, T* dx, ReduceSizes s) {
  for_each_tile(s, [=](int64_t o, int64_t first, int64_t columns) {
    T product[kTile];  // of dy and the elements before, then of those behind
    for (int64_t j = 0; j < columns; ++j) product[j] = dy[o * s.inner + first + j];
    for (int64_t k = 0; k < s.n; ++k) {
      const int64_t at = (o * s.n + k) * s.inner + first;
      for (int64_t j = 0; j < columns; ++j) {
        dx[at + j] = product[j];
        product[j] *= x[at + j];
      }
    }
    for (int64_t j = 0; j < columns; ++j) product[j] = T{1};
    for (int64_t k = s.n; k-- > 0;) {
      const int64_t at = (o * s.n + k) * s.inner + first;
      for (int64_t j = 0; j < columns; ++j) {
        dx[at + j] *= product[j];
        product[j] *= x[at + j];
      }
    }
  });
}

template <Isa I, class T>
void arg_reduce_cpu(Reduction reduction, const T* x, int64_t* y, ReduceSizes s) {
  const bool largest = reduction == Reduction::largest;
  if (s.inner == 1)
    return for_each_line(s, [=](int64_t o) {
      const T* const row = x + o * s.n;
      y[o] = find(largest ? extreme_of<LargestReducer>(row, s.n) : extreme_of<SmallestReducer>(row, s.n), row,
                  s.n);
    });
  for_each_tile(s, [=](int64_t o, int64_t first, int64_t columns) {
    T best[kTile];
    int64_t* const position = y + o * s.inner + first;
    for (int64_t j = 0; j < columns; ++j) {
      best[j] = x[o * s.n * s.inner + first + j];
      position[j] = 0;
    }
    for (int64_t k = 1; k < s.n; ++k) {
      const T* const row = x + (o * s.n + k) * s.inner + first;
      for (int64_t j = 0; j < columns; ++j) {
        const bool better =
            (largest ? row[j] > best[j] : row[j] < best[j]) | ((row[j] != row[j]) & (best[j] == best[j]));
        best[j] = better ? row[j] : best[j];
        position[j] = better ? k : position[j];
      }
    }
  });
}

template void expand_cpu<kIsa, float>(const float*, float*, ReduceSizes, double);
template void expand_cpu<kIsa, double>(const double*, double*, ReduceSizes, double);
template void first_match_cpu<kIsa, float>(const float*, const float*, const float*, float*, ReduceSizes);
template void first_match_cpu<kIsa, double>(const double*, const double*, const double*, double*,
                                            ReduceSizes);
template void product_grad_cpu<kIsa, float>(const float*, const float*, float*, ReduceSizes);
template void product_grad_cpu<kIsa, double>(const double*, const double*, double*, ReduceSizes);
template void arg_reduce_cpu<kIsa, float>(Reduction, const float*, int64_t*, ReduceSizes);
template void arg_reduce_cpu<kIsa, double>(Reduction, const double*, int64_t*, ReduceSizes);
template void arg_reduce_cpu<kIsa, int32_t>(Reduction, const int32_t*, int64_t*, ReduceSizes);
template void arg_reduce_cpu<kIsa, int64_t>(Reduction, const int64_t*, int64_t*, ReduceSizes);
template void arg_reduce_cpu<kIsa, uint8_t>(Reduction, const uint8_t*, int64_t*, ReduceSizes);

}  // namespace afina
