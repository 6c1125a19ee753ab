#pragma once

#include "core/capture.h"
#include "core/cuda.h"
#include "core/device.h"
#include "core/error.h"
#include "core/isa.h"
#include "core/matmul_precision.h"

namespace afina {

// Runs a kernel at once, where its tensors live, and only now: for what the host reads the result of. A
// captured step cannot hold it.
template <class Cpu, class Cuda>
void run_kernel(Device device, const Cpu& cpu, const Cuda& cuda) {
  if constexpr (kHasCuda) {
    if (!device.is_cpu()) {
      const DeviceTurn turn(device);
      cuda(stream_of(device));
      return;
    }
  }
  visit_isa(best_isa(), cpu);
}

// Runs a kernel where its tensors live:
//   launch(x.device(), [=]<Isa I>() { softmax_cpu<I>(...); }, [=](auto& stream) { softmax_cuda(..., stream);
//   });
// Both closures hold their tensors by value and take the addresses when they run: a captured step runs them
// again when the tensors' memory has moved. The CUDA side is generic so that a build without CUDA never asks
// for softmax_cuda: it links although that is declared and never defined.
template <class Cpu, class Cuda>
void launch(Device device, const Cpu& cpu, const Cuda& cuda) {
  run_kernel(device, cpu, cuda);
  if (current_capture != nullptr) [[unlikely]] {
    const auto precision = own_matmul_precision();
    const auto again = [=] {
      const OwnMatmulPrecision as_then(precision);
      if constexpr (kHasCuda)
        run_kernel(device, cpu, cuda);
      else
        visit_isa(best_isa(), cpu);
    };
    capture_work(again, device);
  }
}

}  // namespace afina
