#pragma once

// The simulated device's memory: a piece of address space that only kernels and copies can touch.  The host's
// reads and writes end in a segmentation fault, as they would with a device; fresh memory is NaN; behind
// every allocation lies a guard that is checked after each launch.
#include <cstddef>
#include <cstring>
#include <type_traits>

namespace cudasim {

class DeviceOpen {  // while one lives, device memory can be touched; one at a time, other threads wait
 public:
  DeviceOpen();
  ~DeviceOpen();
  DeviceOpen(const DeviceOpen&) = delete;
  DeviceOpen& operator=(const DeviceOpen&) = delete;
};

// False, with a reason, where a guard has been written over.
bool guards_are_whole();

// False, with a reason, if one of the words looks like a pointer to the host's memory: a kernel could not
// follow it.
bool words_visible_on_device(const void* bytes, size_t size);

template <class T>
bool visible_on_device(const T& argument) {
  static_assert(std::is_trivially_copyable_v<T>, "kernel arguments are copied as bytes");
  T copy = argument;
  __builtin_clear_padding(&copy);  // or an old pointer on the stack looks like one of the argument's
  return words_visible_on_device(&copy, sizeof(T));
}

}  // namespace cudasim
