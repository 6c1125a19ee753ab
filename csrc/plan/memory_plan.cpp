#include "plan/memory_plan.h"

#include <algorithm>
#include <numeric>

namespace afina {
namespace {

size_t aligned(size_t bytes) { return (bytes + kBlockAlignment - 1) / kBlockAlignment * kBlockAlignment; }

bool meet(const BlockLife& a, const BlockLife& b) { return a.first <= b.last && b.first <= a.last; }

}  // namespace

MemoryPlan plan_memory(const std::vector<BlockLife>& blocks) {
  std::vector<size_t> largest_first(blocks.size());
  std::iota(largest_first.begin(), largest_first.end(), size_t{0});
  std::ranges::stable_sort(largest_first,
                           [&](size_t a, size_t b) { return blocks[a].bytes > blocks[b].bytes; });

  MemoryPlan plan;
  plan.offsets.resize(blocks.size());
  std::vector<size_t> placed;  // by offset
  for (const size_t block : largest_first) {
    const size_t bytes = aligned(blocks[block].bytes);
    size_t offset = 0;
    for (const size_t other : placed) {
      if (!meet(blocks[block], blocks[other])) continue;
      if (offset + bytes <= plan.offsets[other]) break;
      offset = std::max(offset, plan.offsets[other] + aligned(blocks[other].bytes));
    }
    plan.offsets[block] = offset;
    plan.bytes = std::max(plan.bytes, offset + bytes);
    placed.insert(
        std::ranges::upper_bound(placed, offset, {}, [&](size_t other) { return plan.offsets[other]; }),
        block);
  }
  return plan;
}

}  // namespace afina
