#pragma once

#include <cuda_runtime.h>

#include "cuda/launch.h"
#include "cuda/shared.h"
#include "cuda/workspace.h"

// The tiled product behind matrices and convolutions: every block computes 64 x 64 elements, 16 steps of k at
// a time, 4 x 4 a thread.  What the operands are is the business of functors:
//   a(problem, i, p), b(problem, p, j)   an element; kAlongK: neighbours along p (else along i or j) lie side
//   by side store(problem, i, j, sum)            what becomes of an element of the product
// Every sum adds its products in the order of p; where k is cut into splits, those are added in their order.
namespace afina {

struct ProductSizes {
  int64_t problems, m, n, k;
};

#ifdef __CUDACC__

inline constexpr int kTileSide = 64, kTileDepth = 16, kOwnSide = 4;

template <class T, class A, class B, class Store>
__global__ void __launch_bounds__(kThreads)
    multiply_tiles(A a, B b, Store store, ProductSizes s, int64_t splits, int64_t split_k) {
  constexpr int kSide = kTileSide / kOwnSide;                // threads along a side
  constexpr int kLoads = kTileSide * kTileDepth / kThreads;  // elements of a tile that a thread fetches
  struct Tiles {
    T a[kTileDepth][kTileSide + kOwnSide], b[kTileDepth][kTileSide + kOwnSide];
  };
  Tiles& tiles = shared_memory<Tiles>();
  const int64_t i0 = int64_t{blockIdx.x} * kTileSide, j0 = int64_t{blockIdx.y} * kTileSide;
  const int thread = static_cast<int>(threadIdx.x), own_i = thread / kSide * kOwnSide,
            own_j = thread % kSide * kOwnSide;
  for (int64_t z = blockIdx.z; z < s.problems * splits; z += gridDim.z) {
    const int64_t problem = z / splits, begin = z % splits * split_k;
    const int64_t end = begin + split_k < s.k ? begin + split_k : s.k;
    T sums[kOwnSide][kOwnSide] = {};
    for (int64_t p0 = begin; p0 < end; p0 += kTileDepth) {
      for (int load = 0; load < kLoads; ++load) {
        const int at = thread + load * kThreads;
        const int a_p = A::kAlongK ? at % kTileDepth : at / kTileSide,
                  a_i = A::kAlongK ? at / kTileDepth : at % kTileSide;
        const int b_p = B::kAlongK ? at % kTileDepth : at / kTileSide,
                  b_j = B::kAlongK ? at / kTileDepth : at % kTileSide;
        tiles.a[a_p][a_i] = i0 + a_i < s.m && p0 + a_p < end ? a(problem, i0 + a_i, p0 + a_p) : T{0};
        tiles.b[b_p][b_j] = j0 + b_j < s.n && p0 + b_p < end ? b(problem, p0 + b_p, j0 + b_j) : T{0};
      }
      __syncthreads();
      for (int p = 0; p < kTileDepth; ++p)
        for (int i = 0; i < kOwnSide; ++i)
          for (int j = 0; j < kOwnSide; ++j) sums[i][j] += tiles.a[p][own_i + i] * tiles.b[p][own_j + j];
      __syncthreads();
    }
    for (int i = 0; i < kOwnSide; ++i)
      for (int j = 0; j < kOwnSide; ++j)
        if (i0 + own_i + i < s.m && j0 + own_j + j < s.n)
          store(z, i0 + own_i + i, j0 + own_j + j, sums[i][j]);
  }
}

// A split's part of an element, kept until all are there.
template <class T>
struct StorePart {
  T* parts;
  int64_t m, n;
  __device__ __forceinline__ void operator()(int64_t z, int64_t i, int64_t j, T sum) const {
    parts[(z * m + i) * n + j] = sum;
  }
};

template <class T, class Store>
__global__ void __launch_bounds__(kThreads)
    add_parts(const T* parts, Store store, ProductSizes s, int64_t splits) {
  const int64_t size = s.m * s.n;
  for (int64_t at = first_element(); at < s.problems * size; at += element_step()) {
    const int64_t problem = at / size, own = at % size;
    T sum{};
    for (int64_t split = 0; split < splits; ++split) sum += parts[(problem * splits + split) * size + own];
    store(problem, own / s.n, own % s.n, sum);
  }
}

// How a product is cut into blocks of side x side elements, and its k into splits where those alone would be
// too few to fill a device; from the shape alone.
struct SplitProduct {
  ProductSizes sizes;
  int64_t side, splits = 1, split_k = 0;

  SplitProduct(const ProductSizes& s, int64_t tile_side, int64_t depth) : sizes(s), side(tile_side) {
    constexpr int64_t kWantedTiles = 512, kLeastDepth = 256, kMostPartElements = int64_t{1} << 24;
    const auto at_most = [&](int64_t most) { splits = splits < most ? splits : most; };
    splits = is_empty() ? 1 : kWantedTiles / tiles();
    at_most(s.k / kLeastDepth);
    at_most(kMostPartElements / (s.problems * s.m * s.n + 1));
    if (splits < 1) splits = 1;
    split_k = ((s.k + splits - 1) / splits + depth - 1) / depth * depth;
  }
  int64_t down() const { return (sizes.m + side - 1) / side; }
  int64_t across() const { return (sizes.n + side - 1) / side; }
  int64_t tiles() const { return sizes.problems * down() * across(); }
  bool is_empty() const { return tiles() == 0; }
  int64_t slices() const { return sizes.problems * splits; }
  dim3 grid() const {
    constexpr int64_t kMostZ = 65535;
    return {static_cast<unsigned>(down()), static_cast<unsigned>(across()),
            static_cast<unsigned>(slices() < kMostZ ? slices() : kMostZ)};
  }
};

template <class T, class A, class B, class Store>
void multiply(const char* op, const A& a, const B& b, const Store& store, const ProductSizes& s,
              const Stream& stream) {
  const SplitProduct cut(s, kTileSide, kTileDepth);
  if (cut.is_empty()) return;
  if (cut.splits == 1) {
    launch_kernel(op, stream, {cut.grid(), kThreads}, multiply_tiles<T, A, B, Store>, a, b, store, s, 1,
                  cut.split_k);
    return;
  }
  const Workspace<T> parts(cut.slices() * s.m * s.n, stream);
  launch_kernel(op, stream, {cut.grid(), kThreads}, multiply_tiles<T, A, B, StorePart<T>>, a, b,
                StorePart<T>{parts.data(), s.m, s.n}, s, cut.splits, cut.split_k);
  launch_kernel(op, stream, {grid_for(s.problems * s.m * s.n), kThreads}, add_parts<T, Store>, parts.data(),
                store, s, cut.splits);
}

#endif

}  // namespace afina
