#pragma once

#include "core/matmul_precision.h"
#include "cuda/gemm/tiles.h"
#include "cuda/tensor_core.h"

// The product of tiles.h on tensor cores: factors rounded to TF32 or bfloat16, sums in float32.  A block
// computes kSide x kSide elements, its eight warps a part each, 16 steps of k at a time; while one pair of
// tiles is multiplied the next one is on its way to shared memory.
//
// Here an operand says where its elements lie:
//   line(problem, own).at(p)   a pointer, or null for a zero; own is i of the left operand, j of the right
//   one data                       a pointer that can be read vectors                    4 neighbours (along
//   p with kAlongK, else along own) from every fourth place on
//                              lie side by side, 16 bytes aligned, or are all zeros or outside
namespace afina {

#ifdef __CUDACC__

inline constexpr int kRoundedDepth = 16;  // steps of k in a tile
inline constexpr int kVector = 4;         // floats that are copied at once

inline bool is_aligned(const void* p) {
  return reinterpret_cast<uintptr_t>(p) % (kVector * sizeof(float)) == 0;
}

// An operand's tile, laid out so that the lanes of a warp find the numbers of a fragment in 32 banks.
template <int kSide, bool kAlongK>
struct OperandTile {
  static constexpr int kStep = kAlongK ? kRoundedDepth + 4 : kSide + 8;
  float at[(kAlongK ? kSide : kRoundedDepth) * kStep];

  __device__ __forceinline__ float* element(int own, int p) {
    return at + (kAlongK ? own * kStep + p : p * kStep + own);
  }
};

// Sends a tile's elements on their way: copies of kCount floats, those of a thread always of the same lines.
template <int kSide, int kCount, class Operand>
struct TileCopies {
  static constexpr bool kAlongK = Operand::kAlongK;
  static constexpr int kCopies = kSide * kRoundedDepth / kCount / kThreads;
  static constexpr int kPerLine = (kAlongK ? kRoundedDepth : kSide) / kCount;

  __device__ __forceinline__ static int own_of(int copy) {
    const int at = static_cast<int>(threadIdx.x) + copy * kThreads;
    return kAlongK ? at / kPerLine : at % kPerLine * kCount;
  }
  __device__ __forceinline__ static int depth_of(int copy) {
    const int at = static_cast<int>(threadIdx.x) + copy * kThreads;
    return kAlongK ? at % kPerLine * kCount : at / kPerLine;
  }

  __device__ __forceinline__ static void start(const Operand& operand, OperandTile<kSide, kAlongK>& tile,
                                               int64_t problem, int64_t first, int64_t owns, int64_t p0,
                                               int64_t end) {
#pragma unroll(kCount == kVector ? kCopies : 1)  // of single numbers there are too many for registers
    for (int copy = 0; copy < kCopies; ++copy) {
      const int own = own_of(copy), p = depth_of(copy);
      const bool inside = first + own < owns && p0 + p < end;
      const float* const from = inside ? operand.line(problem, first + own).at(p0 + p) : nullptr;
      copy_async<kCount* static_cast<int>(sizeof(float))>(
          tile.element(own, p), from != nullptr ? from : operand.data, from != nullptr);
    }
  }
};

template <int kSide, class Operand, class... Place>
__device__ __forceinline__ void start_tile(const Operand& operand, OperandTile<kSide, Operand::kAlongK>& tile,
                                           Place... place) {
  if (operand.vectors)
    TileCopies<kSide, kVector, Operand>::start(operand, tile, place...);
  else
    TileCopies<kSide, 1, Operand>::start(operand, tile, place...);
}

// What a lane brings to a product over a tile's depth: of a line of the tile the numbers at t, t + 4, t + 8
// and t + 12, where t = lane % 4.  The mma's own k is another order of these; it is the same for both
// factors.
struct Tf32 {
  static constexpr int kProducts = 2;  // mma.sync in a tile's depth
  __device__ __forceinline__ static uint32_t word(const float (&line)[4], int product, int half) {
    return rounded_to_tf32(line[2 * product + half]);
  }
  __device__ __forceinline__ static void multiply(float (&c)[4], const uint32_t (&a)[4],
                                                  const uint32_t (&b)[2]) {
    multiply_tf32(c, a, b);
  }
};
struct Bf16 {
  static constexpr int kProducts = 1;
  __device__ __forceinline__ static uint32_t word(const float (&line)[4], int, int half) {
    return packed_bf16(line[2 * half], line[2 * half + 1]);
  }
  __device__ __forceinline__ static void multiply(float (&c)[4], const uint32_t (&a)[4],
                                                  const uint32_t (&b)[2]) {
    multiply_bf16(c, a, b);
  }
};

template <class Tile>
__device__ __forceinline__ void read_line(Tile& tile, int own, int t, float (&line)[4]) {
#pragma unroll
  for (int q = 0; q < 4; ++q) line[q] = *tile.element(own, t + 4 * q);
}

// Sums on their way out: 16 rows of each of the two rows of warps.
template <int kSide>
struct SumStrip {
  float at[32][kSide + 8];
};

// The warps of a block, two down and four across, and the fragments of 16 x 8 that each computes.
template <int kSide>
struct WarpPart {
  static constexpr int kDown = 2, kAcross = 4;
  static constexpr int kRows = kSide / kDown / 16, kColumns = kSide / kAcross / 8;  // of fragments
  float sums[kRows][kColumns][4] = {};

