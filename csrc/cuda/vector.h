#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#include "cuda/launch.h"

// The mirror of cpu/vec.h: memory is moved 16 bytes a thread at a time, computed one number at a time.
namespace afina {

inline constexpr int kPackBytes = 16;

template <class T>
struct alignas(kPackBytes) Pack {
  static constexpr int kCount = kPackBytes / sizeof(T);
  T at[kCount];
};

template <class T>
__device__ __forceinline__ Pack<T> load_pack(const T* p) {
  return *reinterpret_cast<const Pack<T>*>(p);
}

template <class T>
__device__ __forceinline__ void store_pack(T* p, const Pack<T>& pack) {
  *reinterpret_cast<Pack<T>*>(p) = pack;
}

template <class... Pointer>
__device__ __forceinline__ bool are_aligned(const Pointer*... p) {
  return ((reinterpret_cast<uintptr_t>(p) | ...) % kPackBytes) == 0;
}

template <class T, class F, class... X>
__device__ __forceinline__ Pack<T> each_of_pack(const F& f, const Pack<X>&... x) {
  Pack<T> result;
  for (int k = 0; k < Pack<T>::kCount; ++k) result.at[k] = f(x.at[k]...);
  return result;
}

// y[i] = f(x[i]...) for this thread's share of n elements, all of one type; y may be one of the x.
template <class T, class F, class... X>
__device__ __forceinline__ void map_elements(int64_t n, const F& f, T* y, const X*... x) {
  constexpr int kCount = Pack<T>::kCount;
  const int64_t packs = are_aligned(y, x...) ? n / kCount : 0;
  for (int64_t i = first_element(); i < packs; i += element_step()) {
    store_pack(y + i * kCount, each_of_pack<T>(f, load_pack(x + i * kCount)...));
  }
  for (int64_t i = packs * kCount + first_element(); i < n; i += element_step()) y[i] = f(x[i]...);
}

// Blocks for map_elements.
template <class T>
unsigned grid_for_packs(int64_t n) {
  return grid_for(n, int64_t{kThreads} * Pack<T>::kCount);
}

}  // namespace afina
