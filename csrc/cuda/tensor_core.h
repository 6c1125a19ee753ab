#pragma once

#include <cuda_runtime.h>

#include <cstdint>

// Inline PTX of sm_80 and newer, and what the simulator plays in its place: copies to shared memory that a
// thread does not wait for, and products of small matrices by a whole warp.
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 800
#error "Afina's CUDA kernels need compute capability 8.0 or newer"
#endif

namespace afina {

#ifdef __CUDACC__

// ---- copies from global to shared memory.  They have landed, for the thread that asked, after the wait for
// their group; for the others after the barrier behind it.

// 4 or 16 bytes, both ends aligned to as many; zeros where `inside` is false, `from` is then not read.
template <int kBytes>
__device__ __forceinline__ void copy_async(void* to, const void* from, bool inside) {
  static_assert(kBytes == 4 || kBytes == 16);
#if defined(AFINA_CUDA_SIMULATED)
  cudasim::copy_later(to, from, kBytes, inside);
#else
  const auto shared = static_cast<uint32_t>(__cvta_generic_to_shared(to));
  const int read = inside ? kBytes : 0;
  if constexpr (kBytes == 16)
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared), "l"(from), "r"(read)
                 : "memory");
  else
    asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;" ::"r"(shared), "l"(from), "r"(read)
                 : "memory");
#endif
}

// The copies since the last call are a group.
__device__ __forceinline__ void close_copy_group() {
#if defined(AFINA_CUDA_SIMULATED)
  cudasim::close_copy_group();
#else
  asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}

// Waits for all groups but the last kStillComing.
template <int kStillComing>
__device__ __forceinline__ void wait_for_copies() {
#if defined(AFINA_CUDA_SIMULATED)
  cudasim::land_copies(kStillComing);
#else
  asm volatile("cp.async.wait_group %0;" ::"n"(kStillComing) : "memory");
#endif
}

// ---- c += a b by a warp.  Lane 4 g + t holds, of the 16 rows of c, rows g and g + 8 at columns 2 t and 2 t
// + 1: c[0], c[1] and c[2], c[3].

// To 10 bits behind the point, halves away from zero.
__device__ __forceinline__ uint32_t rounded_to_tf32(float x) {
#if defined(AFINA_CUDA_SIMULATED)
  return cudasim::rounded_to_tf32(x);
#else
  uint32_t bits;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(x));
  return bits;
#endif
}

// Two bfloat16, halves to the even neighbour.
__device__ __forceinline__ uint32_t packed_bf16(float low, float high) {
#if defined(AFINA_CUDA_SIMULATED)
  return cudasim::packed_bf16(low, high);
#else
  uint32_t bits;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(bits) : "f"(high), "f"(low));
  return bits;
#endif
}

// a (16, 8): rows g, g + 8 at column t, then at t + 4; b (8, 8): rows t, t + 4 at column g.
__device__ __forceinline__ void multiply_tf32(float (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
#if defined(AFINA_CUDA_SIMULATED)
  cudasim::multiply_tf32(c, a, b);
#else
  asm("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
      "{%0, %1, %2, %3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#endif
}

// a (16, 16): rows g, g + 8 at columns 2 t and 2 t + 1, then 8 further; b (16, 8): rows 2 t and 2 t + 1 at
// column g, then 8 further.
__device__ __forceinline__ void multiply_bf16(float (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
#if defined(AFINA_CUDA_SIMULATED)
  cudasim::multiply_bf16(c, a, b);
#else
  asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
      "{%0, %1, %2, %3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#endif
}

#endif

}  // namespace afina
