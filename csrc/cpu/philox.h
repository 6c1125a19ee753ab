#pragma once

#include <cstdint>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "core/random.h"
#include "cpu/parallel.h"
#include "cpu/vec.h"

// Philox (core/random.h) for a vector of blocks at a time.  Word w of a stream is word w % 4 of block w / 4;
// a 32-bit element takes one word, a 64-bit element two, so that element i is the same whatever the vector's
// width.
namespace afina {

typedef uint32_t Words __attribute__((vector_size(kVectorBytes)));
typedef uint64_t WideWords __attribute__((vector_size(kVectorBytes)));

inline constexpr int64_t kPhiloxBlocks = kVectorBytes / 8;  // one block a 64-bit lane

namespace detail {

// The 64-bit products of the low halves of the lanes; the high halves may hold anything.
KERNEL_INLINE WideWords product_of_low_halves(WideWords a, WideWords b) {
#if defined(__AVX512F__)
  // The plain form reads an undefined register in gcc 12's header, and the compiler warns about it.
  constexpr __mmask8 kAllLanes = 0xFF;
  return reinterpret_cast<WideWords>(
      _mm512_maskz_mul_epu32(kAllLanes, reinterpret_cast<__m512i>(a), reinterpret_cast<__m512i>(b)));
#elif defined(__AVX2__)
  return reinterpret_cast<WideWords>(
      _mm256_mul_epu32(reinterpret_cast<__m256i>(a), reinterpret_cast<__m256i>(b)));
#elif defined(__x86_64__)
  return reinterpret_cast<WideWords>(
      _mm_mul_epu32(reinterpret_cast<__m128i>(a), reinterpret_cast<__m128i>(b)));
#else
  constexpr uint64_t kLow = 0xFFFFFFFF;
  return (a & kLow) * (b & kLow);
#endif
}

// a0 b0 a1 b1 ... in two vectors.
KERNEL_INLINE void interleave(WideWords a, WideWords b, WideWords* low, WideWords* high) {
#if defined(__AVX512F__)
  *low = __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
  *high = __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
#elif defined(__AVX2__)
  *low = __builtin_shufflevector(a, b, 0, 4, 1, 5);
  *high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
#else
  *low = __builtin_shufflevector(a, b, 0, 2);
  *high = __builtin_shufflevector(a, b, 1, 3);
#endif
}

}  // namespace detail

// The key of each round, spread over the lanes once a chunk.
struct PhiloxKeys {
  static constexpr int kRounds = 10;
  WideWords first[kRounds], second[kRounds];
  uint64_t stream;
};

KERNEL_INLINE PhiloxKeys philox_keys(RandomKey key) {
  constexpr uint32_t kWeyl0 = 0x9E3779B9, kWeyl1 = 0xBB67AE85;
  PhiloxKeys keys;
  uint32_t k0 = static_cast<uint32_t>(key.seed), k1 = static_cast<uint32_t>(key.seed >> 32);
  for (int round = 0; round < PhiloxKeys::kRounds; ++round) {
    keys.first[round] = WideWords{} + uint64_t{k0};
    keys.second[round] = WideWords{} + uint64_t{k1};
    k0 += kWeyl0;
    k1 += kWeyl1;
  }
  keys.stream = key.stream;
  return keys;
}

// The words of blocks [block, block + kGroups * kPhiloxBlocks), in order, in kPhiloxVectors vectors.  A round
// waits for its product; four groups side by side fill the wait: 1.8 times the speed of one.
inline constexpr int kGroups = 4;
inline constexpr int kPhiloxVectors = 2 * kGroups;
KERNEL_INLINE void philox_words(const PhiloxKeys& keys, uint64_t block, WideWords* words) {
  constexpr uint64_t kMultiplier0 = 0xD2511F53, kMultiplier1 = 0xCD9E8D57, kLow = 0xFFFFFFFF;
  WideWords lanes;
  for (int64_t lane = 0; lane < kPhiloxBlocks; ++lane) lanes[lane] = static_cast<uint64_t>(lane);
  WideWords c0[kGroups], c1[kGroups], c2[kGroups], c3[kGroups];
  for (int g = 0; g < kGroups; ++g) {
    c0[g] = lanes + (block + static_cast<uint64_t>(g * kPhiloxBlocks));
    c1[g] = c0[g] >> 32;
    c2[g] = WideWords{} + keys.stream;
    c3[g] = WideWords{} + (keys.stream >> 32);
  }
#pragma GCC unroll 10
  for (int round = 0; round < PhiloxKeys::kRounds; ++round)
#pragma GCC unroll 4
    for (int g = 0; g < kGroups; ++g) {
      const WideWords p0 = detail::product_of_low_halves(c0[g], WideWords{} + kMultiplier0);
      const WideWords p1 = detail::product_of_low_halves(c2[g], WideWords{} + kMultiplier1);
      c0[g] = (p1 >> 32) ^ c1[g] ^ keys.first[round];
      c1[g] = p1;
      c2[g] = (p0 >> 32) ^ c3[g] ^ keys.second[round];
      c3[g] = p0;
    }
  for (int g = 0; g < kGroups; ++g)
    detail::interleave((c0[g] & kLow) | (c1[g] << 32), (c2[g] & kLow) | (c3[g] << 32), &words[2 * g],
                       &words[2 * g + 1]);
}

// A vector of random bits: one 32-bit or 64-bit number for each lane of Vec<T>.
template <class T>
struct RandomBitsOf {
  typedef Words type;
};
template <>
struct RandomBitsOf<double> {
  typedef WideWords type;
};
template <class T>
using RandomBits = typename RandomBitsOf<T>::type;

inline constexpr int64_t kRandomGrain = 16384;  // elements a chunk; a multiple of what philox_words makes

// Unnamed, so that no closure below can be emitted under a name that files of other instruction sets share.
namespace {

// f(i, bits, count): the random bits of elements [i, i + count), count <= kLanes<T>, over [0, n) on all
// threads.
template <class T, class F>
KERNEL_INLINE void each_random(RandomKey key, int64_t n, const F& f) {
  parallel_range(n, kRandomGrain, [&](int64_t begin, int64_t end) {
    constexpr int64_t L = kLanes<T>;
    constexpr uint64_t kWordsPerElement = sizeof(T) / 4;
    const PhiloxKeys keys = philox_keys(key);
    for (int64_t i = begin; i < end; i += kPhiloxVectors * L) {
      WideWords words[kPhiloxVectors];
      philox_words(keys, static_cast<uint64_t>(i) * kWordsPerElement / 4, words);
      if (i + kPhiloxVectors * L <= end) {
        for (int v = 0; v < kPhiloxVectors; ++v) f(i + v * L, reinterpret_cast<RandomBits<T>>(words[v]), L);
      } else {
        for (int v = 0; i + v * L < end; ++v) {
          const int64_t left = end - i - v * L;
          f(i + v * L, reinterpret_cast<RandomBits<T>>(words[v]), left < L ? left : L);
        }
      }
    }
  });
}

}  // namespace
}  // namespace afina
