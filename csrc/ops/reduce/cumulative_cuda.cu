#include "cuda/reduce.h"
#include "ops/reduce/cumulative_lines.h"

// outer, n, inner: x is (outer, n, inner) and the sums run over n.  A contiguous row is a warp's, 32 elements
// at a time; otherwise a thread takes a line, and its neighbours the lines beside it.
namespace afina {
namespace {

struct Sum {
  static constexpr int kStart = 0;
  template <class W>
  __device__ __forceinline__ static W step(W a, W b) {
    return a + b;
  }
};
struct Product {
  static constexpr int kStart = 1;
  template <class W>
  __device__ __forceinline__ static W step(W a, W b) {
    return a * b;
  }
};

template <class Step, class T>
__global__ void __launch_bounds__(kThreads)
    scan_rows(const T* x, T* y, int64_t rows, int64_t n, bool backwards) {
  constexpr int kWarps = kThreads / kWarpSize, kLast = kWarpSize - 1;
  using W = Running<T>;
  const int lane = static_cast<int>(threadIdx.x) % kWarpSize;
  for (int64_t row = int64_t{blockIdx.x} * kWarps + threadIdx.x / kWarpSize; row < rows;
       row += int64_t{gridDim.x} * kWarps) {
    W before = Step::kStart;
    for (int64_t first = 0; first < n; first += kWarpSize) {
      const int64_t k = first + lane, at = row * n + (backwards ? n - 1 - k : k);
      W value = k < n ? static_cast<W>(x[at]) : static_cast<W>(Step::kStart);
      for (int lanes = 1; lanes < kWarpSize; lanes *= 2) {
        const W other = __shfl_up_sync(kAllLanes, value, static_cast<unsigned>(lanes));
        if (lane >= lanes) value = Step::step(other, value);
      }
      value = Step::step(before, value);
      if (k < n) y[at] = static_cast<T>(value);
      before = __shfl_sync(kAllLanes, value, kLast);
    }
  }
}

template <class F>
__global__ void __launch_bounds__(kThreads) each_line(F f, int64_t outer, int64_t n, int64_t inner) {
  for (int64_t line = first_element(); line < outer * inner; line += element_step())
    f(line / inner * n * inner + line % inner, n, inner);
}

template <class F>
void run_lines(const char* op, const F& f, int64_t outer, int64_t n, int64_t inner, const Stream& stream) {
  launch_kernel(op, stream, {grid_for(outer * inner), kThreads}, each_line<F>, f, outer, n, inner);
}

template <class T>
struct SumLine {
  const T* x;
  T* y;
  bool backwards;
  __device__ void operator()(int64_t at, int64_t n, int64_t inner) const {
    sum_line(x, y, at, n, inner, backwards);
  }
};
template <class T>
struct MultiplyLine {
  const T* x;
  T* y;
  __device__ void operator()(int64_t at, int64_t n, int64_t inner) const {
    multiply_line(x, y, at, n, inner);
  }
};
template <class T>
struct MultiplyLineGrad {
  const T *x, *y, *dy;
  T* dx;
  __device__ void operator()(int64_t at, int64_t n, int64_t inner) const {
    multiply_line_grad(x, y, dy, dx, at, n, inner);
  }
};

template <class Step, class T>
void run_rows(const char* op, const T* x, T* y, int64_t rows, int64_t n, bool backwards,
              const Stream& stream) {
  launch_kernel(op, stream, {grid_for(rows, kThreads / kWarpSize), kThreads}, scan_rows<Step, T>, x, y, rows,
                n, backwards);
}

}  // namespace

template <class T>
void cumulative_sum_cuda(const T* x, T* y, int64_t outer, int64_t n, int64_t inner, bool backwards,
                         Stream& stream) {
  if (inner == 1) return run_rows<Sum>("cumsum", x, y, outer, n, backwards, stream);
  run_lines("cumsum", SumLine<T>{x, y, backwards}, outer, n, inner, stream);
}

template <class T>
void cumulative_product_cuda(const T* x, T* y, int64_t outer, int64_t n, int64_t inner, Stream& stream) {
  if (inner == 1) return run_rows<Product>("cumprod", x, y, outer, n, false, stream);
  run_lines("cumprod", MultiplyLine<T>{x, y}, outer, n, inner, stream);
}

template <class T>
void cumulative_product_grad_cuda(const T* x, const T* y, const T* dy, T* dx, int64_t outer, int64_t n,
                                  int64_t inner, Stream& stream) {
  run_lines("cumprod", MultiplyLineGrad<T>{x, y, dy, dx}, outer, n, inner, stream);
}

template void cumulative_sum_cuda(const float*, float*, int64_t, int64_t, int64_t, bool, Stream&);
template void cumulative_sum_cuda(const double*, double*, int64_t, int64_t, int64_t, bool, Stream&);
template void cumulative_sum_cuda(const int32_t*, int32_t*, int64_t, int64_t, int64_t, bool, Stream&);
template void cumulative_sum_cuda(const int64_t*, int64_t*, int64_t, int64_t, int64_t, bool, Stream&);
template void cumulative_product_cuda(const float*, float*, int64_t, int64_t, int64_t, Stream&);
template void cumulative_product_cuda(const double*, double*, int64_t, int64_t, int64_t, Stream&);
template void cumulative_product_cuda(const int32_t*, int32_t*, int64_t, int64_t, int64_t, Stream&);
template void cumulative_product_cuda(const int64_t*, int64_t*, int64_t, int64_t, int64_t, Stream&);
template void cumulative_product_grad_cuda(const float*, const float*, const float*, float*, int64_t, int64_t,
                                           int64_t, Stream&);
template void cumulative_product_grad_cuda(const double*, const double*, const double*, double*, int64_t,
                                           int64_t, int64_t, Stream&);

}  // namespace afina