  __device__ __forceinline__ static int warp() { return static_cast<int>(threadIdx.x) / kWarpSize; }
  __device__ __forceinline__ static int lane() { return static_cast<int>(threadIdx.x) % kWarpSize; }
  __device__ __forceinline__ static int first_row() { return warp() / kAcross * (kSide / kDown); }
  __device__ __forceinline__ static int first_column() { return warp() % kAcross * (kSide / kAcross); }

  template <class Rounding, class LeftTile, class RightTile>
  __device__ __forceinline__ void add_product(LeftTile& left, RightTile& right) {
    const int g = lane() / 4, t = lane() % 4;
    uint32_t b[kColumns][Rounding::kProducts][2];
#pragma unroll
    for (int column = 0; column < kColumns; ++column) {
      float line[4];
      read_line(right, first_column() + 8 * column + g, t, line);
#pragma unroll
      for (int product = 0; product < Rounding::kProducts; ++product)
        for (int half = 0; half < 2; ++half) b[column][product][half] = Rounding::word(line, product, half);
    }
#pragma unroll
    for (int row = 0; row < kRows; ++row) {
      float upper[4], lower[4];
      read_line(left, first_row() + 16 * row + g, t, upper);
      read_line(left, first_row() + 16 * row + g + 8, t, lower);
#pragma unroll
      for (int product = 0; product < Rounding::kProducts; ++product) {
        const uint32_t a[4] = {Rounding::word(upper, product, 0), Rounding::word(lower, product, 0),
                               Rounding::word(upper, product, 1), Rounding::word(lower, product, 1)};
#pragma unroll
        for (int column = 0; column < kColumns; ++column)
          Rounding::multiply(sums[row][column], a, b[column][product]);
      }
    }
  }

