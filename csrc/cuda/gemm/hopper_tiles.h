#pragma once

#include "cuda/gemm/store_matrix.h"
#include "cuda/gemm/tensor_tiles.h"
#include "cuda/hopper.h"
#include "cuda/shared.h"

// The kernel of gemm/hopper.h.  A block stays and takes tile after tile of 128 x kWidth elements.  One of its
// threads sends for the operands' tiles, 128 bytes along k at a time, as long as there is room in a ring of
// four; two warpgroups wait for them and multiply, 64 rows each.  So the copies of a tile's first steps run
// while the tile before it is stored.
namespace afina {

#ifdef __CUDACC__

inline constexpr int kWarpgroup = 128;  // threads
inline constexpr int kConsumers = 2;    // warpgroups
inline constexpr int kWarpgroupThreads = (1 + kConsumers) * kWarpgroup;
inline constexpr int kOwnRows = 64;  // of a warpgroup: the rows of wgmma
inline constexpr int kRows = kConsumers * kOwnRows;
inline constexpr int kStages = 4;

// What factors are in shared memory.  A stage is as deep as the swizzle is wide, 128 bytes, a product 32
// bytes.
struct WideBf16 {
  using Element = uint16_t;
  static constexpr int kStageDepth = 64, kProductDepth = 16;
  template <bool kATurned, bool kBTurned, int kCount>
  __device__ __forceinline__ static void multiply(float (&sums)[kCount], uint64_t a, uint64_t b, bool add) {
    multiply_bf16_async<kATurned, kBTurned>(sums, a, b, add);
  }
};
struct WideTf32 {
  using Element = uint32_t;
  static constexpr int kStageDepth = 32, kProductDepth = 8;
  template <bool kATurned, bool kBTurned, int kCount>
  __device__ __forceinline__ static void multiply(float (&sums)[kCount], uint64_t a, uint64_t b, bool add) {
    static_assert(!kATurned && !kBTurned);
    multiply_tf32_async(sums, a, b, add);
  }
};

// What a launch computes: `tiles` of them, slices (the problems, each cut into `splits` along k) of down x
// across.  Steps of k are counted in stages; those of a problem run through its entries, one after the other.
struct WarpgroupProduct {
  CUtensorMap a, b;            // (columns, rows, matrices) of rounded factors
  const int64_t *a_at, *b_at;  // of each entry its matrix; null: as they are counted
  int m, n, down, across, tiles, splits, entries, entry_steps, split_steps;
  bool pairs;  // n is even, and two neighbours can be stored at once
  StoreOrKeep<StoreMatrix<float>> store;
};

// An operand's tile: kLines rows of a or columns of b.  Along k it is one box, of whose lines each is one of
// these; turned, a box for every 64 rows or columns, lines of one step of k.
template <class Factor, int kLines, bool kTurned>
struct BulkTile {
  static constexpr int kDepth = Factor::kStageDepth;
  static constexpr int kBox = kTurned ? 64 : kLines;  // rows or columns in a box
  static constexpr uint32_t kPatternBytes = 1024,
                            kBoxBytes = kBox * kDepth * sizeof(typename Factor::Element);
  alignas(kPatternBytes) typename Factor::Element at[kLines * kDepth];

