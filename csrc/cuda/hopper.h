#pragma once

#include <cuda.h>
#include <cuda_runtime.h>

#include <cstdint>

// Inline PTX of compute capability 9.0 (sm_90a) and what the simulator plays in its place: barriers that
// count arrivals and bytes, tiles that a copy engine fetches, and products of tiles by a warpgroup, four
// warps. Each function is one instruction, named beside it.
namespace afina {

#ifdef __CUDACC__

#if defined(AFINA_CUDA_SIMULATED)
// The caller's line, which the simulator names when something never comes.
#define CALLERS_PLACE const char *file = __builtin_FILE(), int line = __builtin_LINE()
#define AND_PLACE , CALLERS_PLACE
#else
#define CALLERS_PLACE
#define AND_PLACE
#endif

__device__ __forceinline__ uint32_t shared_address(const void* at) {
#if defined(AFINA_CUDA_SIMULATED)
  return cudasim::shared_address(at);
#else
  return static_cast<uint32_t>(__cvta_generic_to_shared(at));
#endif
}

// ---- phases of a barrier in shared memory: one ends when as many arrivals and bytes have come as it waits
// for, and the next one begins.  They are counted by parity, the first is 0.

// mbarrier.init
__device__ __forceinline__ void begin_phases(uint64_t* barrier, uint32_t arrivals) {
#if defined(AFINA_CUDA_SIMULATED)
  cudasim::phase_begin(barrier, arrivals);
#else
  asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(shared_address(barrier)), "r"(arrivals)
               : "memory");
#endif
}

// fence.mbarrier_init and fence.proxy.async: the copy engine sees the barriers begun before.
__device__ __forceinline__ void show_barriers() {
#if !defined(AFINA_CUDA_SIMULATED)
  asm volatile("fence.mbarrier_init.release.cluster;\nfence.proxy.async.shared::cta;" ::: "memory");
#endif
}

// mbarrier.arrive
__device__ __forceinline__ void arrive(uint64_t* barrier AND_PLACE) {
#if defined(AFINA_CUDA_SIMULATED)
  cudasim::phase_arrive(barrier, {file, line});
#else
  asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(shared_address(barrier)) : "memory");
#endif
}

// mbarrier.arrive.expect_tx: arrives, and the phase waits for so many bytes more.
__device__ __forceinline__ void arrive_and_expect(uint64_t* barrier, uint32_t bytes AND_PLACE) {
#if defined(AFINA_CUDA_SIMULATED)
  cudasim::phase_expect(barrier, bytes, {file, line});
#else
  asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(shared_address(barrier)),
               "r"(bytes)
               : "memory");
#endif
}

// mbarrier.try_wait: until the last phase of this parity is over; of parity 1 there has been one at the
// start.
__device__ __forceinline__ void wait_for_phase(uint64_t* barrier, uint32_t parity AND_PLACE) {
#if defined(AFINA_CUDA_SIMULATED)
  cudasim::phase_wait(barrier, parity, {file, line});
#else
  asm volatile(
      "{\n.reg .pred over;\n"
      "again:\nmbarrier.try_wait.parity.shared::cta.b64 over, [%0], %1;\n"
      "@!over bra again;\n}" ::"r"(shared_address(barrier)),
      "r"(parity)
      : "memory");
#endif
}

// ---- tiles

// cp.async.bulk.tensor: the map's box from (column, row, matrix) on, zeros outside the tensor; its bytes are
// counted in the barrier's phase.  `to` begins where a multiple of 1024 bytes does.
__device__ __forceinline__ void load_tile(void* to, const CUtensorMap& map, int column, int row, int matrix,
                                          uint64_t* barrier AND_PLACE) {
#if defined(AFINA_CUDA_SIMULATED)
  cudasim::load_box(to, map, {column, row, matrix}, barrier, {file, line});
#else
  asm volatile(
      "cp.async.bulk.tensor.3d.shared::cluster.global.tile.mbarrier::complete_tx::bytes "
      "[%0], [%1, {%2, %3, %4}], [%5];" ::"r"(shared_address(to)),
      "l"(&map), "r"(column), "r"(row), "r"(matrix), "r"(shared_address(barrier))
      : "memory");
#endif
}

