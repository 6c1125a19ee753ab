#include "cuda/gemm/gemm.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "core/cuda.h"
#include "cuda/gemm/hopper.h"
#include "cuda/gemm/store_matrix.h"
#include "cuda/gemm/tensor_tiles.h"

namespace afina {
namespace {

// A stack of stored matrices, whose rows are an operand's lines (kAlongK) or whose columns are.  k runs
// through `entries` of them, one after the other: entry e of problem z starts at[z * entries + e] elements
// in.
template <class T, bool kRowsAreLines>
struct Matrices {
  static constexpr bool kAlongK = kRowsAreLines;
  const T* data;
  int64_t step;
  const int64_t* at;  // null: the one matrix starts at data
  int64_t entries, k;
  bool vectors;

  struct Line {
    const Matrices& m;
    int64_t first, own;
    __device__ __forceinline__ const T* at(int64_t p) const {
      int64_t entry = first;
      if (m.entries > 1) {
        const int64_t before = p / m.k;
        entry += before;
        p -= before * m.k;
      }
      const int64_t start = m.at == nullptr ? 0 : m.at[entry];
      return m.data + start + (kAlongK ? own * m.step + p : p * m.step + own);
    }
  };
  __device__ __forceinline__ Line line(int64_t z, int64_t own) const { return {*this, z * entries, own}; }
};

// starts: (3, count), of a, b and c; null: one entry, at the pointers themselves.  even: all are multiples of
// kVector.
template <class T>
void run_products(const char* op, const Gemm<T>& g, int64_t count, int64_t entries, const int64_t* starts,
                  bool even, const Stream& stream) {
  const auto start_of = [&](int64_t operand) {
    return starts == nullptr ? nullptr : starts + operand * count;
  };
  const ProductSizes sizes{count / entries, g.m, g.n, g.k * entries};
  const StoreMatrix<T> store{g.c, g.c_step, start_of(2), entries, g.bias, g.relu, g.accumulate};
  const auto vectors = [&](const T* data, int64_t step, int64_t width) {
    return even && is_aligned(data) && step % kVector == 0 && width % kVector == 0;
  };
  const auto run = [&](const auto& a, const auto& b) { multiply_as_set<T>(op, a, b, store, sizes, stream); };
  const auto with_b = [&](const auto& a) {
    const bool b_vectors = vectors(g.b, g.b_step, g.transpose_b ? g.k : g.n);
    if (g.transpose_b)
      run(a, Matrices<T, true>{g.b, g.b_step, start_of(1), entries, g.k, b_vectors});
    else
      run(a, Matrices<T, false>{g.b, g.b_step, start_of(1), entries, g.k, b_vectors});
  };
  const bool a_vectors = vectors(g.a, g.a_step, g.transpose_a ? g.m : g.k);
  if (g.transpose_a)
    with_b(Matrices<T, false>{g.a, g.a_step, start_of(0), entries, g.k, a_vectors});
  else
    with_b(Matrices<T, true>{g.a, g.a_step, start_of(0), entries, g.k, a_vectors});
}

}  // namespace

template <class T>
void gemm_cuda(const char* op, const Gemm<T>& g, int64_t count, const int64_t* a_at, const int64_t* b_at,
               const int64_t* c_at, Stream& stream) {
  if (count == 0) return;
  if (count == 1) {
    Gemm<T> only = g;
    only.a += a_at[0];
    only.b += b_at[0];
    only.c += c_at[0];
    return gemm_cuda(op, only, stream);
  }
  // 1. entries that share a matrix of c, side by side; there are as many of each
  std::vector<int64_t> order(static_cast<size_t>(count));
  std::iota(order.begin(), order.end(), int64_t{0});
  std::stable_sort(order.begin(), order.end(), [&](int64_t x, int64_t y) { return c_at[x] < c_at[y]; });
  int64_t entries = 1;
  while (entries < count && c_at[order[static_cast<size_t>(entries)]] == c_at[order[0]]) ++entries;
  std::vector<int64_t> starts;
  for (const int64_t* at : {a_at, b_at, c_at})
    for (const int64_t entry : order) starts.push_back(at[entry]);
  // 2. the products
  if constexpr (sizeof(T) == sizeof(float))
    if (takes_warpgroups(g, count, stream.device()))
      return multiply_by_warpgroups(op, g, entries, starts, stream);
  const Workspace<int64_t> device_starts(3 * count, stream);
  copy_to_cuda(device_starts.data(), stream.device(), starts.data(), starts.size() * sizeof(int64_t));
  const bool even =
      std::all_of(starts.begin(), starts.end(), [](int64_t start) { return start % kVector == 0; });
  run_products(op, g, count, entries, device_starts.data(), even, stream);
}

template <class T>
void gemm_cuda(const char* op, const Gemm<T>& g, Stream& stream) {
  if constexpr (sizeof(T) == sizeof(float))
    if (takes_warpgroups(g, 1, stream.device())) return multiply_by_warpgroups(op, g, 1, {}, stream);
  run_products(op, g, 1, 1, nullptr, true, stream);
}

template void gemm_cuda(const char*, const Gemm<float>&, Stream&);
template void gemm_cuda(const char*, const Gemm<double>&, Stream&);
template void gemm_cuda(const char*, const Gemm<float>&, int64_t, const int64_t*, const int64_t*,
                        const int64_t*, Stream&);
template void gemm_cuda(const char*, const Gemm<double>&, int64_t, const int64_t*, const int64_t*,
                        const int64_t*, Stream&);

}  // namespace afina
