#pragma once

#include <cstddef>
#include <cstdint>

#if defined(__AVX2__)
#include <immintrin.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "core/inline.h"

// One SIMD vector of the ISA this file is compiled for, on GCC's vector extensions: + - * / and comparisons
// are the compiler's, and a * b + c becomes one fused multiply-add.  Tails are loaded and stored through a
// full vector, so a kernel has one body and no scalar twin.
namespace afina {

#if defined(__AVX512F__)
inline constexpr int kVectorBytes = 64;
#elif defined(__AVX2__)
inline constexpr int kVectorBytes = 32;
#else
inline constexpr int kVectorBytes = 16;
#endif

template <class T>
struct VecOf;
template <>
struct VecOf<float> {
  typedef float type __attribute__((vector_size(kVectorBytes)));
  typedef int32_t mask __attribute__((vector_size(kVectorBytes)));
  typedef float unaligned __attribute__((vector_size(kVectorBytes), aligned(4), may_alias));
};
template <>
struct VecOf<double> {
  typedef double type __attribute__((vector_size(kVectorBytes)));
  typedef int64_t mask __attribute__((vector_size(kVectorBytes)));
  typedef double unaligned __attribute__((vector_size(kVectorBytes), aligned(8), may_alias));
};
template <>
struct VecOf<int32_t> {
  typedef int32_t type __attribute__((vector_size(kVectorBytes)));
  typedef int32_t mask __attribute__((vector_size(kVectorBytes)));
  typedef int32_t unaligned __attribute__((vector_size(kVectorBytes), aligned(4), may_alias));
};
template <>
struct VecOf<int64_t> {
  typedef int64_t type __attribute__((vector_size(kVectorBytes)));
  typedef int64_t mask __attribute__((vector_size(kVectorBytes)));
  typedef int64_t unaligned __attribute__((vector_size(kVectorBytes), aligned(8), may_alias));
};
template <>
struct VecOf<uint32_t> {
  typedef uint32_t type __attribute__((vector_size(kVectorBytes)));
  typedef int32_t mask __attribute__((vector_size(kVectorBytes)));
  typedef uint32_t unaligned __attribute__((vector_size(kVectorBytes), aligned(4), may_alias));
};
template <>
struct VecOf<uint64_t> {
  typedef uint64_t type __attribute__((vector_size(kVectorBytes)));
  typedef int64_t mask __attribute__((vector_size(kVectorBytes)));
  typedef uint64_t unaligned __attribute__((vector_size(kVectorBytes), aligned(8), may_alias));
};
template <>
struct VecOf<uint8_t> {
  typedef uint8_t type __attribute__((vector_size(kVectorBytes)));
  typedef int8_t mask __attribute__((vector_size(kVectorBytes)));
  typedef uint8_t unaligned __attribute__((vector_size(kVectorBytes), aligned(1), may_alias));
};

template <class T>
using Vec = typename VecOf<T>::type;

// All lanes of a comparison: -1 (true) or 0 (false) in an integer of the lane's width.
template <class T>
using Mask = typename VecOf<T>::mask;

template <class T>
inline constexpr int64_t kLanes = kVectorBytes / static_cast<int64_t>(sizeof(T));

// The scalar type of a vector: Scalar<Vec<float>> is float.
template <class T>
struct Dereferenced {
  using type = T;
};
template <class T>
struct Dereferenced<T&> {  // gcc's type of a lane
  using type = T;
};
template <class T>
struct Dereferenced<T&&> {  // clang's
  using type = T;
};
template <class V>
using Scalar = typename Dereferenced<decltype(V{}[0])>::type;

// The same value in every lane.  Written as a difference because x - 0 is x for every x (-0 + 0 is not -0),
// so that the compiler drops the subtraction.
template <class V>
KERNEL_INLINE V splat(double value) {
  return static_cast<Scalar<V>>(value) - V{};
}
template <class T>
KERNEL_INLINE Vec<T> broadcast(T value) {
  return value - Vec<T>{};
}

template <class T>
KERNEL_INLINE Vec<T> load(const T* p) {
  return static_cast<Vec<T>>(*reinterpret_cast<const typename VecOf<T>::unaligned*>(p));
}

template <class T>
KERNEL_INLINE void store(T* p, Vec<T> v) {
  *reinterpret_cast<typename VecOf<T>::unaligned*>(p) = v;
}

// May store_past_caches write a vector here?
KERNEL_INLINE bool is_aligned(const void* p) { return reinterpret_cast<uintptr_t>(p) % kVectorBytes == 0; }

// Straight to memory, without a place in the caches. Other threads see it once this one has done something
// atomic (parallel.cpp).
template <class T>
KERNEL_INLINE void store_past_caches(T* p, Vec<T> v) {
#if defined(__AVX512F__)
  _mm512_stream_si512(reinterpret_cast<__m512i*>(p), reinterpret_cast<__m512i>(v));
#elif defined(__AVX2__)
  _mm256_stream_si256(reinterpret_cast<__m256i*>(p), reinterpret_cast<__m256i>(v));
#elif defined(__SSE2__)
  _mm_stream_si128(reinterpret_cast<__m128i*>(p), reinterpret_cast<__m128i>(v));
#else
  store(p, v);
#endif
}

#if defined(__AVX512F__)
// The first n <= 64 bits set.
KERNEL_INLINE uint64_t first_bits(int64_t n) { return n >= 64 ? ~uint64_t{0} : (uint64_t{1} << n) - 1; }
#elif defined(__AVX2__)
// The first n lanes of all bits.
template <class T>
KERNEL_INLINE __m256i first_lanes(int64_t n) {
  Mask<T> lane{};
  for (int i = 0; i < kLanes<T>; ++i) lane[i] = static_cast<Scalar<Mask<T>>>(i);
  return reinterpret_cast<__m256i>(lane < static_cast<Scalar<Mask<T>>>(n));
}
#endif

// The first n <= kLanes lanes; the others are `fill`, so that a function of them stays defined.
template <class T>
KERNEL_INLINE Vec<T> load_partial(const T* p, int64_t n, T fill = T{}) {
  Vec<T> v = broadcast(fill);
#if defined(__AVX512F__)
  const __m512i rest = reinterpret_cast<__m512i>(v);
  if constexpr (sizeof(T) == 4)
    return reinterpret_cast<Vec<T>>(_mm512_mask_loadu_epi32(rest, static_cast<__mmask16>(first_bits(n)), p));
  else if constexpr (sizeof(T) == 8)
    return reinterpret_cast<Vec<T>>(_mm512_mask_loadu_epi64(rest, static_cast<__mmask8>(first_bits(n)), p));
  else
    return reinterpret_cast<Vec<T>>(_mm512_mask_loadu_epi8(rest, first_bits(n), p));
#else
#if defined(__AVX2__)
  if constexpr (sizeof(T) >= 4) {
    const __m256i lanes = first_lanes<T>(n);
    __m256i loaded;
    if constexpr (sizeof(T) == 4)
      loaded = _mm256_maskload_epi32(reinterpret_cast<const int*>(p), lanes);
    else
      loaded = _mm256_maskload_epi64(reinterpret_cast<const long long*>(p), lanes);
    return reinterpret_cast<Mask<T>>(lanes) ? reinterpret_cast<Vec<T>>(loaded) : v;
  }
#endif
  for (int64_t i = 0; i < n; ++i) v[i] = p[i];  // a memcpy of unknown length would be a call
  return v;
#endif
}

template <class T>
KERNEL_INLINE void store_partial(T* p, Vec<T> v, int64_t n) {
#if defined(__AVX512F__)
  const __m512i bits = reinterpret_cast<__m512i>(v);
  if constexpr (sizeof(T) == 4)
    _mm512_mask_storeu_epi32(p, static_cast<__mmask16>(first_bits(n)), bits);
  else if constexpr (sizeof(T) == 8)
    _mm512_mask_storeu_epi64(p, static_cast<__mmask8>(first_bits(n)), bits);
  else
    _mm512_mask_storeu_epi8(p, first_bits(n), bits);
#else
#if defined(__AVX2__)
  if constexpr (sizeof(T) == 4)
    return _mm256_maskstore_epi32(reinterpret_cast<int*>(p), first_lanes<T>(n), reinterpret_cast<__m256i>(v));
  else if constexpr (sizeof(T) == 8)
    return _mm256_maskstore_epi64(reinterpret_cast<long long*>(p), first_lanes<T>(n),
                                  reinterpret_cast<__m256i>(v));
#endif
  for (int64_t i = 0; i < n; ++i) p[i] = v[i];
#endif
}

// The same for 1 <= n <= kLanes lanes that most often are all of them.
template <class T>
KERNEL_INLINE Vec<T> load_lanes(const T* p, int64_t n, T fill = T{}) {
  return n == kLanes<T> ? load(p) : load_partial(p, n, fill);
}

template <class T>
KERNEL_INLINE void store_lanes(T* p, Vec<T> v, int64_t n) {
  if (n == kLanes<T>)
    store(p, v);
  else
    store_partial(p, v, n);
}

// f(get, put), which move the first `left` elements of a vector, whole ones where there are as many: asked
// once for code that loads and stores often.
template <class T, class F>
KERNEL_INLINE void with_access(int64_t left, const F& f) {
  if (left >= kLanes<T>)
    f([](const T* p) __attribute__((always_inline)) { return load(p); },
      [](T* p, Vec<T> v) __attribute__((always_inline)) { store(p, v); });
  else
    f([=](const T* p) __attribute__((always_inline)) { return load_partial(p, left); },
      [=](T* p, Vec<T> v) __attribute__((always_inline)) { store_partial(p, v, left); });
}

// mask ? a : b, lane by lane.
template <class M, class V>
KERNEL_INLINE V select(M mask, V a, V b) {
  return mask ? a : b;
}

// Lane l of the result is lane index[l] of a followed by b.
template <class M, class V>
KERNEL_INLINE V shuffled(V a, V b, M index) {
#if defined(__clang__)  // which sees through the loop when the indices are known
  constexpr int64_t lanes = kLanes<Scalar<V>>;
  V result{};
#pragma GCC unroll 16
  for (int64_t l = 0; l < lanes; ++l) result[l] = index[l] < lanes ? a[index[l]] : b[index[l] - lanes];
  return result;
#else
  return __builtin_shuffle(a, b, index);
#endif
}

// a > b ? a : b, so b where either is NaN: one instruction of x86, which gcc does not find by itself for its
// widest vectors.
template <class V>
KERNEL_INLINE V max(V a, V b) {
#if defined(__AVX512F__)
  if constexpr (__is_same(V, Vec<float>))
    return reinterpret_cast<V>(  // with a mask, of all lanes: gcc 12 warns about the plain one
        _mm512_maskz_max_ps(0xFFFF, reinterpret_cast<__m512>(a), reinterpret_cast<__m512>(b)));
  else
#endif
    return a > b ? a : b;
}

// a < b ? a : b, likewise.
template <class V>
KERNEL_INLINE V min(V a, V b) {
#if defined(__AVX512F__)
  if constexpr (__is_same(V, Vec<float>))
    return reinterpret_cast<V>(
        _mm512_maskz_min_ps(0xFFFF, reinterpret_cast<__m512>(a), reinterpret_cast<__m512>(b)));
  else
#endif
    return a < b ? a : b;
}

namespace detail {

// The lanes of v combined, its upper half with its lower half until one is left.
template <class T, int kCount>
struct LanesOf {
  typedef T type __attribute__((vector_size(kCount * sizeof(T))));
};
template <class T, int kCount, class Combine>
KERNEL_INLINE T combined_lanes(typename LanesOf<T, kCount>::type v, const Combine& combine) {
  if constexpr (kCount == 2) {
    return combine(T{v[0]}, T{v[1]});
  } else {
    typename LanesOf<T, kCount / 2>::type half[2];
    __builtin_memcpy(half, &v, sizeof(v));
    return combined_lanes<T, kCount / 2>(combine(half[0], half[1]), combine);
  }
}
struct Sum {
  template <class V>
  KERNEL_INLINE V operator()(V a, V b) const {
    return a + b;
  }
};
struct Larger {
  template <class V>
  KERNEL_INLINE V operator()(V a, V b) const {
    return max(a, b);
  }
};

}  // namespace detail

// kLanes<T> bools as the lanes of a comparison.
template <class T>
KERNEL_INLINE Mask<T> load_mask(const uint8_t* p) {
#if defined(__AVX512F__)
  if constexpr (sizeof(T) == 4)
    return reinterpret_cast<Mask<T>>(
               _mm512_maskz_cvtepi8_epi32(0xFFFF, _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)))) != 0;
  else if constexpr (sizeof(T) == 8)
    return reinterpret_cast<Mask<T>>(
               _mm512_maskz_cvtepi8_epi64(0xFF, _mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)))) != 0;
  else
    return load(p) != 0;
