#include <cstdint>

#include "core/isa.h"
#include "cpu/parallel.h"
#include "ops/reduce/cumulative_lines.h"

namespace afina {
namespace {

// f(offset) for the first element of every line along n; its elements are `inner` apart.
template <class F>
KERNEL_INLINE void each_line(int64_t outer, int64_t n, int64_t inner, const F& f) {
  parallel_range(outer * inner, items_per_chunk(n), [&](int64_t begin, int64_t end) {
    for (int64_t line = begin; line < end; ++line) f(line / inner * n * inner + line % inner);
  });
}

}  // namespace

template <Isa I, class T>
void cumulative_sum_cpu(const T* x, T* y, int64_t outer, int64_t n, int64_t inner, bool backwards) {
  each_line(outer, n, inner, [=](int64_t at) { sum_line(x, y, at, n, inner, backwards); });
}

template <Isa I, class T>
void cumulative_product_cpu(const T* x, T* y, int64_t outer, int64_t n, int64_t inner) {
  each_line(outer, n, inner, [=](int64_t at) { multiply_line(x, y, at, n, inner); });
}

template <Isa I, class T>
void cumulative_product_grad_cpu(const T* x, const T* y, const T* dy, T* dx, int64_t outer, int64_t n,
                                 int64_t inner) {
  each_line(outer, n, inner, [=](int64_t at) { multiply_line_grad(x, y, dy, dx, at, n, inner); });
}

template void cumulative_sum_cpu<kIsa>(const float*, float*, int64_t, int64_t, int64_t, bool);
template void cumulative_sum_cpu<kIsa>(const double*, double*, int64_t, int64_t, int64_t, bool);
template void cumulative_sum_cpu<kIsa>(const int32_t*, int32_t*, int64_t, int64_t, int64_t, bool);
template void cumulative_sum_cpu<kIsa>(const int64_t*, int64_t*, int64_t, int64_t, int64_t, bool);
template void cumulative_product_cpu<kIsa>(const float*, float*, int64_t, int64_t, int64_t);
template void cumulative_product_cpu<kIsa>(const double*, double*, int64_t, int64_t, int64_t);
template void cumulative_product_cpu<kIsa>(const int32_t*, int32_t*, int64_t, int64_t, int64_t);
template void cumulative_product_cpu<kIsa>(const int64_t*, int64_t*, int64_t, int64_t, int64_t);
template void cumulative_product_grad_cpu<kIsa>(const float*, const float*, const float*, float*, int64_t,
                                                int64_t, int64_t);
template void cumulative_product_grad_cpu<kIsa>(const double*, const double*, const double*, double*, int64_t,
                                                int64_t, int64_t);

}  // namespace afina
