#pragma once

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>

namespace afina {

// Does this build have CUDA kernels?  (CMake: AFINA_CUDA)
#ifdef AFINA_HAVE_CUDA
inline constexpr bool kHasCuda = true;
#else
inline constexpr bool kHasCuda = false;
#endif

struct Device {
  enum class Kind : uint8_t { cpu, cuda } kind = Kind::cpu;
  int index = 0;

  constexpr bool is_cpu() const { return kind == Kind::cpu; }
  constexpr bool operator==(const Device&) const = default;
};

inline std::ostream& operator<<(std::ostream& out, Device device) {
  return device.is_cpu() ? out << "cpu" : out << "cuda:" << device.index;
}

// "cpu", "cuda" or "cuda:0"; ArgumentError naming `op` for another word, DeviceError for a device that is not
// there, saying why.
Device device_named(const char* op, const std::string& name);

// The same where a name is optional: none is current_device().
Device device_or_current(const char* op, const std::optional<std::string>& name);

// Where this thread makes new tensors: what AFINA_DEVICE says (the CPU without it) until it is set.
Device current_device();
void set_current_device(Device device);

}  // namespace afina