// What wgmma reads as an operand: lines of 128 bytes in the 128-byte swizzle, eight lines a pattern.  Along k
// (a line is what 128 bytes hold of a row of a or column of b) `stride` leads from eight lines to the next;
// turned (a line is one step of k of 64 rows or columns) `stride` leads from eight steps of k to the next,
// `leading` from 64 rows or columns to the next.
__device__ __forceinline__ uint64_t tile_descriptor(const void* tile, uint32_t leading, uint32_t stride) {
  constexpr uint64_t kSwizzle128 = uint64_t{1} << 62, kAddressBits = 0x3FFFF;
  return kSwizzle128 | (stride & kAddressBits) >> 4 << 32 | (leading & kAddressBits) >> 4 << 16 |
         (shared_address(tile) & kAddressBits) >> 4;
}

// The same, so many bytes further.
__device__ __forceinline__ uint64_t moved(uint64_t descriptor, uint32_t bytes) {
  return descriptor + (bytes >> 4);
}

// ---- products by a warpgroup, which run on while it does other things

// wgmma.fence: what was done to the sums before, was done before the products that follow.
__device__ __forceinline__ void order_sums() {
#if defined(AFINA_CUDA_SIMULATED)
  cudasim::fence_warpgroup();
#else
  asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
#endif
}

// wgmma.commit_group: the products since the last call are a group.
__device__ __forceinline__ void close_product_group() {
#if defined(AFINA_CUDA_SIMULATED)
  cudasim::close_product_group();
#else
  asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
#endif
}

// wgmma.wait_group: waits for all groups but the last kStillComing.
template <int kStillComing>
__device__ __forceinline__ void wait_for_products(CALLERS_PLACE) {
#if defined(AFINA_CUDA_SIMULATED)
  cudasim::land_products(kStillComing, {file, line});
#else
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(kStillComing) : "memory");
#endif
}

// No instruction: the compiler may not read the sums before it comes here.
template <int kCount>
__device__ __forceinline__ void hold_sums([[maybe_unused]] float (&sums)[kCount]) {
#if !defined(AFINA_CUDA_SIMULATED)
#pragma unroll
  for (int i = 0; i < kCount; ++i) asm volatile("" : "+f"(sums[i])::"memory");
#endif
}

// clang-format off
#define SUMS_8(i) "+f"(sums[i]), "+f"(sums[i + 1]), "+f"(sums[i + 2]), "+f"(sums[i + 3]), \
                  "+f"(sums[i + 4]), "+f"(sums[i + 5]), "+f"(sums[i + 6]), "+f"(sums[i + 7])
#define SUMS_32(i) SUMS_8(i), SUMS_8(i + 8), SUMS_8(i + 16), SUMS_8(i + 24)

#define REGISTERS_64 \
  "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, " \
  "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, " \
  "%32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, " \
  "%48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63}"
#define REGISTERS_128 \
  "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, " \
  "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, " \
  "%32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, " \
  "%48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63, " \
  "%64, %65, %66, %67, %68, %69, %70, %71, %72, %73, %74, %75, %76, %77, %78, %79, " \
  "%80, %81, %82, %83, %84, %85, %86, %87, %88, %89, %90, %91, %92, %93, %94, %95, " \
  "%96, %97, %98, %99, %100, %101, %102, %103, %104, %105, %106, %107, %108, %109, %110, %111, " \
  "%112, %113, %114, %115, %116, %117, %118, %119, %120, %121, %122, %123, %124, %125, %126, %127}"

