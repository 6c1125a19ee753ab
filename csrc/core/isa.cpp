#include "core/isa.h"

#include <cstdlib>
#include <string>

#include "core/error.h"

namespace afina {
namespace {

constexpr Isa kBestFirst[] = {Isa::avx512, Isa::avx2, Isa::neon, Isa::baseline};

bool compiled(Isa isa) {
  switch (isa) {
#ifdef AFINA_HAVE_baseline
    case Isa::baseline: return true;
#endif
#ifdef AFINA_HAVE_avx2
    case Isa::avx2: return true;
#endif
#ifdef AFINA_HAVE_avx512
    case Isa::avx512: return true;
#endif
#ifdef AFINA_HAVE_neon
    case Isa::neon: return true;
#endif
    default: return false;
  }
}

bool cpu_has(Isa isa) {
#if defined(__x86_64__)
  switch (isa) {
    case Isa::baseline: return true;
    case Isa::avx2: return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case Isa::avx512:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
             __builtin_cpu_supports("avx512vl");
    case Isa::neon: return false;
  }
  return false;
#else
  return isa == Isa::baseline || isa == Isa::neon;
#endif
}

Isa choose() {
  const char* const wanted = std::getenv("AFINA_ISA");
  for (const Isa isa : kBestFirst) {
    if (wanted != nullptr && *wanted != '\0' && std::string(wanted) != isa_name(isa)) continue;
    if (isa_usable(isa)) return isa;
  }
  std::string usable;
  for (const Isa isa : kBestFirst)
    if (isa_usable(isa)) usable += std::string(usable.empty() ? "" : ", ") + isa_name(isa);
  fail<ArgumentError>("AFINA_ISA", "'", wanted ? wanted : "", "' is not usable here; allowed: ", usable);
}

}  // namespace

const char* isa_name(Isa isa) {
  switch (isa) {
    case Isa::baseline: return "baseline";
    case Isa::avx2: return "avx2";
    case Isa::avx512: return "avx512";
    case Isa::neon: return "neon";
  }
  return "";
}

bool isa_usable(Isa isa) { return compiled(isa) && cpu_has(isa); }

Isa best_isa() {
  static const Isa chosen = choose();
  return chosen;
}

}  // namespace afina
