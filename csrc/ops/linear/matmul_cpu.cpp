#include "cpu/gemm/gemm.h"
#include "cpu/parallel.h"

namespace afina {

constexpr int64_t kChunkWork =
    200'000;  // multiply-adds a chunk when whole products are spread over the threads

// One product for each of `count` batch entries: entry i starts a_at[i], b_at[i], c_at[i] elements into a, b
// and c. With `same_c` entries share matrices of c, which are sums then, in the order of the entries.
template <Isa I, class T>
void matmul_cpu(const Gemm<T>& g, int64_t count, const int64_t* a_at, const int64_t* b_at,
                const int64_t* c_at, bool same_c) {
  const auto entry = [&](int64_t i) {
    Gemm<T> product = g;
    product.a += a_at[i];
    product.b += b_at[i];
    product.c += c_at[i];
    gemm_cpu<I>(product);
  };
  const int64_t work = g.m * g.n * g.k + 1;
  if (same_c || count == 1 || work > 16 * kChunkWork) {  // large products are cut up themselves
    for (int64_t i = 0; i < count; ++i) entry(i);
    return;
  }
  parallel_range(count, kChunkWork / work + 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) entry(i);
  });
}

template void matmul_cpu<kIsa, float>(const Gemm<float>&, int64_t, const int64_t*, const int64_t*,
                                      const int64_t*, bool);
template void matmul_cpu<kIsa, double>(const Gemm<double>&, int64_t, const int64_t*, const int64_t*,
                                       const int64_t*, bool);

}  // namespace afina
