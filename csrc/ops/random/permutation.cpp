#include "ops/random/permutation.h"

#include <utility>

#include "ops/view/to_device.h"

namespace afina {

Tensor random_permutation(int64_t n, const RandomSeed& seed) {
  if (n < 0) fail<ArgumentError>("random_permutation", "n must not be negative, got ", n);
  refuse_capture("random_permutation is drawn on the host");
  Tensor order = empty({n}, DType::int64);
  const RandomKey key = random_key(seed);
  int64_t* const y = order.data<int64_t>();
  for (int64_t i = 0; i < n; ++i) y[i] = i;
  for (int64_t i = n - 1; i > 0; --i) {
    // 64 bits times the range: the high half is an index, its bias below range / 2^64.
    const Philox4 words = philox(key, static_cast<uint64_t>(i));
    const uint64_t bits = words.word[0] | (uint64_t{words.word[1]} << 32);
    __extension__ using Product = unsigned __int128;
    const auto j = static_cast<int64_t>((Product{bits} * static_cast<uint64_t>(i + 1)) >> 64);
    std::swap(y[i], y[j]);
  }
  return to_device(order, current_device());
}

}  // namespace afina