  // f(i, j, sum), counted from the block's first element: a strip of fragments at a time goes through shared
  // memory, so that neighbouring threads have neighbouring columns (and few registers hold addresses).
  template <class F>
  __device__ __forceinline__ void each(SumStrip<kSide>& strip, const F& f) const {
    const int g = lane() / 4, t = lane() % 4;
#pragma unroll
    for (int row = 0; row < kRows; ++row) {
      __syncthreads();  // what the memory held before has been read
#pragma unroll
      for (int column = 0; column < kColumns; ++column)
#pragma unroll
        for (int k = 0; k < 4; ++k)
          strip.at[warp() / kAcross * 16 + g + 8 * (k / 2)][first_column() + 8 * column + 2 * t + k % 2] =
              sums[row][column][k];
      __syncthreads();
#pragma unroll 1
      for (int at = static_cast<int>(threadIdx.x); at < kDown * 16 * kSide; at += kThreads) {
        const int line = at / kSide, j = at % kSide;
        f(line / 16 * (kSide / kDown) + 16 * row + line % 16, j, strip.at[line][j]);
      }
    }
    __syncthreads();
  }
};

// Where k is cut into splits, their parts are kept until all are there.
template <class Store>
struct StoreOrKeep {
  Store store;
  StorePart<float> keep;
  __device__ __forceinline__ void operator()(int64_t z, int64_t i, int64_t j, float sum) const {
    if (keep.parts == nullptr)
      store(z, i, j, sum);
    else
      keep(z, i, j, sum);
  }
};

template <int kSide, class Rounding, class A, class B, class Store>
__global__ void __launch_bounds__(kThreads)
    multiply_rounded_tiles(A a, B b, StoreOrKeep<Store> store, ProductSizes s, int64_t splits,
                           int64_t split_k) {
  struct Stage {
    OperandTile<kSide, A::kAlongK> a;
    OperandTile<kSide, B::kAlongK> b;
  };
  union Shared {
    Stage stages[2];
    SumStrip<kSide> strip;
  };
  Shared& shared = shared_memory<Shared>();
  const int64_t i0 = int64_t{blockIdx.x} * kSide, j0 = int64_t{blockIdx.y} * kSide;
  for (int64_t z = blockIdx.z; z < s.problems * splits; z += gridDim.z) {
    const int64_t problem = z / splits, begin = z % splits * split_k;
    const int64_t end = begin + split_k < s.k ? begin + split_k : s.k;
    const auto start = [&](Stage& stage, int64_t p0) {
      start_tile<kSide>(a, stage.a, problem, i0, s.m, p0, end);
      start_tile<kSide>(b, stage.b, problem, j0, s.n, p0, end);
      close_copy_group();
    };
    WarpPart<kSide> part;
    if (begin < end) start(shared.stages[0], begin);
    int now = 0;
    for (int64_t p0 = begin; p0 < end; p0 += kRoundedDepth, now ^= 1) {
      if (p0 + kRoundedDepth < end) {
        start(shared.stages[now ^ 1], p0 + kRoundedDepth);
        wait_for_copies<1>();
      } else {
        wait_for_copies<0>();
      }
      __syncthreads();
      part.template add_product<Rounding>(shared.stages[now].a, shared.stages[now].b);
      __syncthreads();  // before the next copies into these tiles
    }
    part.each(shared.strip, [&](int i, int j, float sum) {
      if (i0 + i < s.m && j0 + j < s.n) store(z, i0 + i, j0 + j, sum);
    });
  }
}

template <int kSide, class Rounding, class A, class B, class Store>
void multiply_rounded(const char* op, const A& a, const B& b, const Store& store, const ProductSizes& s,
                      const Stream& stream) {
  const SplitProduct cut(s, kSide, kRoundedDepth);
  if (cut.is_empty()) return;
  const Workspace<float> parts(cut.splits > 1 ? cut.slices() * s.m * s.n : 0, stream);
  launch_kernel(op, stream, {cut.grid(), kThreads}, multiply_rounded_tiles<kSide, Rounding, A, B, Store>, a,
                b, StoreOrKeep<Store>{store, {parts.data(), s.m, s.n}}, s, cut.splits, cut.split_k);
  if (cut.splits > 1)
    launch_kernel(op, stream, {grid_for(s.problems * s.m * s.n), kThreads}, add_parts<float, Store>,
                  parts.data(), store, s, cut.splits);
}

// The operands' values, for the tiles that round nothing.
template <class T, class Placed>
struct LeftValues {
  static constexpr bool kAlongK = Placed::kAlongK;
  Placed placed;
  __device__ __forceinline__ T operator()(int64_t problem, int64_t i, int64_t p) const {
    const T* const element = placed.line(problem, i).at(p);
    return element != nullptr ? *element : T{0};
  }
};
template <class T, class Placed>
struct RightValues {
  static constexpr bool kAlongK = Placed::kAlongK;
  Placed placed;
  __device__ __forceinline__ T operator()(int64_t problem, int64_t p, int64_t j) const {
    const T* const element = placed.line(problem, j).at(p);
    return element != nullptr ? *element : T{0};
  }
};

// The product as exactly as matmul_precision() says.
template <class T, class A, class B, class Store>
void multiply_as_set(const char* op, const A& a, const B& b, const Store& store, const ProductSizes& s,
                     const Stream& stream) {
  constexpr int kSmall = 64, kLarge = 128;
  constexpr int64_t kBusy = 256;  // large tiles that keep a device busy
  const MatmulPrecision precision = matmul_precision();
  if constexpr (sizeof(T) == sizeof(float)) {
    const bool large = SplitProduct(s, kLarge, kRoundedDepth).tiles() >= kBusy;
    const auto run = [&]<class Rounding>(Rounding) {
      if (large)
        multiply_rounded<kLarge, Rounding>(op, a, b, store, s, stream);
      else
        multiply_rounded<kSmall, Rounding>(op, a, b, store, s, stream);
    };
    if (precision == MatmulPrecision::high) return run(Tf32{});
    if (precision == MatmulPrecision::medium) return run(Bf16{});
  }
  multiply<T>(op, LeftValues<T, A>{a}, RightValues<T, B>{b}, store, s, stream);
}

#endif

}  // namespace afina
