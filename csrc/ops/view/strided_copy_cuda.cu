#include "cuda/launch.h"
#include "cuda/shared.h"
#include "ops/view/strided_copy_kernels.h"

namespace afina {
namespace {

template <class Word>
__global__ void __launch_bounds__(kThreads)
    copy_elements(const Word* source, Word* target, StridedWalk walk, int64_t count) {
  for (int64_t i = first_element(); i < count; i += element_step()) {
    int64_t rest = i, from = 0, to = 0;
    for (int axis = walk.rank - 1; axis >= 0; --axis) {
      const int64_t before = rest / walk.size[axis], at = rest - before * walk.size[axis];
      rest = before;
      from += at * walk.from[axis];
      to += at * walk.to[axis];
    }
    target[to] = source[from];
  }
}

constexpr int kTile = 32;     // a tile of a transpose: 32 rows of one warp each
constexpr int kTileRows = 8;  // of threads; each moves four elements

struct Plane {
  int64_t rows, columns;  // of the target, whose rows are contiguous; the source's columns are
  int64_t source_step, target_step;
};

// The walk's last two axes when the source is contiguous along the first of them: both sides move whole
// lines.
template <class Word>
__global__ void __launch_bounds__(kTile* kTileRows)
    transpose_planes(const Word* source, Word* target, StridedWalk outer, Plane plane) {
  struct Tile {
    Word at[kTile][kTile + 1];  // one more, so that a column's elements lie in different banks
  };
  Tile& tile = shared_memory<Tile>();
  int64_t rest = blockIdx.z, from = 0, to = 0;
  for (int axis = outer.rank - 1; axis >= 0; --axis) {
    const int64_t at = rest % outer.size[axis];
    rest /= outer.size[axis];
    from += at * outer.from[axis];
    to += at * outer.to[axis];
  }
  const int64_t row = int64_t{blockIdx.y} * kTile, column = int64_t{blockIdx.x} * kTile;
  for (int k = 0; k < kTile; k += kTileRows) {
    const int64_t r = row + threadIdx.x, c = column + threadIdx.y + k;
    if (r < plane.rows && c < plane.columns)
      tile.at[threadIdx.y + k][threadIdx.x] = source[from + c * plane.source_step + r];
  }
  __syncthreads();
  for (int k = 0; k < kTile; k += kTileRows) {
    const int64_t r = row + threadIdx.y + k, c = column + threadIdx.x;
    if (r < plane.rows && c < plane.columns)
      target[to + r * plane.target_step + c] = tile.at[threadIdx.x][threadIdx.y + k];
  }
}

constexpr int64_t kMostPlanes = 65535;  // of a grid's third axis

}  // namespace

template <class Word>
void strided_copy_cuda(const Word* source, Word* target, const StridedWalk& walk, Stream& stream) {
  int64_t count = 1;
  for (int axis = 0; axis < walk.rank; ++axis) count *= walk.size[axis];
  const int last = walk.rank - 1;
  const bool transposes = walk.rank >= 2 && walk.from[last - 1] == 1 && walk.to[last] == 1;
  if (transposes) {
    const Plane plane{walk.size[last - 1], walk.size[last], walk.from[last], walk.to[last - 1]};
    const int64_t planes = count / (plane.rows * plane.columns), down = (plane.rows + kTile - 1) / kTile;
    if (planes <= kMostPlanes && down <= kMostPlanes) {
      StridedWalk outer = walk;
      outer.rank -= 2;
      const dim3 grid(static_cast<unsigned>((plane.columns + kTile - 1) / kTile), static_cast<unsigned>(down),
                      static_cast<unsigned>(planes));
      launch_kernel("copy", stream, {grid, dim3(kTile, kTileRows)}, transpose_planes<Word>, source, target,
                    outer, plane);
      return;
    }
  }
  launch_kernel("copy", stream, {grid_for(count), kThreads}, copy_elements<Word>, source, target, walk,
                count);
}

template void strided_copy_cuda(const uint8_t*, uint8_t*, const StridedWalk&, Stream&);
template void strided_copy_cuda(const uint32_t*, uint32_t*, const StridedWalk&, Stream&);
template void strided_copy_cuda(const uint64_t*, uint64_t*, const StridedWalk&, Stream&);

}  // namespace afina