  __device__ __forceinline__ void load(const CUtensorMap& map, int line, int p, int matrix,
                                       uint64_t* barrier) {
#pragma unroll
    for (int box = 0; box < kLines / kBox; ++box)
      load_tile(at + box * kBox * kDepth, map, kTurned ? line + box * kBox : p,
                kTurned ? p : line + box * kBox, matrix, barrier);
  }
  // From `line` on, a multiple of 64, and from k = 0 on.
  __device__ __forceinline__ uint64_t descriptor(int line) const {
    return tile_descriptor(at + line * kDepth, kTurned ? kBoxBytes : 0, kPatternBytes);
  }
  static constexpr uint32_t kProductBytes =  // from one product's k to the next
      kTurned ? Factor::kProductDepth / 8 * kPatternBytes
              : Factor::kProductDepth * sizeof(typename Factor::Element);
};

template <class FactorOfBoth, int kColumns, bool kATurned, bool kBTurned>
struct Ring {
  using Factor = FactorOfBoth;
  static constexpr int kWidth = kColumns;
  static constexpr bool kIsATurned = kATurned, kIsBTurned = kBTurned;
  struct Stage {
    BulkTile<Factor, kRows, kATurned> a;
    BulkTile<Factor, kWidth, kBTurned> b;
  };
  Stage stages[kStages];
  uint64_t full[kStages], empty[kStages];  // barriers: the tiles have come, all warps have read them
};

// A place in the ring, and the parity of its barriers' phases, which is that of the rounds.
struct RingPlace {
  int stage = 0;
  uint32_t parity = 0;
  __device__ __forceinline__ void advance() {
    if (++stage == kStages) {
      stage = 0;
      parity ^= 1U;
    }
  }
};

// A tile's place.  Those in work at a time lie in few rows and columns of tiles, which L2 then holds: strips
// of eight rows, column by column.
struct TilePlace {
  int slice, row, column, begin, end;  // steps
  __device__ __forceinline__ TilePlace(const WarpgroupProduct& g, int tile) {
    constexpr int kStrip = 8;
    const int plane = g.down * g.across;
    slice = tile / plane;
    const int own = tile % plane, first = own / (kStrip * g.across) * kStrip;
    const int rows = g.down - first < kStrip ? g.down - first : kStrip;
    row = first + own % (kStrip * g.across) % rows;
    column = own % (kStrip * g.across) / rows;
    begin = slice % g.splits * g.split_steps;
    const int all = g.entries * g.entry_steps;
    end = begin + g.split_steps < all ? begin + g.split_steps : all;
  }
};

template <class Ring>
__device__ __forceinline__ void fetch_tiles(const WarpgroupProduct& g, Ring& ring) {
  RingPlace place;
  for (int tile = static_cast<int>(blockIdx.x); tile < g.tiles; tile += static_cast<int>(gridDim.x)) {
    const TilePlace at(g, tile);
    const int first_entry = at.slice / g.splits * g.entries;
    for (int step = at.begin; step < at.end; ++step, place.advance()) {
      const int entry = first_entry + step / g.entry_steps,
                p = step % g.entry_steps * Ring::Factor::kStageDepth;
      auto& stage = ring.stages[place.stage];
      uint64_t* const full = &ring.full[place.stage];
      wait_for_phase(&ring.empty[place.stage], place.parity ^ 1U);
      arrive_and_expect(full, sizeof stage);
      stage.a.load(g.a, at.row * kRows, p, g.a_at == nullptr ? entry : static_cast<int>(g.a_at[entry]), full);
      stage.b.load(g.b, at.column * Ring::kWidth, p,
                   g.b_at == nullptr ? entry : static_cast<int>(g.b_at[entry]), full);
    }
  }
}

struct alignas(2 * sizeof(float)) TwoFloats {
  float first, second;
};

// A lane's sums of one row, of which it has two neighbours in every eight: `line` is where the first of them
// goes, column j of the product, and there are `left` from there on.  Parts of sums are kept as they are.
template <bool kPairs, bool kKeep, int kCount>
__device__ __forceinline__ void store_line(const StoreMatrix<float>& store, float* line, int64_t j, int left,
                                           const float (&sums)[kCount], int half) {
  const auto closed = [&](int at, float sum) {
    return kKeep ? sum : store.closed_if(at < left, line + at, j + at, sum);
  };
#pragma unroll
  for (int part = 0; part < kCount / 4; ++part) {
    const float first = sums[4 * part + 2 * half], second = sums[4 * part + 2 * half + 1];
    const int at = 8 * part;
    const TwoFloats result{closed(at, first), closed(at + 1, second)};
    if (kPairs) {
      if (at < left) *reinterpret_cast<TwoFloats*>(line + at) = result;
    } else {
      if (at < left) line[at] = result.first;
      if (at + 1 < left) line[at + 1] = result.second;
    }
  }
}

// The four lanes of a row have 32 bytes of it: stored in pairs, no part of a sector is written twice.
template <int kCount>
__device__ __forceinline__ void store_sums(const WarpgroupProduct& g, const TilePlace& at, int warp, int lane,
                                           const float (&sums)[kCount]) {
  const auto& store = g.store.store;
  const auto& keep = g.store.keep;
  const int j = at.column * 2 * kCount + lane % 4 * 2, left = g.n - j;
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const int i = at.row * kRows + warp * 16 + half * 8 + lane / 4;
    if (i >= g.m) continue;
    if (keep.parts != nullptr) {
      float* const line = keep.parts + (int64_t{at.slice} * g.m + i) * g.n + j;
      if (g.pairs)
        store_line<true, true>(store, line, j, left, sums, half);
      else
        store_line<false, true>(store, line, j, left, sums, half);
    } else {
      float* const line = store.place(at.slice, i, j);
      if (g.pairs)
        store_line<true, false>(store, line, j, left, sums, half);
      else
        store_line<false, false>(store, line, j, left, sums, half);
    }
  }
}

