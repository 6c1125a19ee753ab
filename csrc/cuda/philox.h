#pragma once

#include <cuda_runtime.h>

#include "core/random.h"
#include "cuda/launch.h"

// The numbers of cpu/philox.h, bit for bit: word w of a stream is word w % 4 of block w / 4; a 32-bit element
// takes one word, a 64-bit element two.
namespace afina {

template <class T>
struct RandomBitsOf {
  using type = uint32_t;
};
template <>
struct RandomBitsOf<double> {
  using type = uint64_t;
};
template <class T>
using RandomBits = typename RandomBitsOf<T>::type;

#ifdef __CUDACC__

// f(i, bits) for this thread's share of the elements in [0, n): a block of the generator at a time.
template <class T, class F>
__device__ __forceinline__ void each_random(const KernelKey& from, int64_t n, const F& f) {
  const RandomKey key = from.read();
  constexpr int kElements = 16 / static_cast<int>(sizeof(RandomBits<T>));
  for (int64_t block = first_element(); block * kElements < n; block += element_step()) {
    const Philox4 words = philox(key, static_cast<uint64_t>(block));
    for (int k = 0; k < kElements && block * kElements + k < n; ++k) {
      RandomBits<T> bits;
      if constexpr (sizeof(bits) == 8)
        bits = words.word[2 * k] | (uint64_t{words.word[2 * k + 1]} << 32);
      else
        bits = words.word[k];
      f(block * kElements + k, bits);
    }
  }
}

#endif

}  // namespace afina
