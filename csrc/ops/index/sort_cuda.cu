#include <utility>

#include "cuda/launch.h"
#include "cuda/workspace.h"
#include "ops/index/order.h"

// A merge sort of places, (lines, n): every element finds its own way into the run that is twice as long, by
// its rank among those it is merged with.
namespace afina {
namespace {

constexpr int64_t kFirstRun = 32;  // elements that are ranked by counting

template <class T>
struct Lines {
  const T* x;  // (outer, n, inner)
  int64_t outer, n, inner;
  bool descending;

  __device__ __forceinline__ T at(int64_t line, int64_t place) const {
    return x[(line / inner * n + place) * inner + line % inner];
  }
  __device__ __forceinline__ bool before(int64_t line, int64_t a, int64_t b) const {
    return comes_before(at(line, a), a, at(line, b), b, descending);
  }
  __host__ __device__ int64_t size() const { return outer * n * inner; }
};

template <class T>
__global__ void __launch_bounds__(kThreads) sort_first_runs(Lines<T> lines, int64_t* places) {
  for (int64_t i = first_element(); i < lines.size(); i += element_step()) {
    const int64_t line = i / lines.n, own = i % lines.n, begin = own / kFirstRun * kFirstRun;
    const int64_t end = begin + kFirstRun < lines.n ? begin + kFirstRun : lines.n;
    int64_t rank = 0;
    for (int64_t other = begin; other < end; ++other) rank += lines.before(line, other, own) ? 1 : 0;
    places[line * lines.n + begin + rank] = own;
  }
}

template <class T>
__global__ void __launch_bounds__(kThreads)
    merge_runs(Lines<T> lines, const int64_t* from, int64_t* to, int64_t run) {
  const auto within = [&](int64_t k) { return k < lines.n ? k : lines.n; };
  for (int64_t i = first_element(); i < lines.size(); i += element_step()) {
    const int64_t line = i / lines.n, k = i % lines.n, place = from[i];
    const int64_t pair = k / (2 * run) * 2 * run, own = k < pair + run ? pair : pair + run;
    const int64_t begin = within(own == pair ? pair + run : pair), end = within(begin + run);
    int64_t low = begin, high = end;  // how many of the other run come before?
    while (low < high) {
      const int64_t middle = (low + high) / 2;
      if (lines.before(line, from[line * lines.n + middle], place))
        low = middle + 1;
      else
        high = middle;
    }
    to[line * lines.n + pair + (k - own) + (low - begin)] = place;
  }
}

__global__ void __launch_bounds__(kThreads) write_order(const int64_t* places, int64_t* order, int64_t lines,
                                                        int64_t n, int64_t inner, int64_t count) {
  for (int64_t i = first_element(); i < lines * count; i += element_step()) {
    const int64_t block = i / (count * inner), k = i / inner % count, line = block * inner + i % inner;
    order[i] = places[line * n + k];
  }
}

}  // namespace

template <class T>
void order_lines_cuda(const char* op, const T* x, int64_t* order, int64_t outer, int64_t n, int64_t inner,
                      int64_t count, bool descending, Stream& stream) {
  const Lines<T> lines{x, outer, n, inner, descending};
  const Workspace<int64_t> first(lines.size(), stream), second(lines.size(), stream);
  int64_t *places = first.data(), *merged = second.data();
  launch_kernel(op, stream, {grid_for(lines.size()), kThreads}, sort_first_runs<T>, lines, places);
  for (int64_t run = kFirstRun; run < n; run *= 2) {
    launch_kernel(op, stream, {grid_for(lines.size()), kThreads}, merge_runs<T>, lines, places, merged, run);
    std::swap(places, merged);
  }
  launch_kernel(op, stream, {grid_for(outer * count * inner), kThreads}, write_order, places, order,
                outer * inner, n, inner, count);
}

template void order_lines_cuda(const char*, const bool*, int64_t*, int64_t, int64_t, int64_t, int64_t, bool,
                               Stream&);
template void order_lines_cuda(const char*, const uint8_t*, int64_t*, int64_t, int64_t, int64_t, int64_t,
                               bool, Stream&);
template void order_lines_cuda(const char*, const int32_t*, int64_t*, int64_t, int64_t, int64_t, int64_t,
                               bool, Stream&);
template void order_lines_cuda(const char*, const int64_t*, int64_t*, int64_t, int64_t, int64_t, int64_t,
                               bool, Stream&);
template void order_lines_cuda(const char*, const float*, int64_t*, int64_t, int64_t, int64_t, int64_t, bool,
                               Stream&);
template void order_lines_cuda(const char*, const double*, int64_t*, int64_t, int64_t, int64_t, int64_t, bool,
                               Stream&);

}  // namespace afina