// wgmma.mma_async: the sums of 64 rows and 2 kCount columns, added to or begun anew, over 32 bytes of k: 16 steps in
// bfloat16.  Of a warp's 16 rows lane 4 g + t has rows g and g + 8, of each eight columns 2 t and 2 t + 1:
// sums[4 j] and [4 j + 1] in the upper row, [4 j + 2] and [4 j + 3] in the lower one.
template <bool kATurned, bool kBTurned, int kCount>
__device__ __forceinline__ void multiply_bf16_async(float (&sums)[kCount], uint64_t a, uint64_t b, bool add AND_PLACE) {
  static_assert(kCount == 64 || kCount == 128);
#if defined(AFINA_CUDA_SIMULATED)
  cudasim::multiply_warpgroup({sums, 2 * kCount, sizeof(uint16_t), a, b, kATurned, kBTurned, add}, {file, line});
#else
  if constexpr (kCount == 64)
    asm volatile(
      "{\n.reg .pred more;\nsetp.ne.b32 more, %66, 0;\n"
      "wgmma.mma_async.sync.aligned.m64n128k16.f32.bf16.bf16 " REGISTERS_64 ", %64, %65, more, 1, 1, %67, %68;\n}"
      : SUMS_32(0), SUMS_32(32)
      : "l"(a), "l"(b), "r"(static_cast<int32_t>(add)), "n"(static_cast<int>(kATurned)),
        "n"(static_cast<int>(kBTurned)));
  else
    asm volatile(
      "{\n.reg .pred more;\nsetp.ne.b32 more, %130, 0;\n"
      "wgmma.mma_async.sync.aligned.m64n256k16.f32.bf16.bf16 " REGISTERS_128 ", %128, %129, more, 1, 1, %131, %132;\n}"
      : SUMS_32(0), SUMS_32(32), SUMS_32(64), SUMS_32(96)
      : "l"(a), "l"(b), "r"(static_cast<int32_t>(add)), "n"(static_cast<int>(kATurned)),
        "n"(static_cast<int>(kBTurned)));
#endif
}

// The same over 8 steps in TF32, of which neither factor can be turned; the low 13 bits of its words are not read.
template <int kCount>
__device__ __forceinline__ void multiply_tf32_async(float (&sums)[kCount], uint64_t a, uint64_t b, bool add AND_PLACE) {
  static_assert(kCount == 64 || kCount == 128);
#if defined(AFINA_CUDA_SIMULATED)
  cudasim::multiply_warpgroup({sums, 2 * kCount, sizeof(uint32_t), a, b, false, false, add}, {file, line});
#else
  if constexpr (kCount == 64)
    asm volatile(
      "{\n.reg .pred more;\nsetp.ne.b32 more, %66, 0;\n"
      "wgmma.mma_async.sync.aligned.m64n128k8.f32.tf32.tf32 " REGISTERS_64 ", %64, %65, more, 1, 1;\n}"
      : SUMS_32(0), SUMS_32(32)
      : "l"(a), "l"(b), "r"(static_cast<int32_t>(add)));
  else
    asm volatile(
      "{\n.reg .pred more;\nsetp.ne.b32 more, %130, 0;\n"
      "wgmma.mma_async.sync.aligned.m64n256k8.f32.tf32.tf32 " REGISTERS_128 ", %128, %129, more, 1, 1;\n}"
      : SUMS_32(0), SUMS_32(32), SUMS_32(64), SUMS_32(96)
      : "l"(a), "l"(b), "r"(static_cast<int32_t>(add)));
#endif
}

#undef REGISTERS_128
#undef REGISTERS_64
#undef SUMS_32
#undef SUMS_8
// clang-format on

// ---- registers: setmaxnreg, by all warps of a warpgroup

template <int kCount>
__device__ __forceinline__ void keep_registers() {
#if !defined(AFINA_CUDA_SIMULATED)
  asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(kCount));
#endif
}
template <int kCount>
__device__ __forceinline__ void take_registers() {
#if !defined(AFINA_CUDA_SIMULATED)
  asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(kCount));
#endif
}

#undef AND_PLACE
#undef CALLERS_PLACE
#endif

}  // namespace afina
