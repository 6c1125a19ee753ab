#include "ops/index/sort.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "core/axes.h"
#include "core/launch.h"
#include "cpu/parallel.h"
#include "ops/index/gather.h"

namespace afina {
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
        const T left = first[a * inner], right = first[b * inner];
        if (left < right || right < left) return descending ? right < left : left < right;
        const bool left_nan = left != left, right_nan = right != right;
        if (left_nan != right_nan) return left_nan == descending;
        return a < b;
      };
      std::iota(places.begin(), places.end(), int64_t{0});
      std::partial_sort(places.begin(), places.begin() + count, places.end(), before);
      int64_t* const to = order + line / inner * count * inner + line % inner;
      for (int64_t k = 0; k < count; ++k) to[k * inner] = places[static_cast<size_t>(k)];
    }
  });
}

Tensor first_places(const char* op, const Tensor& x, int axis, int64_t count, bool descending) {
  if (!x.device().is_cpu()) fail<DeviceError>(op, "sorts on the CPU; move the tensor with .to(\"cpu\")");
  const Tensor order = empty(x.shape().with(axis, count), DType::int64);
  visit_any(x.dtype(), [&]<class T>() {
    order_lines(x.data<T>(), order.data<int64_t>(), AxisSplit(x.shape(), axis), count, descending);
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
