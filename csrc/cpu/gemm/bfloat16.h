#pragma once

#include "cpu/gemm/gemm.h"
#include "cpu/gemm/panels.h"

// Products of float32 whose factors are rounded to bfloat16 (to nearest, halves to even) and whose sums are
// float32: twice as many a cycle, on CPUs with AVX512-BF16.  The instructions take numbers below 2^-126 for
// zero.
namespace afina {

// Which instruction sets have the kernels, all in bfloat16_avx512.cpp.
template <Isa I>
inline constexpr bool kHasPairs = false;
#if defined(AFINA_HAVE_BFLOAT16)
template <>
inline constexpr bool kHasPairs<Isa::avx512> = true;
template <>
const TileTable<BfloatPair>& tile_table<Isa::avx512, BfloatPair>();
#endif

// Rows of words: words(i, j) = (x(i, 2 j), x(i, 2 j + 1)); an odd width ends with a zero.
void pair_along(const float* x, int64_t x_step, int64_t rows, int64_t width, BfloatPair* words, int64_t step);

// Pairs of rows: words(i, j) = (x(2 i, j), x(2 i + 1, j)); an odd number of rows ends with zeros.
void pair_across(const float* x, int64_t x_step, int64_t rows, int64_t width, BfloatPair* words,
                 int64_t step);

// Panels of words, `depth` counted in rows of B: overloads of those that copy.
void pack_panel(const float* b, int64_t b_step, int64_t depth, int64_t columns, BfloatPair* panel);
void pack_panel_transposed(const float* b, int64_t b_step, int64_t depth, int64_t columns, BfloatPair* panel);

}  // namespace afina
