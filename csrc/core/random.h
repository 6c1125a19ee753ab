#pragma once

#include <cstdint>

// Counter-based random numbers (Philox 4x32-10; Salmon et al. 2011): number i of stream s under seed k is a
// pure function of (k, s, i), so every device and every thread count draws the same ones, and the whole state
// is two integers.
namespace afina {

struct RandomKey {
  uint64_t seed;
  uint64_t stream;
};

// A key as kernels take it: itself, or where it stands in the memory of their device, so that a launch that
// is recorded once (cuda/graph.h) draws other numbers each time.
struct KernelKey {
  RandomKey key;
  const RandomKey* place;  // null: `key`

  [[gnu::always_inline]] constexpr RandomKey read() const { return place != nullptr ? *place : key; }
};

struct GeneratorState {
  uint64_t seed;
  uint64_t next_stream;
};

// The global generator: each op that draws takes one stream.
RandomKey next_random_key();
GeneratorState generator_state();
void set_generator_state(GeneratorState state);
void seed_generator(uint64_t seed);

struct Philox4 {
  uint32_t word[4];
};

// The four words of block `block`.
[[gnu::always_inline]] constexpr Philox4 philox(RandomKey key, uint64_t block) {
  constexpr uint32_t kMultiplier0 = 0xD2511F53, kMultiplier1 = 0xCD9E8D57;
  constexpr uint32_t kWeyl0 = 0x9E3779B9, kWeyl1 = 0xBB67AE85;
  constexpr int kRounds = 10;
  uint32_t c0 = static_cast<uint32_t>(block), c1 = static_cast<uint32_t>(block >> 32);
  uint32_t c2 = static_cast<uint32_t>(key.stream), c3 = static_cast<uint32_t>(key.stream >> 32);
  uint32_t k0 = static_cast<uint32_t>(key.seed), k1 = static_cast<uint32_t>(key.seed >> 32);
  for (int round = 0; round < kRounds; ++round) {
    const uint64_t p0 = uint64_t{kMultiplier0} * c0, p1 = uint64_t{kMultiplier1} * c2;
    const uint32_t high0 = static_cast<uint32_t>(p0 >> 32), low0 = static_cast<uint32_t>(p0);
    const uint32_t high1 = static_cast<uint32_t>(p1 >> 32), low1 = static_cast<uint32_t>(p1);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 += kWeyl0;
    k1 += kWeyl1;
  }
  return {{c0, c1, c2, c3}};
}

}  // namespace afina