template <class Ring>
__device__ __forceinline__ void multiply_fetched(const WarpgroupProduct& g, Ring& ring, int thread) {
  using Stage = typename Ring::Stage;
  using Factor = typename Ring::Factor;
  constexpr uint32_t kABytes = decltype(Stage::a)::kProductBytes, kBBytes = decltype(Stage::b)::kProductBytes;
  const int warp = thread / kWarpSize, lane = thread % kWarpSize;
  const auto release = [&](int stage) {  // by a lane of every warp: the others' products may still read
    if (lane == 0) arrive(&ring.empty[stage]);
  };
  RingPlace place;
  for (int tile = static_cast<int>(blockIdx.x); tile < g.tiles; tile += static_cast<int>(gridDim.x)) {
    const TilePlace at(g, tile);
    float sums[Ring::kWidth / 2];
    int before = 0;  // the stage whose products run while the next one is waited for
    for (int step = at.begin; step < at.end; ++step, place.advance()) {
      wait_for_phase(&ring.full[place.stage], place.parity);
      const Stage& stage = ring.stages[place.stage];
      const uint64_t a = stage.a.descriptor(thread / kWarpgroup * kOwnRows), b = stage.b.descriptor(0);
      order_sums();
#pragma unroll
      for (int product = 0; product < Factor::kStageDepth / Factor::kProductDepth; ++product)
        Factor::template multiply<Ring::kIsATurned, Ring::kIsBTurned>(
            sums, moved(a, product * kABytes), moved(b, product * kBBytes), step > at.begin || product > 0);
      close_product_group();
      if (step > at.begin) {
        wait_for_products<1>();
        release(before);
      }
      before = place.stage;
    }
    wait_for_products<0>();
    hold_sums(sums);
    release(before);
    store_sums(g, at, warp, lane, sums);
  }
}

template <class Ring>
__global__ void __launch_bounds__(kWarpgroupThreads, 1)
    multiply_in_warpgroups(const __grid_constant__ WarpgroupProduct g) {
#if !defined(__CUDA_ARCH__) || \
    defined(__CUDA_ARCH_FEAT_SM90_ALL)  // empty where there are no such instructions
  constexpr int kWarps = kConsumers * kWarpgroup / kWarpSize;
  constexpr int kFetching = 40,
                kMultiplying = 232;  // registers: 128 and 256 threads share those of 384 x 168
  Ring& ring = dynamic_shared_memory<Ring>();
  const int thread = static_cast<int>(threadIdx.x);
  if (thread == 0) {
    for (int stage = 0; stage < kStages; ++stage) {
      begin_phases(&ring.full[stage], 1);
      begin_phases(&ring.empty[stage], kWarps);
    }
    show_barriers();
  }
  __syncthreads();
  if (thread < kWarpgroup) {
    keep_registers<kFetching>();
    if (thread == 0) fetch_tiles(g, ring);
  } else {
    take_registers<kMultiplying>();
    multiply_fetched(g, ring, thread - kWarpgroup);
  }
#endif
}

#endif

}  // namespace afina
