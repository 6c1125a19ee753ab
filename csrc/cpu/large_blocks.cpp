#include "cpu/large_blocks.h"

#include <sys/mman.h>

#include <iterator>
#include <new>

namespace afina {
namespace {

constexpr size_t kUnit = size_t{32} << 10;  // blocks begin and end at multiples: at most a 32nd is wasted
constexpr size_t kHugePage = size_t{2} << 20;

size_t rounded_up(size_t bytes, size_t unit) { return (bytes + unit - 1) / unit * unit; }

// New memory whose start is a multiple of a huge page, right below `above` where that is free; 0: none.
uintptr_t mapped(size_t bytes, uintptr_t above) {
  const auto map = [](uintptr_t hint, size_t size) {
    return mmap(reinterpret_cast<void*>(hint), size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                0);
  };
  uintptr_t start = 0;
  if (above > bytes) {
    const uintptr_t wanted = above - bytes;
    void* const found = map(wanted, bytes);
    if (found == MAP_FAILED) return 0;
    if (reinterpret_cast<uintptr_t>(found) == wanted)
      start = wanted;
    else
      munmap(found, bytes);
  }
  if (start == 0) {
    // An extra huge page lets the start be aligned; the slack around it is given back at once.
    const size_t span = bytes + kHugePage;
    void* const found = map(0, span);
    if (found == MAP_FAILED) return 0;
    const auto begin = reinterpret_cast<uintptr_t>(found);
    start = rounded_up(begin, kHugePage);
    if (start > begin) munmap(found, start - begin);
    const size_t behind = begin + span - (start + bytes);
    if (behind > 0) munmap(reinterpret_cast<void*>(start + bytes), behind);
  }
  madvise(reinterpret_cast<void*>(start), bytes, MADV_HUGEPAGE);
  return start;
}

}  // namespace

size_t LargeBlocks::rounded(size_t bytes) { return rounded_up(bytes, kUnit); }

void* LargeBlocks::take(size_t bytes) {
  auto found = by_length_.lower_bound({bytes, 0});
  if (found == by_length_.end()) {
    if (!grow(bytes)) return nullptr;
    found = by_length_.lower_bound({bytes, 0});
  }
  // The upper end is cut off: below lies where the memory grows.
  const auto [length, start] = *found;
  remove(by_address_.find(start));
  if (length > bytes) give(reinterpret_cast<void*>(start), length - bytes);
  return reinterpret_cast<void*>(start + length - bytes);
}

// Maps what is missing for a free range of `bytes`: where the memory mapped last is free, only the rest of
// it.
bool LargeBlocks::grow(size_t bytes) {
  size_t there = 0;
  if (const auto lowest = by_address_.find(lowest_); lowest != by_address_.end()) there = lowest->second;
  if (!map_below(rounded_up(bytes - there, kHugePage))) return false;
  if (by_address_.at(lowest_) >= bytes) return true;
  return map_below(rounded_up(bytes, kHugePage));  // something else lies below what was there
}

bool LargeBlocks::map_below(size_t bytes) {
  const uintptr_t start = mapped(bytes, lowest_);
  if (start == 0) return false;
  lowest_ = start;
  return give(reinterpret_cast<void*>(start), bytes);
}

bool LargeBlocks::give(void* block, size_t bytes) noexcept {
  auto start = reinterpret_cast<uintptr_t>(block);
  auto above = by_address_.lower_bound(start);
  if (above != by_address_.end() && above->first == start + bytes) {
    bytes += above->second;
    above = remove(above);
  }
  if (above != by_address_.begin()) {
    const auto below = std::prev(above);
    if (below->first + below->second == start) {
      start = below->first;
      bytes += below->second;
      remove(below);
    }
  }
  try {
    by_length_.emplace(bytes, start);
    by_address_.emplace(start, bytes);
  } catch (const std::bad_alloc&) {
    by_length_.erase({bytes, start});
    munmap(reinterpret_cast<void*>(start), bytes);
    return false;
  }
  free_bytes_ += static_cast<int64_t>(bytes);
  return true;
}

LargeBlocks::Addresses::iterator LargeBlocks::remove(Addresses::iterator range) noexcept {
  free_bytes_ -= static_cast<int64_t>(range->second);
  by_length_.erase({range->second, range->first});
  return by_address_.erase(range);
}

void LargeBlocks::unmap_free() noexcept {
  for (const auto& [start, bytes] : by_address_) munmap(reinterpret_cast<void*>(start), bytes);
  by_address_.clear();
  by_length_.clear();
  free_bytes_ = 0;
}

}  // namespace afina
