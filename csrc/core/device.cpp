#include "core/device.h"

#include <cstdlib>

#include "core/cuda.h"
#include "core/error.h"

namespace afina {
namespace {

thread_local std::optional<Device> chosen;

Device device_of_environment() {
  const char* const name = std::getenv("AFINA_DEVICE");
  return name == nullptr || *name == '\0' ? Device{} : device_named("AFINA_DEVICE", name);
}

std::string why_no_device() {
  if constexpr (kHasCuda) return cuda_report();
  return "this build has no CUDA kernels (CMake option AFINA_CUDA)";
}

}  // namespace

Device device_named(const char* op, const std::string& name) {
  if (name == "cpu") return {};
  constexpr const char* kPrefix = "cuda:";
  const bool numbered = name.starts_with(kPrefix) && name.size() == 6 && name[5] >= '0' && name[5] <= '9';
  if (name != "cuda" && !numbered)
    fail<ArgumentError>(op, "device must be \"cpu\", \"cuda\" or \"cuda:0\" to \"cuda:9\", got \"", name,
                        "\"");
  const Device device{Device::Kind::cuda, numbered ? name[5] - '0' : 0};
  int count = 0;
  if constexpr (kHasCuda) count = cuda_device_count();
  if (count == 0) fail<DeviceError>(op, "no CUDA device: ", why_no_device());
  if (device.index >= count)
    fail<DeviceError>(op, "there is no ", device, ", this machine has ", count, " CUDA device",
                      count == 1 ? "" : "s");
  return device;
}

Device current_device() {
  if (!chosen) {
    static const Device initial = device_of_environment();
    chosen = initial;
  }
  return *chosen;
}

Device device_or_current(const char* op, const std::optional<std::string>& name) {
  return name ? device_named(op, *name) : current_device();
}

void set_current_device(Device device) { chosen = device; }

}  // namespace afina
