#include "cpu/gemm/gradients.h"

#include "cpu/gemm/gemm.h"
#include "cpu/output.h"
#include "cpu/splits.h"
#include "cpu/transpose.h"
#include "cpu/workspace.h"

namespace afina {
namespace {

constexpr int64_t kBlockBytes = int64_t{512} << 10;  // of A and dC together, which stay in the L2 cache
constexpr int64_t kFewestRows = 128;                 // of a block, to make up for bringing B and dB there
constexpr int64_t kMostWeights = 1 << 16;            // elements of B, which stays there as well
constexpr int64_t kMostSplits = 16;

// Rows [row, row + rows) of dA.
template <class T>
Gemm<T> a_gradient(const ProductGradients<T>& g, int64_t row, int64_t rows) {
  Gemm<T> product{rows, g.k, g.n, g.dc + row * g.n, g.n, false, g.b, g.n, true, g.da + row * g.k, g.k};
  product.rounded = g.rounded;
  return product;
}

// What these rows add to dB, or, turned, to its transpose.
template <class T>
Gemm<T> b_gradient(const ProductGradients<T>& g, int64_t row, int64_t rows, T* db, bool turned = false) {
  const T* const a = g.a + row * g.k;
  const T* const dc = g.dc + row * g.n;
  Gemm<T> product = turned ? Gemm<T>{g.n, g.k, rows, dc, g.n, true, a, g.k, false, db, g.k}
                           : Gemm<T>{g.k, g.n, rows, a, g.k, true, dc, g.n, false, db, g.n};
  product.rounded = g.rounded;
  return product;
}

// Is dB better computed transposed? Then k lies along the vectors instead of n: the direction that leaves
// fewer lanes empty.
template <class T>
bool is_better_turned(const ProductGradients<T>& g) {
  const auto lanes = [](int64_t columns) { return (columns + kLanes<T> - 1) / kLanes<T> * kLanes<T>; };
  return lanes(g.k) * g.n * 20 < lanes(g.n) * g.k * 19;  // by 5 % at least
}

// Both at once, a block of rows after the other: what dA has brought to the cache is there for dB. Splits of
// the rows, fixed by the shape, sum their dB each on their own.
template <Isa I, class T>
void gradients_by_blocks(const ProductGradients<T>& g, int64_t block) {
  const int64_t blocks = g.m / block, size = g.k * g.n;
  const int64_t splits = even_splits(blocks / 2 < kMostSplits ? blocks / 2 : kMostSplits);
  const bool turn = is_better_turned(g), large = exceeds_caches<T>(g.m * g.k);
  const Workspace<T> partial(splits * size);
  parallel_chunks(splits, [&](int64_t split) {
    const int64_t first = split * g.m / splits, end = (split + 1) * g.m / splits;
    T* const db = partial.data() + split * size;
    for (int64_t row = first; row < end; row += block) {
      const int64_t rows = end - row < block ? end - row : block;
      Gemm<T> da = a_gradient(g, row, rows);
      da.from_memory = true;
      da.to_memory = large;
      gemm_alone_cpu<I>(da);
      Gemm<T> more = b_gradient(g, row, rows, db, turn);
      more.accumulate = row > first;
      more.from_memory = !turn;
      gemm_alone_cpu<I>(more);
    }
  });
  if (!turn) return add_splits(partial.data(), splits, size, g.db);
  add_splits(partial.data(), splits, size, partial.data());
  turn_over(partial.data(), g.n, g.k,
            [&](int64_t i, int64_t j, Vec<T> value, int64_t count)
                __attribute__((always_inline)) { store_partial(g.db + i * g.n + j, value, count); });
}

}  // namespace

template <Isa I, class T>
void product_gradients_cpu(const ProductGradients<T>& g) {
  const int64_t fitting = kBlockBytes / static_cast<int64_t>(sizeof(T)) / (g.k + g.n + 1);
  const int64_t block = fitting < kFewestRows ? kFewestRows : fitting;
  if (g.da != nullptr && g.db != nullptr && g.m >= 4 * block && g.k * g.n <= kMostWeights)
    return gradients_by_blocks<I>(g, block);
  if (g.da != nullptr) gemm_cpu<I>(a_gradient(g, 0, g.m));
  if (g.db != nullptr) gemm_cpu<I>(b_gradient(g, 0, g.m, g.db));
}

template void product_gradients_cpu<kIsa>(const ProductGradients<float>&);
template void product_gradients_cpu<kIsa>(const ProductGradients<double>&);

}  // namespace afina
