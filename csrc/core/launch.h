#pragma once

#include "core/device.h"
#include "core/error.h"
#include "core/isa.h"

namespace afina {

// Runs a kernel where its tensors live: launch(x.device(), [&]<Isa I>() { softmax_cpu<I>(...); }).
template <class Cpu>
void launch(Device device, Cpu&& cpu) {
  if (!device.is_cpu()) fail<DeviceError>("launch", "no kernels for ", device, " in this build");
  visit_isa(best_isa(), cpu);
}

}  // namespace afina
