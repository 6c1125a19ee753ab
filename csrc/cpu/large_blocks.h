#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <utility>

// Large blocks are cut from mapped memory on huge pages: the smallest free range that is long enough is
// split, and a block given back is joined with its free neighbours.  So what is kept serves tensors of every
// size, and a network's memory stays near the sum of the tensors it needs at once.
namespace afina {

class LargeBlocks {
 public:
  static constexpr size_t kLeast = size_t{1} << 20;  // blocks from here on are large

  static size_t rounded(size_t bytes);
  void* take(size_t bytes);                       // `bytes` rounded; null where the system has no more
  bool give(void* block, size_t bytes) noexcept;  // false: it went back to the system
  void unmap_free() noexcept;                     // gives all free ranges back to the system
  int64_t free_bytes() const { return free_bytes_; }

 private:
  using Addresses = std::map<uintptr_t, size_t>;  // start and length

  bool grow(size_t bytes);
  bool map_below(size_t bytes);
  Addresses::iterator remove(Addresses::iterator range) noexcept;

  Addresses by_address_;
  std::set<std::pair<size_t, uintptr_t>> by_length_;
  uintptr_t lowest_ = 0;  // where the memory mapped last begins: it grows downwards
  int64_t free_bytes_ = 0;
};

}  // namespace afina
