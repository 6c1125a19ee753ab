#include "cuda/math.h"
#include "cuda/rows.h"

// outer, n, inner: x is (outer, n, inner) and the sums run over n.  With inner = 1 a row is contiguous and a
// team of threads takes it; otherwise a thread takes a column, and its neighbours the columns beside it.
namespace afina {
namespace {

// The elements of one softmax, for a team of threads or for one.
template <class Team, class T>
struct Line {
  int64_t n, stride;

  template <class F>
  __device__ __forceinline__ void each(const F& f) const {
    for (int64_t k = Team::rank(); k < n; k += Team::kSize) f(k * stride);
  }
  template <class F>
  __device__ __forceinline__ double sum(const F& term) const {
    double total = 0;
    each([&](int64_t at) { total += static_cast<double>(term(at)); });
    return Team::combined(total, [](double a, double b) { return a + b; });
  }
  __device__ __forceinline__ T largest(const T* x) const {
    T most = static_cast<T>(-__builtin_inf());
    each([&](int64_t at) { most = max(x[at], most); });
    return Team::combined(most, [](T a, T b) { return max(a, b); });
  }
};

// One thread by itself.
struct Alone {
  static constexpr int kSize = 1;
  __device__ __forceinline__ static int rank() { return 0; }
  template <class T, class Combine>
  __device__ __forceinline__ static T combined(T value, const Combine&) {
    return value;
  }
};

struct Softmax {
  template <class Team, class T>
  __device__ __forceinline__ static void run(Line<Team, T> line, const T* x, const T*, T* y) {
    const T largest = line.largest(x);
    const double total = line.sum([=](int64_t at) { return y[at] = exp(x[at] - largest); });
    const T scale = static_cast<T>(1 / total);
    line.each([=](int64_t at) { y[at] *= scale; });
  }
};

struct SoftmaxGrad {
  template <class Team, class T>
  __device__ __forceinline__ static void run(Line<Team, T> line, const T* y, const T* dy, T* dx) {
    const T dot = static_cast<T>(line.sum([=](int64_t at) { return y[at] * dy[at]; }));
    line.each([=](int64_t at) { dx[at] = y[at] * (dy[at] - dot); });
  }
};

struct LogSoftmax {
  template <class Team, class T>
  __device__ __forceinline__ static void run(Line<Team, T> line, const T* x, const T*, T* y) {
    const T largest = line.largest(x);
    const T log_total = log(static_cast<T>(line.sum([=](int64_t at) { return exp(x[at] - largest); })));
    line.each([=](int64_t at) { y[at] = (x[at] - largest) - log_total; });
  }
};

struct LogSoftmaxGrad {
  template <class Team, class T>
  __device__ __forceinline__ static void run(Line<Team, T> line, const T* y, const T* dy, T* dx) {
    const T total = static_cast<T>(line.sum([=](int64_t at) { return dy[at]; }));
    line.each([=](int64_t at) { dx[at] = dy[at] - exp(y[at]) * total; });
  }
};

template <class Team, class Function, class T>
__global__ void __launch_bounds__(kThreads)
    along_rows(const T* a, const T* b, T* y, int64_t rows, int64_t n) {
  for (int64_t r = Team::first_row(); r < rows; r += Team::row_step())
    Function::run(Line<Team, T>{n, 1}, a + r * n, b + r * n, y + r * n);
}

template <class Function, class T>
__global__ void __launch_bounds__(kThreads)
    along_columns(const T* a, const T* b, T* y, int64_t outer, int64_t n, int64_t inner) {
  for (int64_t i = first_element(); i < outer * inner; i += element_step()) {
    const int64_t at = i / inner * n * inner + i % inner;
    Function::run(Line<Alone, T>{n, inner}, a + at, b + at, y + at);
  }
}

// a and b are what the function reads (b may be a), y what it writes.
template <class Function, class T>
void along_axis(const T* a, const T* b, T* y, int64_t outer, int64_t n, int64_t inner, Stream& stream) {
  if (n == 0) return;
  if (inner == 1)
    with_team(outer, n, [&]<class Team>(unsigned blocks) {
      launch_kernel("softmax", stream, {blocks, kThreads}, along_rows<Team, Function, T>, a, b, y, outer, n);
    });
  else
    launch_kernel("softmax", stream, {grid_for(outer * inner), kThreads}, along_columns<Function, T>, a, b, y,
                  outer, n, inner);
}

}  // namespace

template <class T>
void softmax_cuda(const T* x, T* y, int64_t outer, int64_t n, int64_t inner, Stream& stream) {
  along_axis<Softmax>(x, x, y, outer, n, inner, stream);
}

template <class T>
void softmax_grad_cuda(const T* y, const T* dy, T* dx, int64_t outer, int64_t n, int64_t inner,
                       Stream& stream) {
  along_axis<SoftmaxGrad>(y, dy, dx, outer, n, inner, stream);
}

template <class T>
void log_softmax_cuda(const T* x, T* y, int64_t outer, int64_t n, int64_t inner, Stream& stream) {
  along_axis<LogSoftmax>(x, x, y, outer, n, inner, stream);
}

template <class T>
void log_softmax_grad_cuda(const T* y, const T* dy, T* dx, int64_t outer, int64_t n, int64_t inner,
                           Stream& stream) {
  along_axis<LogSoftmaxGrad>(y, dy, dx, outer, n, inner, stream);
}

template void softmax_cuda(const float*, float*, int64_t, int64_t, int64_t, Stream&);
template void softmax_cuda(const double*, double*, int64_t, int64_t, int64_t, Stream&);
template void softmax_grad_cuda(const float*, const float*, float*, int64_t, int64_t, int64_t, Stream&);
template void softmax_grad_cuda(const double*, const double*, double*, int64_t, int64_t, int64_t, Stream&);
template void log_softmax_cuda(const float*, float*, int64_t, int64_t, int64_t, Stream&);
template void log_softmax_cuda(const double*, double*, int64_t, int64_t, int64_t, Stream&);
template void log_softmax_grad_cuda(const float*, const float*, float*, int64_t, int64_t, int64_t, Stream&);
template void log_softmax_grad_cuda(const double*, const double*, double*, int64_t, int64_t, int64_t,
                                    Stream&);

}  // namespace afina
