#pragma once

#include "cpu/scratch.h"
#include "cpu/vec.h"
#include "ops/conv/window.h"

// How the kernels whose size and stride the compiler knows walk images: in bands of a few rows, and through
// each band once for every vector of channels, whose taps stay in registers all the way.  A pixel is then
// found in the first cache by all windows that look at it, and the band in the second one by all vectors.
namespace afina {
// Unnamed, so that nothing below can be emitted under a name that files of other instruction sets share.
namespace {

inline constexpr int64_t kBandPixels = 192;  // of the image, about
inline constexpr int64_t kNear = 8;          // windows ahead: the time from the second cache to the first

// The rows [0, rows) of each of `images` in bands, which are numbered through all images.
struct Bands {
  int64_t rows, height, per_image, count;

  KERNEL_INLINE Bands(int64_t images, int64_t all_rows, int64_t row_pixels) : rows(all_rows) {
    const int64_t fit = kBandPixels / row_pixels;
    height = fit < 1 ? 1 : fit < rows ? fit : rows;
    per_image = (rows + height - 1) / height;
    count = images * per_image;
  }
  KERNEL_INLINE int64_t image(int64_t band) const { return band / per_image; }
  KERNEL_INLINE Span of(int64_t band) const {
    const int64_t begin = band % per_image * height, end = begin + height;
    return {begin, end < rows ? end : rows};
  }
};

// Asks for the memory of the next band, in the order in which it lies there: a share for every vector of
// channels, and of that a few vectors with every window.
struct NextBand {
  const char* at;

  template <class T>
  KERNEL_INLINE NextBand(const T* begin, int64_t values, int64_t channel, int64_t channels)
      : at(reinterpret_cast<const char*>(begin + values / channels * channel)) {}

  template <int kVectors>
  KERNEL_INLINE void fetch() {
#pragma GCC unroll 8
    for (int i = 0; i < kVectors; ++i) __builtin_prefetch(at + i * kVectorBytes);
    at += kVectors * kVectorBytes;
  }
};

// Positions [begin, end) that the compiler knows.
template <int kBegin, int kEnd>
struct KnownSpan {
  static constexpr int begin = kBegin, end = kEnd;
};

// f(KnownSpan<span.begin, span.end>{}) for a span inside [0, count); all empty ones are the same.
template <int kCount, int kBegin = 0, int kEnd = 1, class F>
KERNEL_INLINE void with_known_span(Span span, const F& f) {
  if (span.begin == kBegin && span.end == kEnd)
    f(KnownSpan<kBegin, kEnd>{});
  else if constexpr (kEnd < kCount)
    with_known_span<kCount, kBegin, kEnd + 1>(span, f);
  else if constexpr (kBegin + 1 < kCount)
    with_known_span<kCount, kBegin + 1, kBegin + 2>(span, f);
  else
    f(KnownSpan<0, 0>{});
}

// What of `span` lies inside `bounds`; empty spans, too, begin inside.
KERNEL_INLINE Span within(Span bounds, Span span) {
  const int64_t begin = span.begin > bounds.begin ? span.begin : bounds.begin;
  const int64_t end = span.end < bounds.end ? span.end : bounds.end;
  if (begin < end) return {begin, end};
  const int64_t at = begin < bounds.end ? begin : bounds.end;
  return {at, at};
}

// f(i, j) for all i in [0, rows) and j in [0, columns), unrolled: what is indexed by them stays in registers.
template <int kRows, int kColumns, class F>
KERNEL_INLINE void for_pairs(const F& f) {
#pragma GCC unroll 8
  for (int i = 0; i < kRows; ++i)
#pragma GCC unroll 8
    for (int j = 0; j < kColumns; ++j) f(i, j);
}

// A vector of channels for each of K x K taps.
template <class T, int K>
struct Taps {
  Vec<T> at[K][K];
};

// Row `i` of an image, or, above and below it, one that stands in.
template <class T>
KERNEL_INLINE T* row_or(T* image, int64_t i, int64_t rows, int64_t row_size, T* stand_in) {
  return i >= 0 && i < rows ? image + i * row_size : stand_in;
}

// A row of zeros, to stand in for those above and below an image.
template <class T>
KERNEL_INLINE T* zero_row(int64_t size, int slot) {
  T* const zeros = static_cast<T*>(thread_scratch(static_cast<size_t>(size) * sizeof(T), slot));
  for (int64_t i = 0; i < size; ++i) zeros[i] = 0;
  return zeros;
}

}  // namespace
}  // namespace afina
