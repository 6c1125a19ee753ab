#include <optional>

#include "bindings/bindings.h"
#include "bindings/casters.h"
#include "bindings/device_name.h"
#include "core/capture.h"
#include "core/cuda.h"
#include "core/isa.h"
#include "core/matmul_precision.h"
#include "core/random.h"
#include "cpu/allocator.h"
#include "cpu/gemm/bfloat16.h"
#include "cpu/parallel.h"
#include "cuda/gemm/tier.h"

namespace py = pybind11;
using py::operator""_a;

namespace afina {
namespace {

#if defined(AFINA_CUDA_SIMULATED)
constexpr const char* kCudaBuild = "simulated";
#else
constexpr const char* kCudaBuild = kHasCuda ? "nvcc" : "none";
#endif

MemoryStats stats_of(Device device) {
  if constexpr (kHasCuda) {
    if (!device.is_cpu()) return cuda_memory_stats(device);
  }
  return memory_stats();
}

void reset_peak_of(Device device) {
  if constexpr (kHasCuda) {
    if (!device.is_cpu()) return reset_cuda_peak_memory(device);
  }
  reset_peak_memory();
}

template <class F>
void for_each_cuda_device(const F& f) {
  if constexpr (kHasCuda) {
    for (int index = 0; index < cuda_device_count(); ++index) f(Device{Device::Kind::cuda, index});
  }
}

bool any_has_warpgroup_products() {
  bool any = false;
  for_each_cuda_device([&](Device device) { any = any || has_warpgroup_products(device); });
  return any;
}

ProductTier product_tier_named(const std::string& name) {
  if (name == "by size") return ProductTier::by_size;
  if (name == "warps") return ProductTier::warps;
  if (name == "warpgroups") return ProductTier::warpgroups;
  fail<ArgumentError>("set_product_tier", "tier must be \"by size\", \"warps\" or \"warpgroups\", got \"",
                      name, "\"");
}

std::string cuda_description() {
  if constexpr (kHasCuda) return (cuda_device_count() == 0 ? "none: " : "") + cuda_report();
  return "none: this build has no CUDA kernels";
}

}  // namespace

void add_runtime(py::module_& module) {
  module.attr("__version__") = AFINA_VERSION;
  module.def(
      "isa", [] { return std::string(isa_name(best_isa())); }, "The instruction set the kernels run with.");
  module.def(
      "usable_isas",
      [] {
        std::vector<std::string> names;
        for (const Isa isa : {Isa::baseline, Isa::avx2, Isa::avx512, Isa::neon})
          if (isa_usable(isa)) names.emplace_back(isa_name(isa));
        return names;
      },
      "The instruction sets this build has and this CPU can run.");
  module.def("can_round_products", &can_round_products,
             "Does this CPU multiply in bfloat16 (AVX512-BF16) when the precision is \"medium\"?");
  module.def("thread_count", &thread_count, "How many threads the kernels may use.");
  module.def(
      "set_thread_count",
      [](int threads) {
        constexpr int kMost = 1024;
        if (threads < 1 || threads > kMost)
          fail<ArgumentError>("set_thread_count", "threads must lie in [1, ", kMost, "], got ", threads);
        set_thread_count(threads);
      },
      "Sets how many threads the kernels may use; results do not depend on it.", "threads"_a);
  module.def(
      "memory_stats",
      [](const std::optional<std::string>& device) {
        const MemoryStats stats = stats_of(device_or_current("memory_stats", device));
        py::dict result;
        result["in_use"] = stats.in_use;
        result["cached"] = stats.cached;
        result["peak"] = stats.peak;
        return result;
      },
      "Bytes of live tensors, bytes kept for reuse, and the most that was ever in use, on a device (None: "
      "where "
      "this thread makes tensors).",
      "device"_a = py::none());
  module.def(
      "reset_peak_memory",
      [](const std::optional<std::string>& device) {
        reset_peak_of(device_or_current("reset_peak_memory", device));
      },
      "Lets the `peak` of memory_stats begin again at what is in use.", "device"_a = py::none());
  module.def(
      "empty_cache",
      [] {
        empty_cache();
        for_each_cuda_device([](Device device) { empty_cuda_cache(device); });
      },
      "Gives the kept memory back to the system.");
  module.def(
      "current_device", [] { return device_name(current_device()); }, "Where this thread makes new tensors.");
  module.def(
      "synchronize",
      [] {
        const py::gil_scoped_release released;
        for_each_cuda_device([](Device device) { synchronize_cuda(device); });
      },
      "Waits until the devices have done all they were asked to do, and raises what their kernels complained "
      "about.");
  module.def(
      "float32_matmul_precision", [] { return std::string(precision_name(matmul_precision())); },
      "How exactly products and convolutions of float32 are computed: \"highest\", \"high\" or \"medium\".");
  module.def(
      "set_float32_matmul_precision",
      [](const std::string& precision) {
        set_matmul_precision(precision_named("set_float32_matmul_precision", precision));
      },
      "Sets how exactly matrices are multiplied and images convolved in float32, in products and "
      "gradients:\n\n"
      "- \"highest\" (at the start): no factor is rounded.\n"
      "- \"high\": factors may be rounded to TF32 (10 bits behind the point): tensor cores of a CUDA device "
      "do.\n"
      "- \"medium\": factors may be rounded to bfloat16 (7 bits): tensor cores do, and CPUs with "
      "AVX512-BF16\n"
      "  (`afina info` says so) where it saves time, which a product of fewer than 32 rows does not.\n\n"
      "Sums are float32 in all of them.  Other CPUs round nothing; float64, attention's scores and the steps "
      "of "
      "recurrent layers are never rounded.  The name and the words are torch's.",
      "precision"_a);
  module.def("has_warpgroup_products", &any_has_warpgroup_products,
             "Does a CUDA device multiply by warpgroups (wgmma), compute capability 9.0?");
  module.def(
      "set_product_tier", [](const std::string& tier) { product_tier = product_tier_named(tier); },
      "Which kernels multiply matrices with rounded factors on a CUDA device, for tests and measurements:\n\n"
      "- \"by size\" (at the start): whichever should be quicker.\n"
      "- \"warps\": those that every device has (mma.sync).\n"
      "- \"warpgroups\": those of compute capability 9.0 (wgmma), where has_warpgroup_products() is true.",
      "tier"_a);
  module.def("cuda_device", &cuda_description, "The CUDA devices, or why there is none.");
  module.def(
      "cuda_build", [] { return std::string(kCudaBuild); },
      "How this build got its CUDA kernels: \"none\", \"nvcc\" or \"simulated\" (for tests).");
  module.def("seed_generator", &seed_generator, "Starts the global random generator at `seed`.", "seed"_a);
  module.def(
      "generator_state",
      [] {
        refuse_capture("the state of the random generator is read");
        const GeneratorState state = generator_state();
        return std::pair(state.seed, state.next_stream);
      },
      "The global generator's whole state: (seed, next stream).");
  module.def(
      "set_generator_state",
      [](uint64_t seed, uint64_t next_stream) { set_generator_state({seed, next_stream}); },
      "Continues the global generator where generator_state() was read.", "seed"_a, "next_stream"_a);
}

}  // namespace afina
