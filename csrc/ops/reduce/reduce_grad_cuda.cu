#include "cuda/rows.h"
#include "ops/reduce/reduce_grad.h"
#include "ops/reduce/reducers.h"

// outer, n, inner: the sizes before, along and behind the axes that were reduced away.
namespace afina {
namespace {

template <class T>
__device__ __forceinline__ bool same(T a, T b) {
  return (a == b) | ((a != a) & (b != b));
}

__device__ __forceinline__ int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

// The first position of `value` in a row; n where it is not there.
template <class Team, class T>
__device__ __forceinline__ int64_t find(T value, const T* row, int64_t n) {
  int64_t first = n;
  for (int64_t k = Team::rank(); k < n && first == n; k += Team::kSize)
    if (same(row[k], value)) first = k;
  return Team::combined(first, [](int64_t a, int64_t b) { return smaller(a, b); });
}

template <class T>
__global__ void __launch_bounds__(kThreads) expand(const T* dy, T* dx, ReduceSizes s, T factor) {
  const int64_t block = s.n * s.inner;
  for (int64_t i = first_element(); i < s.outer * block; i += element_step())
    dx[i] = factor * dy[i / block * s.inner + i % s.inner];
}

template <class Team, class T>
__global__ void __launch_bounds__(kThreads)
    first_match_rows(const T* x, const T* y, const T* dy, T* dx, int64_t rows, int64_t n) {
  for (int64_t r = Team::first_row(); r < rows; r += Team::row_step()) {
    const int64_t first = find<Team>(y[r], x + r * n, n);
    for_row<Team>(n, [=](int64_t k) { dx[r * n + k] = k == first ? dy[r] : T{0}; });
  }
}

// A thread a column.
template <class T>
__global__ void __launch_bounds__(kThreads)
    first_match_columns(const T* x, const T* y, const T* dy, T* dx, ReduceSizes s) {
  for (int64_t i = first_element(); i < s.outer * s.inner; i += element_step()) {
    int64_t at = i / s.inner * s.n * s.inner + i % s.inner;
    bool waiting = true;
    for (int64_t k = 0; k < s.n; ++k, at += s.inner) {
      const bool hit = waiting && same(x[at], y[i]);
      dx[at] = hit ? dy[i] : T{0};
      waiting = waiting && !hit;
    }
  }
}

template <class T>
__global__ void __launch_bounds__(kThreads) product_grad(const T* x, const T* dy, T* dx, ReduceSizes s) {
  for (int64_t i = first_element(); i < s.outer * s.inner; i += element_step()) {
    const int64_t begin = i / s.inner * s.n * s.inner + i % s.inner;
    T product = dy[i];  // of dy and the elements before, then of those behind
    for (int64_t k = 0; k < s.n; ++k) {
      dx[begin + k * s.inner] = product;
      product *= x[begin + k * s.inner];
    }
    product = T{1};
    for (int64_t k = s.n; k-- > 0;) {
      dx[begin + k * s.inner] *= product;
      product *= x[begin + k * s.inner];
    }
  }
}

template <class Team, class R, class T>
__global__ void __launch_bounds__(kThreads) arg_rows(const T* x, int64_t* y, int64_t rows, int64_t n) {
  for (int64_t r = Team::first_row(); r < rows; r += Team::row_step()) {
    const T* const row = x + r * n;
    T best = row[0];
    for (int64_t k = Team::rank(); k < n; k += Team::kSize) best = R::step(row[k], best);
    best = Team::combined(best, [](T a, T b) { return R::step(a, b); });
    const int64_t first = find<Team>(best, row, n);
    if (Team::rank() == 0) y[r] = first;
  }
}

template <class R, class T>
__global__ void __launch_bounds__(kThreads) arg_columns(const T* x, int64_t* y, ReduceSizes s) {
  for (int64_t i = first_element(); i < s.outer * s.inner; i += element_step()) {
    const T* const column = x + i / s.inner * s.n * s.inner + i % s.inner;
    T best = column[0];
    int64_t position = 0;
    for (int64_t k = 1; k < s.n; ++k) {
      const T value = column[k * s.inner];
      const bool better = same(R::step(value, best), value) && !same(value, best);
      best = better ? value : best;
      position = better ? k : position;
    }
    y[i] = position;
  }
}

}  // namespace

template <class T>
void expand_cuda(const T* dy, T* dx, ReduceSizes s, double scale, Stream& stream) {
  launch_kernel("expand", stream, {grid_for(s.outer * s.n * s.inner), kThreads}, expand<T>, dy, dx, s,
                static_cast<T>(scale));
}

template <class T>
void first_match_cuda(const T* x, const T* y, const T* dy, T* dx, ReduceSizes s, Stream& stream) {
  if (s.inner == 1)
    with_team(s.outer, s.n, [&]<class Team>(unsigned blocks) {
      launch_kernel("first match", stream, {blocks, kThreads}, first_match_rows<Team, T>, x, y, dy, dx,
                    s.outer, s.n);
    });
  else
    launch_kernel("first match", stream, {grid_for(s.outer * s.inner), kThreads}, first_match_columns<T>, x,
                  y, dy, dx, s);
}

template <class T>
void product_grad_cuda(const T* x, const T* dy, T* dx, ReduceSizes s, Stream& stream) {
  launch_kernel("prod", stream, {grid_for(s.outer * s.inner), kThreads}, product_grad<T>, x, dy, dx, s);
}

template <class T>
void arg_reduce_cuda(Reduction reduction, const T* x, int64_t* y, ReduceSizes s, Stream& stream) {
  const auto run = [&]<class R>() {
    if (s.inner == 1)
      with_team(s.outer, s.n, [&]<class Team>(unsigned blocks) {
        launch_kernel("arg reduce", stream, {blocks, kThreads}, arg_rows<Team, R, T>, x, y, s.outer, s.n);
      });
    else
      launch_kernel("arg reduce", stream, {grid_for(s.outer * s.inner), kThreads}, arg_columns<R, T>, x, y,
                    s);
  };
  if (reduction == Reduction::largest)
    run.template operator()<LargestReducer>();
  else
    run.template operator()<SmallestReducer>();
}

template void expand_cuda(const float*, float*, ReduceSizes, double, Stream&);
template void expand_cuda(const double*, double*, ReduceSizes, double, Stream&);
template void first_match_cuda(const float*, const float*, const float*, float*, ReduceSizes, Stream&);
template void first_match_cuda(const double*, const double*, const double*, double*, ReduceSizes, Stream&);
template void product_grad_cuda(const float*, const float*, float*, ReduceSizes, Stream&);
template void product_grad_cuda(const double*, const double*, double*, ReduceSizes, Stream&);
template void arg_reduce_cuda(Reduction, const float*, int64_t*, ReduceSizes, Stream&);
template void arg_reduce_cuda(Reduction, const double*, int64_t*, ReduceSizes, Stream&);
template void arg_reduce_cuda(Reduction, const int32_t*, int64_t*, ReduceSizes, Stream&);
template void arg_reduce_cuda(Reduction, const int64_t*, int64_t*, ReduceSizes, Stream&);
template void arg_reduce_cuda(Reduction, const uint8_t*, int64_t*, ReduceSizes, Stream&);

}  // namespace afina
