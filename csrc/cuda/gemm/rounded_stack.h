#pragma once

#include "cuda/gemm/hopper_tiles.h"
#include "cuda/vector.h"

// The factors of gemm/hopper.h, rounded into a workspace from which the copy engine fetches tiles.
namespace afina {

#ifdef __CUDACC__

// A stack of matrices of float32, and where they go.
struct RoundedStack {
  const float* from;
  const int64_t* at;  // where each of them starts; null: there is one, at `from`
  int64_t rows, columns, step;
  bool turn;     // `rows` and `columns` are those of the transpose, which is what goes there
  bool vectors;  // rows begin at multiples of 16 bytes
  int64_t matrices;
  void* to = nullptr;  // rows padded to whole chunks of 16 bytes, as a tensor map wants them

  __host__ __device__ __forceinline__ int64_t chunks(int64_t element_bytes) const {
    return (columns * element_bytes + kPackBytes - 1) / kPackBytes;
  }
  int64_t bytes(int64_t element_bytes) const { return matrices * rows * chunks(element_bytes) * kPackBytes; }
};

__device__ __forceinline__ Pack<uint32_t> rounded_chunk(const float (&x)[8]) {
  return {packed_bf16(x[0], x[1]), packed_bf16(x[2], x[3]), packed_bf16(x[4], x[5]), packed_bf16(x[6], x[7])};
}
__device__ __forceinline__ Pack<uint32_t> rounded_chunk(const float (&x)[4]) {
  return {rounded_to_tf32(x[0]), rounded_to_tf32(x[1]), rounded_to_tf32(x[2]), rounded_to_tf32(x[3])};
}

template <class Factor>
__global__ void __launch_bounds__(kThreads) round_matrices(RoundedStack s) {
  constexpr int kBytes = sizeof(typename Factor::Element), kChunk = kPackBytes / kBytes;
  const int64_t chunks = s.chunks(kBytes), size = s.rows * chunks;
  for (int64_t matrix = blockIdx.y; matrix < s.matrices; matrix += gridDim.y) {
    const float* const from = s.from + (s.at == nullptr ? 0 : s.at[matrix]);
    Pack<uint32_t>* const to = static_cast<Pack<uint32_t>*>(s.to) + matrix * size;
    for (int64_t at = first_element(); at < size; at += element_step()) {
      const int64_t column = at % chunks * kChunk;
      const float* const source = from + at / chunks * s.step + column;
      float x[kChunk];
      if (s.vectors && column + kChunk <= s.columns) {
#pragma unroll
        for (int i = 0; i < kChunk; i += kVector) {
          const Pack<float> four = load_pack(source + i);
          for (int k = 0; k < kVector; ++k) x[i + k] = four.at[k];
        }
      } else {
#pragma unroll
        for (int i = 0; i < kChunk; ++i) x[i] = column + i < s.columns ? source[i] : 0.0F;
      }
      to[at] = rounded_chunk(x);
    }
  }
}

// The transposes, rounded to TF32, of which wgmma takes no factor turned: kSide x kSide elements a block.
inline constexpr int kTurnedSide = 32;
template <int kSide>
__global__ void __launch_bounds__(kThreads) turn_matrices(RoundedStack s) {
  constexpr int kDown = kThreads / kSide;
  struct Tile {
    uint32_t at[kSide][kSide + 1];
  };
  Tile& tile = shared_memory<Tile>();
  const int64_t width = s.chunks(sizeof(float)) * (kPackBytes / sizeof(float));
  const int64_t across = (s.columns + kSide - 1) / kSide;
  const int64_t row = blockIdx.x / across * kSide, column = blockIdx.x % across * kSide;
  const int x = static_cast<int>(threadIdx.x) % kSide, y = static_cast<int>(threadIdx.x) / kSide;
  for (int64_t matrix = blockIdx.y; matrix < s.matrices; matrix += gridDim.y) {
    const float* const from = s.from + (s.at == nullptr ? 0 : s.at[matrix]);
    uint32_t* const to = static_cast<uint32_t*>(s.to) + matrix * s.rows * width;
    for (int i = y; i < kSide; i += kDown) {
      const bool inside = row + x < s.rows && column + i < s.columns;
      tile.at[i][x] = inside ? rounded_to_tf32(from[(column + i) * s.step + row + x]) : 0;
    }
    __syncthreads();
    for (int i = y; i < kSide; i += kDown)
      if (row + i < s.rows && column + x < width) to[(row + i) * width + column + x] = tile.at[x][i];
    __syncthreads();
  }
}

template <class Factor>
void round_stack(const char* op, const RoundedStack& stack, const Stream& stream) {
  constexpr int64_t kMostY = 65535;
  const auto planes = static_cast<unsigned>(stack.matrices < kMostY ? stack.matrices : kMostY);
  const auto sides = [](int64_t size) { return (size + kTurnedSide - 1) / kTurnedSide; };
  if (stack.turn) {
    const auto tiles = static_cast<unsigned>(sides(stack.rows) * sides(stack.columns));
    launch_kernel(op, stream, {{tiles, planes}, kThreads}, turn_matrices<kTurnedSide>, stack);
  } else {
    const int64_t chunks = stack.rows * stack.chunks(sizeof(typename Factor::Element));
    launch_kernel(op, stream, {{grid_for(chunks), planes}, kThreads}, round_matrices<Factor>, stack);
  }
}

#endif

}  // namespace afina
