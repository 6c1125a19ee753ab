#include "cuda/launch.h"
#include "cuda/reduce.h"

// outer, n, inner: the sizes before, along and behind the axis that is indexed; count: how many indices.
namespace afina {
namespace {

template <class Index>
__global__ void __launch_bounds__(kThreads)
    resolve(const Index* indices, int64_t* resolved, int64_t count, int64_t n, Complaints complaints) {
  for (int64_t i = first_element(); i < count; i += element_step()) {
    const int64_t index = indices[i];
    const bool inside = index >= -n && index < n;
    if (!inside) complaints.file(Fault::index, i, 0, index, n);
    resolved[i] = !inside ? 0 : index < 0 ? index + n : index;
  }
}

template <class Word>
__global__ void __launch_bounds__(kThreads) copy_rows(const Word* x, const int64_t* indices, Word* y,
                                                      int64_t size, int64_t n, int64_t count, int64_t inner) {
  for (int64_t i = first_element(); i < size; i += element_step()) {
    const int64_t row = i / inner, block = row / count;
    y[i] = x[(block * n + indices[row % count]) * inner + i % inner];
  }
}

// A warp owns a row of dx and looks for its indices, 32 at a time: no two write one place, and the order of
// the sum is that of the indices.
template <class T>
__global__ void __launch_bounds__(kThreads) add_rows(const T* dy, const int64_t* indices, T* dx,
                                                     int64_t outer, int64_t n, int64_t count, int64_t inner) {
  constexpr int kWarps = kThreads / kWarpSize;
  const int lane = static_cast<int>(threadIdx.x) % kWarpSize;
  for (int64_t row = int64_t{blockIdx.x} * kWarps + threadIdx.x / kWarpSize; row < outer * n;
       row += int64_t{gridDim.x} * kWarps) {
    const int64_t block = row / n, wanted = row % n;
    for (int64_t first = 0; first < count; first += kWarpSize) {
      const bool hit = first + lane < count && indices[first + lane] == wanted;
      for (unsigned hits = __ballot_sync(kAllLanes, hit ? 1 : 0); hits != 0; hits &= hits - 1) {
        const int64_t from = (block * count + first + __ffs(hits) - 1) * inner;
        for (int64_t j = lane; j < inner; j += kWarpSize) dx[row * inner + j] += dy[from + j];
      }
    }
  }
}

template <class Word>
__global__ void __launch_bounds__(kThreads) take(const Word* x, const int64_t* indices, Word* y, int64_t size,
                                                 int64_t n, int64_t count, int64_t inner) {
  for (int64_t i = first_element(); i < size; i += element_step())
    y[i] = x[(i / (count * inner) * n + indices[i]) * inner + i % inner];
}

// A thread a column, its indices in their order.
template <class T>
__global__ void __launch_bounds__(kThreads)
    add_taken(const T* dy, const int64_t* indices, T* dx, int64_t outer, int64_t n, int64_t count,
              int64_t inner) {
  for (int64_t column = first_element(); column < outer * inner; column += element_step()) {
    const int64_t block = column / inner, j = column % inner;
    for (int64_t k = 0; k < count; ++k) {
      const int64_t at = (block * count + k) * inner + j;
      dx[(block * n + indices[at]) * inner + j] += dy[at];
    }
  }
}

template <class T>
__global__ void __launch_bounds__(kThreads)
    set_ones(const int64_t* indices, T* y, int64_t count, int64_t depth) {
  for (int64_t i = first_element(); i < count; i += element_step()) y[i * depth + indices[i]] = T{1};
}

}  // namespace

template <class Index>
void resolve_indices_cuda(const char* op, const Index* indices, int64_t* resolved, int64_t count, int64_t n,
                          Stream& stream) {
  launch_kernel(op, stream, {grid_for(count), kThreads}, resolve<Index>, indices, resolved, count, n,
                Complaints{stream.complaint(), op_number(op)});
}

template <class Word>
void gather_cuda(const Word* x, const int64_t* indices, Word* y, int64_t outer, int64_t n, int64_t count,
                 int64_t inner, Stream& stream) {
  const int64_t size = outer * count * inner;
  launch_kernel("gather", stream, {grid_for(size), kThreads}, copy_rows<Word>, x, indices, y, size, n, count,
                inner);
}

template <class T>
void gather_grad_cuda(const T* dy, const int64_t* indices, T* dx, int64_t outer, int64_t n, int64_t count,
                      int64_t inner, Stream& stream) {
  launch_kernel("gather", stream, {grid_for(outer * n, kThreads / kWarpSize), kThreads}, add_rows<T>, dy,
                indices, dx, outer, n, count, inner);
}

template <class Word>
void take_along_axis_cuda(const Word* x, const int64_t* indices, Word* y, int64_t outer, int64_t n,
                          int64_t count, int64_t inner, Stream& stream) {
  const int64_t size = outer * count * inner;
  launch_kernel("take_along_axis", stream, {grid_for(size), kThreads}, take<Word>, x, indices, y, size, n,
                count, inner);
}

template <class T>
void take_along_axis_grad_cuda(const T* dy, const int64_t* indices, T* dx, int64_t outer, int64_t n,
                               int64_t count, int64_t inner, Stream& stream) {
  launch_kernel("take_along_axis", stream, {grid_for(outer * inner), kThreads}, add_taken<T>, dy, indices, dx,
                outer, n, count, inner);
}

template <class T>
void one_hot_cuda(const int64_t* indices, T* y, int64_t count, int64_t depth, Stream& stream) {
  launch_kernel("one_hot", stream, {grid_for(count), kThreads}, set_ones<T>, indices, y, count, depth);
}

template void resolve_indices_cuda(const char*, const int32_t*, int64_t*, int64_t, int64_t, Stream&);
template void resolve_indices_cuda(const char*, const int64_t*, int64_t*, int64_t, int64_t, Stream&);
template void gather_cuda(const uint8_t*, const int64_t*, uint8_t*, int64_t, int64_t, int64_t, int64_t,
                          Stream&);
template void gather_cuda(const uint32_t*, const int64_t*, uint32_t*, int64_t, int64_t, int64_t, int64_t,
                          Stream&);
template void gather_cuda(const uint64_t*, const int64_t*, uint64_t*, int64_t, int64_t, int64_t, int64_t,
                          Stream&);
template void take_along_axis_cuda(const uint8_t*, const int64_t*, uint8_t*, int64_t, int64_t, int64_t,
                                   int64_t, Stream&);
template void take_along_axis_cuda(const uint32_t*, const int64_t*, uint32_t*, int64_t, int64_t, int64_t,
                                   int64_t, Stream&);
template void take_along_axis_cuda(const uint64_t*, const int64_t*, uint64_t*, int64_t, int64_t, int64_t,
                                   int64_t, Stream&);
template void gather_grad_cuda(const float*, const int64_t*, float*, int64_t, int64_t, int64_t, int64_t,
                               Stream&);
template void gather_grad_cuda(const double*, const int64_t*, double*, int64_t, int64_t, int64_t, int64_t,
                               Stream&);
template void take_along_axis_grad_cuda(const float*, const int64_t*, float*, int64_t, int64_t, int64_t,
                                        int64_t, Stream&);
template void take_along_axis_grad_cuda(const double*, const int64_t*, double*, int64_t, int64_t, int64_t,
                                        int64_t, Stream&);
template void one_hot_cuda(const int64_t*, bool*, int64_t, int64_t, Stream&);
template void one_hot_cuda(const int64_t*, uint8_t*, int64_t, int64_t, Stream&);
template void one_hot_cuda(const int64_t*, int32_t*, int64_t, int64_t, Stream&);
template void one_hot_cuda(const int64_t*, int64_t*, int64_t, int64_t, Stream&);
template void one_hot_cuda(const int64_t*, float*, int64_t, int64_t, Stream&);
template void one_hot_cuda(const int64_t*, double*, int64_t, int64_t, Stream&);

}  // namespace afina
