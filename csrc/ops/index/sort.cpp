#include "ops/index/sort.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "core/axes.h"
#include "core/launch.h"
#include "cpu/parallel.h"
#include "ops/index/gather.h"
#include "ops/index/order.h"

namespace afina {

template <class T>
void order_lines_cuda(const char* op, const T* x, int64_t* order, int64_t outer, int64_t n, int64_t inner,
                      int64_t count, bool descending, Stream& stream);

namespace {

constexpr int64_t kSortCost = 16;  // a comparison of a sort against an element of streaming work

// The first `count` places of every line's order, as (outer, count, inner).
template <class T>
void order_lines(const T* x, int64_t* order, const AxisSplit& split, int64_t count, bool descending) {
  const int64_t outer = split.outer, n = split.n, inner = split.inner;
  parallel_range(outer * inner, items_per_chunk(n * kSortCost), [&](int64_t begin, int64_t end) {
    std::vector<int64_t> places(static_cast<size_t>(n));
    for (int64_t line = begin; line < end; ++line) {
      const T* const first = x + line / inner * n * inner + line % inner;
      const auto before = [&](int64_t a, int64_t b) {
        return comes_before(first[a * inner], a, first[b * inner], b, descending);
      };
      std::iota(places.begin(), places.end(), int64_t{0});
      std::partial_sort(places.begin(), places.begin() + count, places.end(), before);
      int64_t* const to = order + line / inner * count * inner + line % inner;
      for (int64_t k = 0; k < count; ++k) to[k * inner] = places[static_cast<size_t>(k)];
    }
  });
}

Tensor first_places(const char* op, const Tensor& x, int axis, int64_t count, bool descending) {
  const Tensor order = empty(x.shape().with(axis, count), DType::int64, x.device());
  const AxisSplit split(x.shape(), axis);
  visit_any(x.dtype(), [&]<class T>() {
    launch(
        x.device(), [=]<Isa>() { order_lines(x.data<T>(), order.data<int64_t>(), split, count, descending); },
        [=](auto& stream) {
          order_lines_cuda(op, x.data<T>(), order.data<int64_t>(), split.outer, split.n, split.inner, count,
                           descending, stream);
        });
  });
  return order;
}

}  // namespace

Tensor argsort(const Tensor& x, int64_t axis, bool descending) {
  const int at = checked_axis("argsort", axis, x.rank());
  return first_places("argsort", x, at, x.dim(at), descending);
}

Tensor sort(const Tensor& x, int64_t axis, bool descending) {
  const int at = checked_axis("sort", axis, x.rank());
  return take_along_axis(x, first_places("sort", x, at, x.dim(at), descending), at);
}

std::array<Tensor, 2> top_k(const Tensor& x, int64_t k) {
  const int last = checked_axis("top_k", -1, x.rank());
  if (k < 1 || k > x.dim(last))
    fail<ArgumentError>("top_k", "k must lie in 1 to ", x.dim(last), ", the size of the last axis, got ", k);
  const Tensor places = first_places("top_k", x, last, k, true);
  return {take_along_axis(x, places, last), places};
}

}  // namespace afina
