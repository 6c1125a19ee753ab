#include "cpu/gemm/bfloat16.h"

#include "cpu/gemm/tile_product.h"

// The one file compiled for AVX512-BF16: the tiles of pairs, and what rounds and pairs their operands.
namespace afina {
namespace {

// Lane l: (even lane, odd lane) l of 32 numbers in a row.
KERNEL_INLINE Vec<BfloatPair> paired_along(Vec<float> first, Vec<float> second) {
  return reinterpret_cast<Vec<BfloatPair>>(_mm512_cvtne2ps_pbh(second, first));
}

// Lane l: (first[l], second[l]).
KERNEL_INLINE Vec<BfloatPair> paired_across(Vec<float> first, Vec<float> second) {
  typedef int16_t Halves __attribute__((vector_size(kVectorBytes)));
  constexpr Halves kSideBySide = {0, 16, 1, 17, 2,  18, 3,  19, 4,  20, 5,  21, 6,  22, 7,  23,
                                  8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
  const auto halves = reinterpret_cast<Halves>(_mm512_cvtne2ps_pbh(second, first));
  return reinterpret_cast<Vec<BfloatPair>>(__builtin_shuffle(halves, kSideBySide));
}

KERNEL_INLINE int64_t at_most(int64_t count, int64_t limit) {
  return count < 0 ? 0 : count < limit ? count : limit;
}

constexpr int64_t kWords = kLanes<BfloatPair>;

}  // namespace

void pair_along(const float* x, int64_t x_step, int64_t rows, int64_t width, BfloatPair* words,
                int64_t step) {
  for (int64_t i = 0; i < rows; ++i, x += x_step, words += step) {
    int64_t j = 0;
    for (; j + 2 * kWords <= width; j += 2 * kWords)
      store(words + j / 2, paired_along(load(x + j), load(x + j + kWords)));
    if (const int64_t rest = width - j; rest > 0)
      store_partial(words + j / 2,
                    paired_along(load_partial(x + j, at_most(rest, kWords)),
                                 load_partial(x + j + kWords, at_most(rest - kWords, kWords))),
                    (rest + 1) / 2);
  }
}

void pair_across(const float* x, int64_t x_step, int64_t rows, int64_t width, BfloatPair* words,
                 int64_t step) {
  for (int64_t i = 0; i < rows; i += 2, x += 2 * x_step, words += step)
    for (int64_t j = 0; j < width; j += kWords) {
      const int64_t count = at_most(width - j, kWords);
      const Vec<float> second = i + 1 < rows ? load_lanes(x + x_step + j, count) : Vec<float>{};
      store_lanes(words + j, paired_across(load_lanes(x + j, count), second), count);
    }
}

void pack_panel(const float* b, int64_t b_step, int64_t depth, int64_t columns, BfloatPair* panel) {
  constexpr int64_t kPitch = kPanel<BfloatPair>;
  for (int64_t k = 0; k < depth; k += 2, b += 2 * b_step, panel += kPitch)
#pragma GCC unroll 2
    for (int64_t j = 0; j < kPitch; j += kWords) {
      const int64_t count = at_most(columns - j, kWords);
      const Vec<float> second = k + 1 < depth ? load_lanes(b + b_step + j, count) : Vec<float>{};
      store(panel + j, paired_across(load_lanes(b + j, count), second));
    }
}

void pack_panel_transposed(const float* b, int64_t b_step, int64_t depth, int64_t columns,
                           BfloatPair* panel) {
  constexpr int64_t kPitch = kPanel<BfloatPair>;
  BfloatPair square[kWords * kWords];  // columns of B as rows of words, then turned over
  for (int64_t k = 0; k < depth; k += 2 * kWords)
    for (int64_t j = 0; j < kPitch; j += kWords) {
      const int64_t count = at_most(columns - j, kWords), length = at_most(depth - k, 2 * kWords);
      for (int64_t i = count; i < kWords; ++i) store(square + i * kWords, Vec<BfloatPair>{});
      pair_along(b + j * b_step + k, b_step, count, length, square, kWords);
      BfloatPair* const to = panel + k / 2 * kPitch + j;
      if (length == 2 * kWords) {
        transpose_square(square, kWords, to, kPitch);
      } else {
        transpose_square(square, kWords, square, kWords);
        for (int64_t i = 0; 2 * i < length; ++i) store(to + i * kPitch, load(square + i * kWords));
      }
    }
}

namespace {

constexpr TileTable<BfloatPair> pair_table() {
  TileTable<BfloatPair> table{};
  fill_rows<BfloatPair, Lay::rows, 1, kTileRows<kIsa>>(table.product[0][0]);
  fill_rows<BfloatPair, Lay::rows, 2, kTileRows<kIsa>>(table.product[0][1]);
  fill_rows<BfloatPair, Lay::columns, 1, kTileRows<kIsa>>(table.product[1][0]);
  fill_rows<BfloatPair, Lay::columns, 2, kTileRows<kIsa>>(table.product[1][1]);
  return table;
}

constexpr TileTable<BfloatPair> kPairTable = pair_table();

}  // namespace

template <>
const TileTable<BfloatPair>& tile_table<Isa::avx512, BfloatPair>() {
  return kPairTable;
}

}  // namespace afina
