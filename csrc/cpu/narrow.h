#pragma once

#include <cstdint>

#include "cpu/vec.h"

#if defined(__SSE2__)
#include <immintrin.h>
#endif

// Small whole numbers kept in one byte each, used in lanes as wide as those of T: the compiler's own
// conversion between such widths goes lane by lane through scalar registers.
namespace afina {

#if defined(__AVX512F__)
// GCC 12 warns about its own unmasked conversions; masked by all lanes they are the same instruction.
inline constexpr uint16_t kEveryLane = 0xFFFF;
#endif

// kLanes<T> bytes, each in a lane of its own.
template <class T>
KERNEL_INLINE Mask<T> widen(const uint8_t* p) {
#if defined(__AVX512F__)
  if constexpr (sizeof(T) == 4)
    return reinterpret_cast<Mask<T>>(
        _mm512_maskz_cvtepu8_epi32(kEveryLane, _mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
  else
    return reinterpret_cast<Mask<T>>(
        _mm512_maskz_cvtepu8_epi64(kEveryLane & 0xFF, _mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))));
#elif defined(__AVX2__)
  if constexpr (sizeof(T) == 4)
    return reinterpret_cast<Mask<T>>(
        _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))));
  else
    return reinterpret_cast<Mask<T>>(_mm256_cvtepu8_epi64(_mm_loadu_si32(p)));
#else
  Mask<T> v;
  for (int64_t i = 0; i < kLanes<T>; ++i) v[i] = p[i];
  return v;
#endif
}

// The lanes of v, all in [0, 255], as kLanes<T> bytes.
template <class T>
KERNEL_INLINE void narrow(uint8_t* p, Mask<T> v) {
#if defined(__AVX512F__)
  if constexpr (sizeof(T) == 4)
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p),
                     _mm512_maskz_cvtepi32_epi8(kEveryLane, reinterpret_cast<__m512i>(v)));
  else
    _mm_storel_epi64(reinterpret_cast<__m128i*>(p),
                     _mm512_maskz_cvtepi64_epi8(kEveryLane & 0xFF, reinterpret_cast<__m512i>(v)));
#elif defined(__SSE2__)
  if constexpr (sizeof(T) == 4) {
    __m128i quads[kLanes<T> / 4];
    __builtin_memcpy(quads, &v, sizeof(v));
    const __m128i pairs = _mm_packs_epi32(quads[0], quads[kLanes<T> / 4 - 1]);
    const __m128i bytes = _mm_packus_epi16(pairs, pairs);
    __builtin_memcpy(p, &bytes, kLanes<T>);
  } else {
    for (int64_t i = 0; i < kLanes<T>; ++i) p[i] = static_cast<uint8_t>(v[i]);
  }
#else
  for (int64_t i = 0; i < kLanes<T>; ++i) p[i] = static_cast<uint8_t>(v[i]);
#endif
}

}  // namespace afina
