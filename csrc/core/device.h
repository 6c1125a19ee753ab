#pragma once

#include <cstdint>
#include <ostream>

namespace afina {

struct Device {
  enum class Kind : uint8_t { cpu, cuda } kind = Kind::cpu;
  int index = 0;

  constexpr bool is_cpu() const { return kind == Kind::cpu; }
  constexpr bool operator==(const Device&) const = default;
};

inline std::ostream& operator<<(std::ostream& out, Device device) {
  return device.is_cpu() ? out << "cpu" : out << "cuda:" << device.index;
}

}  // namespace afina
