// Products of tiles that a copy engine fetches, with a mistake each, and one without.  A warp fetches, a
// warpgroup multiplies: y = the upper half of x x^T, x (128, 192) of whole numbers, 64 steps of k at a time
// through one stage.
#include "warpgroup_faults.h"

#include <cmath>
#include <cstdio>
#include <vector>

#include "cuda/hopper.h"
#include "cuda/shared.h"

namespace {

constexpr int kRows = 64, kColumns = 128, kDepth = 192, kStep = 64, kSteps = kDepth / kStep;
constexpr int kWarpgroup = 128, kThreads = kWarpgroup + 32, kWarps = 4;

struct Stage {
  alignas(1024) uint16_t a[kRows * kStep];
  alignas(1024) uint16_t b[kColumns * kStep];
  uint64_t full, empty;
};

enum Fault {
  kNone,
  kTileNotAwaited,
  kTileReleasedEarly,
  kProductsNotAwaited,
  kSumsNotOrdered,
  kWrongStride,
  kTooManyBytes,
  kNeverReleased,
  kTileNeverRead,
  kBarrierNotBegun,
  kTileOffItsPattern,
};

template <Fault kFault>
__device__ void fetch(const CUtensorMap& a, const CUtensorMap& b, Stage& stage) {
  for (int step = 0; step < (kFault == kTileNeverRead ? 1 : kSteps); ++step) {
    afina::wait_for_phase(&stage.empty, (static_cast<uint32_t>(step) & 1U) ^ 1U);
    afina::arrive_and_expect(&stage.full,
                             sizeof stage.a + sizeof stage.b + (kFault == kTooManyBytes ? 16 : 0));
    afina::load_tile(stage.a + (kFault == kTileOffItsPattern ? 64 : 0), a, step * kStep, 0, 0, &stage.full);
    afina::load_tile(stage.b, b, step * kStep, 0, 0, &stage.full);
  }
}

template <Fault kFault>
__device__ void multiply(Stage& stage, float* y) {
  const int thread = static_cast<int>(threadIdx.x), lane = thread % 32;
  float sums[kColumns / 2] = {};
  for (int step = 0; step < (kFault == kTileNeverRead ? 0 : kSteps); ++step) {
    if (kFault != kTileNotAwaited) afina::wait_for_phase(&stage.full, static_cast<uint32_t>(step) & 1U);
    if (kFault != kSumsNotOrdered) afina::order_sums();
    constexpr uint32_t kStride = kFault == kWrongStride ? 512 : 1024;
    const uint64_t a = afina::tile_descriptor(stage.a, 0, kStride),
                   b = afina::tile_descriptor(stage.b, 0, kStride);
    for (uint32_t k = 0; k < kStep; k += 16)
      afina::multiply_bf16_async<false, false>(sums, afina::moved(a, 2 * k), afina::moved(b, 2 * k),
                                               step > 0 || k > 0);
    afina::close_product_group();
    if (kFault == kTileReleasedEarly && lane == 0) afina::arrive(&stage.empty);
    if (kFault != kProductsNotAwaited) afina::wait_for_products<0>();
    if (kFault != kTileReleasedEarly && kFault != kNeverReleased && lane == 0) afina::arrive(&stage.empty);
  }
  for (int i = 0; i < kColumns / 2; ++i) {
    const int row = thread / 32 * 16 + lane / 4 + i % 4 / 2 * 8, column = i / 4 * 8 + lane % 4 * 2 + i % 2;
    y[row * kColumns + column] = sums[i];
  }
}

template <Fault kFault>
__global__ void multiply_by_itself(const __grid_constant__ CUtensorMap a,
                                   const __grid_constant__ CUtensorMap b, float* y) {
  Stage& stage = afina::dynamic_shared_memory<Stage>();
  if (threadIdx.x == 0 && kFault != kBarrierNotBegun) {
    afina::begin_phases(&stage.full, 1);
    afina::begin_phases(&stage.empty, kWarps);
    afina::show_barriers();
  }
  __syncthreads();
  if (threadIdx.x < kWarpgroup)
    multiply<kFault>(stage, y);
  else if (threadIdx.x == kWarpgroup)
    fetch<kFault>(a, b, stage);
}

CUtensorMap map_of(uint16_t* x, int rows, bool swizzled) {
  const cuuint64_t sizes[3] = {kDepth, kColumns, 1}, strides[2] = {kDepth * 2, kDepth * kColumns * 2};
  const cuuint32_t box[3] = {kStep, static_cast<cuuint32_t>(rows), 1}, steps[3] = {1, 1, 1};
  CUtensorMap map;
  const CUresult result = cuTensorMapEncodeTiled(
      &map, CU_TENSOR_MAP_DATA_TYPE_BFLOAT16, 3, x, sizes, strides, box, steps, CU_TENSOR_MAP_INTERLEAVE_NONE,
      swizzled ? CU_TENSOR_MAP_SWIZZLE_128B : CU_TENSOR_MAP_SWIZZLE_NONE, CU_TENSOR_MAP_L2_PROMOTION_L2_128B,
      CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
  if (result != CUDA_SUCCESS) std::printf("no map\n");
  return map;
}

// From -8 to 8, so that sums are exact, and no two lines are alike.
int value(int row, int k) { return (row * 7 + k * 5 + row * k) % 17 - 8; }

template <Fault kFault>
cudaError_t launch(const cudaLaunchConfig_t& config, uint16_t* x, float* y, bool swizzled) {
  return cudaLaunchKernelEx(&config, multiply_by_itself<kFault>, map_of(x, kRows, swizzled),
                            map_of(x, kColumns, swizzled), y);
}

cudaError_t launch_named(const std::string& name, const cudaLaunchConfig_t& config, uint16_t* x, float* y) {
  if (name == "warpgroup_wrong_swizzle") return launch<kNone>(config, x, y, false);
  if (name == "warpgroup_tile_not_awaited") return launch<kTileNotAwaited>(config, x, y, true);
  if (name == "warpgroup_tile_released_early") return launch<kTileReleasedEarly>(config, x, y, true);
  if (name == "warpgroup_products_not_awaited") return launch<kProductsNotAwaited>(config, x, y, true);
  if (name == "warpgroup_sums_not_ordered") return launch<kSumsNotOrdered>(config, x, y, true);
  if (name == "warpgroup_wrong_stride") return launch<kWrongStride>(config, x, y, true);
  if (name == "warpgroup_too_many_bytes") return launch<kTooManyBytes>(config, x, y, true);
  if (name == "warpgroup_never_released") return launch<kNeverReleased>(config, x, y, true);
  if (name == "warpgroup_tile_never_read") return launch<kTileNeverRead>(config, x, y, true);
  if (name == "warpgroup_barrier_not_begun") return launch<kBarrierNotBegun>(config, x, y, true);
  if (name == "warpgroup_tile_off_its_pattern") return launch<kTileOffItsPattern>(config, x, y, true);
  return launch<kNone>(config, x, y, true);
}

}  // namespace

void run_warpgroups(const std::string& name) {
  std::vector<uint16_t> host(kColumns * kDepth);
  for (int i = 0; i < kColumns * kDepth; ++i)
    host[static_cast<size_t>(i)] =
        static_cast<uint16_t>(cudasim::packed_bf16(static_cast<float>(value(i / kDepth, i % kDepth)), 0));
  uint16_t* x = nullptr;
  float* y = nullptr;
  std::vector<float> found(kRows * kColumns);
  cudaMallocAsync(reinterpret_cast<void**>(&x), host.size() * 2, nullptr);
  cudaMallocAsync(reinterpret_cast<void**>(&y), found.size() * 4, nullptr);
  cudaMemcpyAsync(x, host.data(), host.size() * 2, cudaMemcpyHostToDevice, nullptr);
  cudaLaunchConfig_t config;
  config.gridDim = dim3(1);
  config.blockDim = dim3(kThreads);
  config.dynamicSmemBytes = sizeof(Stage);
  if (name == "warpgroup_too_much_memory") config.dynamicSmemBytes = 100 * 1024;
  if (name == "warpgroup_too_little_memory") config.dynamicSmemBytes = 1024;
  std::printf("%s\n", cudaGetErrorString(launch_named(name, config, x, y)));
  cudaMemcpyAsync(found.data(), y, found.size() * 4, cudaMemcpyDeviceToHost, nullptr);
  int wrong = 0, undefined = 0;
  for (int i = 0; i < kRows * kColumns; ++i) {
    int right = 0;
    for (int k = 0; k < kDepth; ++k) right += value(i / kColumns, k) * value(i % kColumns, k);
    const float element = found[static_cast<size_t>(i)];
    undefined += std::isnan(element) ? 1 : 0;
    wrong += element == static_cast<float>(right) ? 0 : 1;
  }
  std::printf("%d %d\n", wrong, undefined);
}
