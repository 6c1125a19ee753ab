#include "core/random.h"

#include <mutex>
#include <random>

namespace afina {
namespace {

std::mutex mutex;
bool seeded = false;
GeneratorState state{0, 0};

// Without a seed every process draws differently.
GeneratorState& ready_state() {
  if (!seeded) {
    std::random_device entropy;
    state = {(uint64_t{entropy()} << 32) | entropy(), 0};
    seeded = true;
  }
  return state;
}

}  // namespace

RandomKey next_random_key() {
  const std::lock_guard lock(mutex);
  GeneratorState& current = ready_state();
  return {current.seed, current.next_stream++};
}

GeneratorState generator_state() {
  const std::lock_guard lock(mutex);
  return ready_state();
}

void set_generator_state(GeneratorState wanted) {
  const std::lock_guard lock(mutex);
  state = wanted;
  seeded = true;
}

void seed_generator(uint64_t seed) { set_generator_state({seed, 0}); }

}  // namespace afina
