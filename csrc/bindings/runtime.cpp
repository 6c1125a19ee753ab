#include "bindings/bindings.h"
#include "bindings/casters.h"
#include "core/isa.h"
#include "core/random.h"
#include "cpu/allocator.h"
#include "cpu/parallel.h"

namespace py = pybind11;
using py::operator""_a;

namespace afina {

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
      [] {
        const MemoryStats stats = memory_stats();
        py::dict result;
        result["in_use"] = stats.in_use;
        result["cached"] = stats.cached;
        result["peak"] = stats.peak;
        return result;
      },
      "Bytes of live tensors, bytes kept for reuse, and the most that was ever in use.");
  module.def("empty_cache", &empty_cache, "Gives the kept memory back to the system.");
  module.def("seed_generator", &seed_generator, "Starts the global random generator at `seed`.", "seed"_a);
  module.def(
      "generator_state",
      [] {
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
