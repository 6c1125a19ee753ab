#include "cpu/allocator.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <mutex>
#include <utility>
#include <vector>

#include "core/error.h"
#include "cpu/large_blocks.h"
#include "cpu/scratch.h"

namespace afina {
namespace {

constexpr size_t kAlignment = 64;
// Size classes 1, 1.125, 1.25, ... times a power of two: at most an eighth is wasted.
constexpr int kStepsPerDoubling = 8;
constexpr int kClasses = std::countr_zero(LargeBlocks::kLeast) * kStepsPerDoubling;
// Under AddressSanitizer every block ends where its tensor does and is not used twice.
#ifdef __SANITIZE_ADDRESS__
constexpr bool kKeeping = false;
#else
constexpr bool kKeeping = true;
#endif

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

bool is_large(size_t bytes) { return bytes >= LargeBlocks::kLeast; }

size_t rounded(size_t bytes) {
  if (!kKeeping) return bytes;
  return is_large(bytes) ? LargeBlocks::rounded(bytes) : size_class(bytes).bytes;
}

class Cache {
 public:
  void* take(size_t bytes) {
    const std::lock_guard lock(mutex_);
    void* block = found(bytes);
    if (block == nullptr) {
      release_all();
      block = found(bytes);
    }
    if (block == nullptr)
      fail<OutOfMemoryError>("allocate", "cannot get ", bytes, " bytes: ", stats_.in_use,
                             " bytes are in use by tensors; a smaller batch needs less");
    stats_.in_use += static_cast<int64_t>(rounded(bytes));
    stats_.peak = std::max(stats_.peak, stats_.in_use);
    return block;
  }

  void give(void* block, size_t bytes) noexcept {
    const std::lock_guard lock(mutex_);
    stats_.in_use -= static_cast<int64_t>(rounded(bytes));
    if (!kKeeping) {
      std::free(block);
    } else if (is_large(bytes)) {
      large_.give(block, LargeBlocks::rounded(bytes));
    } else {
      const SizeClass given = size_class(bytes);
      try {
        free_[given.index].push_back(block);
        small_bytes_ += static_cast<int64_t>(given.bytes);
      } catch (const std::bad_alloc&) {
        std::free(block);
      }
    }
  }

  MemoryStats stats() {
    const std::lock_guard lock(mutex_);
    stats_.cached = small_bytes_ + large_.free_bytes();
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
  // A kept block, or a fresh one; null where the system has no more.
  void* found(size_t bytes) {
    if (!kKeeping) {
      void* block = nullptr;
      return posix_memalign(&block, kAlignment, std::max<size_t>(bytes, 1)) == 0 ? block : nullptr;
    }
    if (is_large(bytes)) return large_.take(LargeBlocks::rounded(bytes));
    const SizeClass wanted = size_class(bytes);
    std::vector<void*>& kept = free_[wanted.index];
    if (kept.empty()) return std::aligned_alloc(kAlignment, wanted.bytes);
    void* const block = kept.back();
    kept.pop_back();
    small_bytes_ -= static_cast<int64_t>(wanted.bytes);
    return block;
  }

  void release_all() noexcept {
    for (std::vector<void*>& kept : free_) {
      for (void* block : kept) std::free(block);
      kept.clear();
    }
    small_bytes_ = 0;
    large_.unmap_free();
  }

  std::mutex mutex_;
  std::array<std::vector<void*>, kClasses> free_;
  int64_t small_bytes_ = 0;  // in free_
  LargeBlocks large_;
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
