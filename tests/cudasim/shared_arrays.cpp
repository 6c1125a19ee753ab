#include "shared_arrays.h"

#include <cstring>
#include <string>
#include <vector>

#include "block.h"
#include "watching.h"

namespace cudasim {
namespace {

constexpr size_t kMostStatic = 48 * 1024, kMostDynamic = 227 * 1024;  // of compute capability 9.0
constexpr size_t kGuard = 64;                                         // bytes behind an array
constexpr size_t kDynamicAlignment = 1024, kStaticAlignment = 16;
constexpr unsigned char kNaN = 0xFF, kGuardByte = 0xA5;

struct Array {
  const void* tag;  // null: the dynamic one
  size_t offset, bytes;
};
std::vector<Array> arrays;
size_t used = 0;  // by static ones
alignas(kDynamicAlignment) unsigned char memory[kMostStatic + kMostDynamic + 64 * kGuard];

UNWATCHED void* add_array(const void* tag, size_t bytes, size_t alignment) {
  size_t offset = 0;
  if (!arrays.empty()) offset = arrays.back().offset + arrays.back().bytes + kGuard;
  offset = (offset + alignment - 1) / alignment * alignment;
  arrays.push_back({tag, offset, bytes});
  OWN_WRITES_BEGIN();
  std::memset(memory + offset, kNaN, bytes);
  std::memset(memory + offset + bytes, kGuardByte, kGuard);
  OWN_WRITES_END();
#if defined(__SANITIZE_ADDRESS__)
  __asan_poison_memory_region(memory + offset + bytes, kGuard);
#endif
  return memory + offset;
}

}  // namespace

UNWATCHED void begin_shared(size_t dynamic_bytes) {
#if defined(__SANITIZE_ADDRESS__)
  __asan_unpoison_memory_region(memory, sizeof memory);
#endif
  arrays.clear();
  used = 0;
  if (dynamic_bytes > 0) add_array(nullptr, dynamic_bytes, kDynamicAlignment);
}

UNWATCHED bool shared_guards_are_whole() {
#if defined(__SANITIZE_ADDRESS__)
  __asan_unpoison_memory_region(memory, sizeof memory);
#endif
  for (const Array& array : arrays)
    for (size_t i = 0; i < kGuard; ++i)
      if (memory[array.offset + array.bytes + i] != kGuardByte) {
        set_failure(("a write behind the end of a shared array of " + std::to_string(array.bytes) +
                     " bytes in block (" + std::to_string(now.block.x) + ", " + std::to_string(now.block.y) +
                     ", " + std::to_string(now.block.z) + ")")
                        .c_str());
        return false;
      }
  return true;
}

UNWATCHED void* shared_array(const void* tag, size_t bytes) {
  for (const Array& array : arrays)
    if (array.tag == tag) return memory + array.offset;
  used += bytes;
  if (used > kMostStatic)
    give_up("more than " + std::to_string(kMostStatic) + " bytes of static shared memory");
  return add_array(tag, bytes, kStaticAlignment);
}

UNWATCHED void* dynamic_shared(size_t bytes) {
  const size_t have = arrays.empty() || arrays.front().tag != nullptr ? 0 : arrays.front().bytes;
  if (bytes > have)
    give_up("the kernel uses " + std::to_string(bytes) + " bytes of dynamic shared memory, the launch gave " +
            std::to_string(have));
  return memory;
}

UNWATCHED uint32_t shared_address(const void* at) {
  const auto* const byte = static_cast<const unsigned char*>(at);
  if (byte < memory || byte >= memory + sizeof memory) give_up("an address that is not in shared memory");
  return static_cast<uint32_t>(byte - memory);
}

UNWATCHED unsigned char* shared_place(uint32_t address, size_t bytes) {
  for (const Array& array : arrays)
    if (address >= array.offset && address + bytes <= array.offset + array.bytes) return memory + address;
  give_up("shared memory is read or written " + std::to_string(address) +
          " bytes from its beginning, where there is none");
}

UNWATCHED bool is_dynamic_shared_allowed(size_t bytes, size_t allowed) {
  const size_t most = allowed > kMostStatic ? allowed : kMostStatic;
  if (bytes <= most && bytes <= kMostDynamic) return true;
  set_failure(("a launch asks for " + std::to_string(bytes) +
               " bytes of dynamic shared memory, allowed are " +
               std::to_string(most < kMostDynamic ? most : kMostDynamic))
                  .c_str());
  return false;
}

}  // namespace cudasim
