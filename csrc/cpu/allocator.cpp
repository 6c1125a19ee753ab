#include "cpu/allocator.h"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/error.h"
#include "cpu/scratch.h"

namespace afina {
namespace {

constexpr size_t kAlignment = 64;
constexpr size_t kHugePage = size_t{2} << 20;
// Size classes 1, 1.125, 1.25, ... times a power of two: at most an eighth is wasted.
constexpr int kStepsPerDoubling = 8;
constexpr int kClasses = 64 * kStepsPerDoubling;

struct SizeClass {
  int index;
  size_t bytes;
};

SizeClass size_class(size_t bytes) {
  bytes = std::max(bytes, kAlignment * kStepsPerDoubling);
  const int doubling = std::bit_width(bytes - 1) - 1;  // 2^doubling < bytes <= 2^(doubling + 1)
  const size_t base = size_t{1} << doubling;
  const size_t step = base / kStepsPerDoubling;
  const size_t steps = (bytes - base + step - 1) / step;  // 1 .. kStepsPerDoubling
  return {doubling * kStepsPerDoubling + static_cast<int>(steps) - 1, base + steps * step};
}

SizeClass class_at(int index) {
  const size_t base = size_t{1} << (index / kStepsPerDoubling);
  return {index, base + static_cast<size_t>(index % kStepsPerDoubling + 1) * (base / kStepsPerDoubling)};
}

class Cache {
 public:
  void* take(size_t bytes) {
    SizeClass wanted = size_class(bytes);
    const std::lock_guard lock(mutex_);
    void* block = nullptr;
    if (const int index = kept_class(wanted); index >= 0) {
      block = free_[index].back();
      if (index != wanted.index) larger_.emplace(block, index);
      free_[index].pop_back();
      wanted = class_at(index);
      stats_.cached -= static_cast<int64_t>(wanted.bytes);
    } else {
      block = fresh(wanted.bytes);
      if (block == nullptr) {
        release_all();
        block = fresh(wanted.bytes);
      }
      if (block == nullptr)
        fail<OutOfMemoryError>("allocate", "cannot get ", bytes, " bytes: ", stats_.in_use,
                               " bytes are in use by tensors; a smaller batch needs less");
    }
    stats_.in_use += static_cast<int64_t>(wanted.bytes);
    stats_.peak = std::max(stats_.peak, stats_.in_use);
    return block;
  }

  void give(void* block, size_t bytes) noexcept {
    SizeClass given = size_class(bytes);
    const std::lock_guard lock(mutex_);
    if (const auto found = larger_.find(block); found != larger_.end()) {
      given = class_at(found->second);
      larger_.erase(found);
    }
    stats_.in_use -= static_cast<int64_t>(given.bytes);
    try {
      free_[given.index].push_back(block);
      stats_.cached += static_cast<int64_t>(given.bytes);
    } catch (const std::bad_alloc&) {
      drop(block, given.bytes);
    }
  }

  MemoryStats stats() {
    const std::lock_guard lock(mutex_);
    return stats_;
  }

  void reset_peak() {
    const std::lock_guard lock(mutex_);
    stats_.peak = stats_.in_use;
  }

  void empty() {
    const std::lock_guard lock(mutex_);
    release_all();
  }

 private:
  // The class of a kept block to take: of this size or, where blocks are whole huge pages, of up to twice as
  // much, for that is faster than fresh pages and keeps less in all.  -1: none.
  int kept_class(SizeClass wanted) const {
    const int reach = wanted.bytes < kHugePage ? 0 : kStepsPerDoubling;
    for (int index = wanted.index; index <= wanted.index + reach && index < kClasses; ++index)
      if (!free_[index].empty()) return index;
    return -1;
  }

  static void* fresh(size_t bytes) {
    if (bytes < kHugePage)
      return std::aligned_alloc(kAlignment, (bytes + kAlignment - 1) / kAlignment * kAlignment);
    // An extra huge page lets the start be aligned; the slack around it is given back at once.
    const size_t span = bytes + kHugePage;
    void* const raw = mmap(nullptr, span, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (raw == MAP_FAILED) return nullptr;
    const auto start = reinterpret_cast<uintptr_t>(raw);
    const uintptr_t aligned = (start + kHugePage - 1) / kHugePage * kHugePage;
    if (aligned > start) munmap(raw, aligned - start);
    const uintptr_t end = page_end(aligned + bytes);
    if (start + span > end) munmap(reinterpret_cast<void*>(end), start + span - end);
    void* const block = reinterpret_cast<void*>(aligned);
    madvise(block, bytes, MADV_HUGEPAGE);
    return block;
  }

  static uintptr_t page_end(uintptr_t address) {
    constexpr uintptr_t kPage = 4096;
    return (address + kPage - 1) / kPage * kPage;
  }

  static void drop(void* block, size_t bytes) noexcept {
    if (bytes < kHugePage)
      std::free(block);
    else
      munmap(block, page_end(bytes));
  }

  void release_all() noexcept {
    for (int index = 0; index < kClasses; ++index) {
      const size_t bytes = class_at(index).bytes;
      for (void* block : free_[index]) drop(block, bytes);
      stats_.cached -= static_cast<int64_t>(bytes * free_[index].size());
      free_[index].clear();
    }
  }

  std::mutex mutex_;
  std::array<std::vector<void*>, kClasses> free_;
  std::unordered_map<void*, int> larger_;  // blocks in use that are of a larger class than was asked for
  MemoryStats stats_{};
};

// Never destroyed: tensors held by the interpreter outlive static destructors.
Cache& cache() {
  static Cache* const instance = new Cache;
  return *instance;
}

struct Scratch {
  void* block = nullptr;
  size_t bytes = 0;
  ~Scratch() { std::free(block); }
};

}  // namespace

void* allocate_cpu(size_t bytes) { return cache().take(bytes); }
void free_cpu(void* block, size_t bytes) noexcept { cache().give(block, bytes); }
MemoryStats memory_stats() { return cache().stats(); }
void reset_peak_memory() { cache().reset_peak(); }
void empty_cache() { cache().empty(); }

void* thread_scratch(size_t bytes, int slot) {
  thread_local std::array<Scratch, kScratchSlots> buffers;
  Scratch& buffer = buffers[static_cast<size_t>(slot)];
  if (buffer.bytes < bytes) {
    std::free(buffer.block);
    buffer.bytes = (bytes + kAlignment - 1) / kAlignment * kAlignment;
    buffer.block = std::aligned_alloc(kAlignment, buffer.bytes);
    if (buffer.block == nullptr) {
      const size_t wanted = std::exchange(buffer.bytes, 0);
      fail<OutOfMemoryError>("allocate", "cannot get ", wanted,
                             " bytes of scratch memory: ", memory_stats().in_use,
                             " bytes are in use by tensors; a smaller batch needs less");
    }
  }
  return buffer.block;
}

}  // namespace afina
