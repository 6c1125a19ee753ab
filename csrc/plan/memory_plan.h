#pragma once

#include <cstddef>
#include <vector>

namespace afina {

// A block of a step: its size, and the first and last piece of work that touches it.
struct BlockLife {
  size_t bytes;
  size_t first, last;
};

struct MemoryPlan {
  std::vector<size_t> offsets;  // one a block, each a multiple of kBlockAlignment
  size_t bytes = 0;             // of the whole arena
};

inline constexpr size_t kBlockAlignment = 256;

// Places for all blocks in one arena: two that live at the same time do not overlap. Largest first, each at
// the lowest place that is free for as long as it lives (Pisarchyk and Lee, "Efficient memory management for
// deep neural net inference", 2020: greedy by size).
MemoryPlan plan_memory(const std::vector<BlockLife>& blocks);

}  // namespace afina
