#pragma once

#include <cuda_runtime.h>

#include <cstdint>

namespace afina {

#ifdef __CUDACC__

// What becomes of an element of a stack of products: they start at[z * entries] elements into c, or, where
// that is null, at c.
template <class T>
struct StoreMatrix {
  T* c;
  int64_t step;
  const int64_t* at;
  int64_t entries;
  const T* bias;
  bool relu, accumulate;

  __device__ __forceinline__ T* place(int64_t z, int64_t i, int64_t j) const {
    return c + (at == nullptr ? 0 : at[z * entries]) + i * step + j;
  }
  __device__ __forceinline__ T closed(const T* place, int64_t j, T sum) const {
    if (accumulate) sum += *place;
    if (bias != nullptr) sum += bias[j];
    return relu && T{0} > sum ? T{0} : sum;
  }
  // The same where a thread closes many elements, of which some are outside: loads that depend on a condition
  // instead of branches.
  __device__ __forceinline__ T closed_if(bool inside, const T* place, int64_t j, T sum) const {
    const T before = accumulate && inside ? *place : T{0},
            offset = bias != nullptr && inside ? bias[j] : T{0};
    sum = sum + before + offset;
    return relu && T{0} > sum ? T{0} : sum;
  }
  __device__ __forceinline__ void operator()(int64_t z, int64_t i, int64_t j, T sum) const {
    T* const element = place(z, i, j);
    *element = closed(element, j, sum);
  }
};

#endif

}  // namespace afina
