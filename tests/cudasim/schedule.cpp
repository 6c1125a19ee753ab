#include "schedule.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

#include "watching.h"

namespace cudasim {
namespace {

enum class Schedule { forward, reverse, random };

std::mt19937 chance;

UNWATCHED Schedule wanted_schedule() {
  const char* const name = std::getenv("AFINA_CUDASIM_SCHEDULE");
  if (name == nullptr || *name == '\0' || std::string(name) == "forward") return Schedule::forward;
  if (std::string(name) == "reverse") return Schedule::reverse;
  if (std::string(name) == "random") return Schedule::random;
  std::fprintf(stderr, "AFINA_CUDASIM_SCHEDULE must be forward, reverse or random, got '%s'\n", name);
  std::abort();
}

UNWATCHED Schedule schedule() {
  static const Schedule wanted = wanted_schedule();
  return wanted;
}

}  // namespace

UNWATCHED void begin_schedule() {
  const char* const seed = std::getenv("AFINA_CUDASIM_SEED");
  chance.seed(seed == nullptr ? 0U : static_cast<unsigned>(std::atoi(seed)));
}

UNWATCHED void arrange(std::vector<int>& turns) {
  if (schedule() == Schedule::reverse) std::reverse(turns.begin(), turns.end());
  if (schedule() == Schedule::random) std::shuffle(turns.begin(), turns.end(), chance);
}

UNWATCHED uint32_t resting_warps() {
  return schedule() == Schedule::random ? static_cast<uint32_t>(chance()) : 0;
}

UNWATCHED bool lands_at_once() {
  return schedule() == Schedule::reverse || (schedule() == Schedule::random && chance() % 2 == 0);
}

}  // namespace cudasim
