#pragma once

#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "core/capture.h"
#include "core/error.h"
#include "core/random.h"

namespace afina {

// A (seed, stream) pair given by the caller; none: the next stream of the global generator.
using RandomSeed = std::optional<std::pair<uint64_t, uint64_t>>;

// A key for a kernel. When a captured step is repeated, one from the global generator is the next one there.
class DrawnKey {
 public:
  DrawnKey() = default;
  explicit DrawnKey(RandomKey key, std::shared_ptr<KernelKey> place = nullptr)
      : key_(key), place_(std::move(place)) {}
  operator RandomKey() const { return place_ ? place_->key : key_; }
  operator KernelKey() const { return place_ ? *place_ : KernelKey{key_, nullptr}; }  // on a device, always

 private:
  RandomKey key_{};
  std::shared_ptr<KernelKey> place_;
};

inline DrawnKey random_key(const RandomSeed& seed) {
  if (seed) return DrawnKey({seed->first, seed->second});
  const RandomKey key = next_random_key();
  return DrawnKey(key, current_capture != nullptr ? current_capture->drawn(key) : nullptr);
}

inline void check_finite_argument(const char* op, const char* name, double value) {
  if (!std::isfinite(value)) fail<ArgumentError>(op, name, " must be finite, got ", value);
}

// Of 2^32 equally likely words, those up to this one have probability p, which is positive.
inline uint32_t last_word_of(double p) { return static_cast<uint32_t>(std::ceil(p * 0x1p32) - 1); }

}  // namespace afina
