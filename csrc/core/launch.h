#pragma once

#include <utility>

#include "core/cuda.h"
#include "core/device.h"
#include "core/error.h"
#include "core/isa.h"

namespace afina {

// Runs a kernel where its tensors live:
//   launch(x.device(), [&]<Isa I>() { softmax_cpu<I>(...); }, [&](auto& stream) { softmax_cuda(..., stream);
//   });
// The CUDA side is generic so that a build without CUDA never asks for softmax_cuda: it links although that
// is declared and never defined.
template <class Cpu, class Cuda>
void launch(Device device, Cpu&& cpu, Cuda&& cuda) {
  if constexpr (kHasCuda) {
    if (!device.is_cpu()) {
      cuda(stream_of(device));
      return;
    }
  }
  visit_isa(best_isa(), cpu);
}

}  // namespace afina
