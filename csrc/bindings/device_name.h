#pragma once

#include <string>

#include "core/device.h"

namespace afina {

// "cpu" or "cuda:0", as Python sees devices.
inline std::string device_name(Device device) {
  return device.is_cpu() ? "cpu" : "cuda:" + std::to_string(device.index);
}

}  // namespace afina
