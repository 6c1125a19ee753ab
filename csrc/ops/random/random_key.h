#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>

#include "core/error.h"
#include "core/random.h"

namespace afina {

// A (seed, stream) pair given by the caller; none: the next stream of the global generator.
using RandomSeed = std::optional<std::pair<uint64_t, uint64_t>>;

inline RandomKey random_key(const RandomSeed& seed) {
  return seed ? RandomKey{seed->first, seed->second} : next_random_key();
}

inline void check_finite_argument(const char* op, const char* name, double value) {
  if (!std::isfinite(value)) fail<ArgumentError>(op, name, " must be finite, got ", value);
}

// Of 2^32 equally likely words, those up to this one have probability p, which is positive.
inline uint32_t last_word_of(double p) { return static_cast<uint32_t>(std::ceil(p * 0x1p32) - 1); }

}  // namespace afina
