#pragma once

// In which order threads and blocks take their turns, and when copies land: AFINA_CUDASIM_SCHEDULE says
// "forward" (the default), "reverse" or "random" (by AFINA_CUDASIM_SEED).
#include <cstdint>
#include <vector>

namespace cudasim {

void begin_schedule();                  // of a grid: the same numbers for every launch
void arrange(std::vector<int>& turns);  // counted upwards when they come here

// The warps that wait for the next round, a bit each: by chance some, so that warps run ahead of each other.
uint32_t resting_warps();

// Whether a copy lands when it is asked for instead of when it is waited for: never, always, or by chance.
bool lands_at_once();

}  // namespace cudasim
