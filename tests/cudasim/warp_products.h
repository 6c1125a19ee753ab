#pragma once

// mma.sync: every lane brings its words of the factors and takes its four sums home.  Where lane 4 g + t has
// its numbers is written in PTX ISA, "Matrix fragments for mma.m16n8k8" and "... mma.m16n8k16".
#include <cstdint>
#include <cstring>

#include "block.h"

namespace cudasim {

inline float float_of(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}
inline uint32_t bits_of(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

// cvt.rna.tf32.f32: 13 bits less, halves away from zero.
inline uint32_t rounded_to_tf32(float value) {
  const uint32_t bits = bits_of(value);
  return value != value ? bits : (bits + 0x1000U) & 0xFFFFE000U;
}

// cvt.rn.bf16x2.f32: 16 bits less, halves to even.
inline uint32_t packed_bf16(float low, float high) {
  const auto upper_half = [](float value) {
    const uint32_t bits = bits_of(value);
    return value != value ? bits >> 16 | 0x40U : (bits + 0x7FFFU + (bits >> 16 & 1U)) >> 16;
  };
  return upper_half(high) << 16 | upper_half(low);
}

struct Factors {
  uint32_t a[4], b[2];
};

// c += the sum over k < depth of a_at(lanes, row, k) b_at(lanes, k, column).
template <class A, class B>
void multiply_fragments(float (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[2], int depth, A a_at,
                        B b_at) {
  const Factors own{{a[0], a[1], a[2], a[3]}, {b[0], b[1]}};
  const auto* const lanes = static_cast<const Factors*>(
      collective("mma.sync", 0xFFFFFFFF, &own, sizeof own, {__builtin_FILE(), __builtin_LINE()}));
  const int g = lane() / 4, t = lane() % 4;
  for (int i = 0; i < 4; ++i) {
    const int row = g + 8 * (i / 2), column = 2 * t + i % 2;
    double sum = static_cast<double>(c[i]);
    for (int k = 0; k < depth; ++k)
      sum += static_cast<double>(a_at(lanes, row, k)) * static_cast<double>(b_at(lanes, k, column));
    c[i] = static_cast<float>(sum);
  }
}

// Whoever has not rounded loses the low 13 bits.
inline void multiply_tf32(float (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
  constexpr int kDepth = 8;
  constexpr uint32_t kRead = 0xFFFFE000U;
  multiply_fragments(
      c, a, b, kDepth,
      [](const Factors* lanes, int row, int k) {
        return float_of(lanes[row % 8 * 4 + k % 4].a[row / 8 + k / 4 * 2] & kRead);
      },
      [](const Factors* lanes, int k, int column) {
        return float_of(lanes[column * 4 + k % 4].b[k / 4] & kRead);
      });
}

inline void multiply_bf16(float (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
  constexpr int kDepth = 16;
  const auto half = [](uint32_t word, int k) {
    return float_of(k % 2 == 0 ? word << 16 : word & 0xFFFF0000U);
  };
  multiply_fragments(
      c, a, b, kDepth,
      [&](const Factors* lanes, int row, int k) {
        return half(lanes[row % 8 * 4 + k % 8 / 2].a[row / 8 + k / 8 * 2], k);
      },
      [&](const Factors* lanes, int k, int column) {
        return half(lanes[column * 4 + k % 8 / 2].b[k / 8], k);
      });
}

}  // namespace cudasim