#elif defined(__AVX2__)
  if constexpr (sizeof(T) == 4)
    return reinterpret_cast<Mask<T>>(
               _mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)))) != 0;
  else if constexpr (sizeof(T) == 8)
    return reinterpret_cast<Mask<T>>(_mm256_cvtepi8_epi64(_mm_loadu_si32(p))) != 0;
  else
    return load(p) != 0;
#else
  Mask<T> mask{};
  for (int64_t i = 0; i < kLanes<T>; ++i) mask[i] = p[i] != 0 ? -1 : 0;
  return mask;
#endif
}

// Is one lane of a comparison true?
template <class M>
KERNEL_INLINE bool any_lane(M mask) {
#if defined(__AVX512F__)
  return _mm512_test_epi32_mask(reinterpret_cast<__m512i>(mask), reinterpret_cast<__m512i>(mask)) != 0;
#elif defined(__AVX2__)
  return _mm256_testz_si256(reinterpret_cast<__m256i>(mask), reinterpret_cast<__m256i>(mask)) == 0;
#else
  uint64_t words[sizeof(M) / sizeof(uint64_t)], joined = 0;
  __builtin_memcpy(words, &mask, sizeof(M));
  for (const uint64_t word : words) joined |= word;
  return joined != 0;
#endif
}

// The lanes added in a fixed tree, so that every run gives the same bits.
template <class T>
KERNEL_INLINE T sum_lanes(Vec<T> v) {
  return detail::combined_lanes<T, static_cast<int>(kLanes<T>)>(v, detail::Sum{});
}

template <class T>
KERNEL_INLINE T max_lanes(Vec<T> v) {
  return detail::combined_lanes<T, static_cast<int>(kLanes<T>)>(v, detail::Larger{});
}

}  // namespace afina
