#pragma once

// The instruction sets a kernel is compiled for.  Safe to include from an ISA file: nothing here is emitted.
namespace afina {

enum class Isa { baseline, avx2, avx512, neon };

// The set chosen at load: the best one compiled in that this CPU has, or the one AFINA_ISA names.
Isa best_isa();

const char* isa_name(Isa isa);

// Is `isa` compiled into this build, and can this CPU run it?
bool isa_usable(Isa isa);

#if defined(AFINA_ISA)  // set by CMake for the files compiled once per ISA
inline constexpr Isa kIsa = Isa::AFINA_ISA;
#endif

// Calls f<Isa>() for the given set: the one place where a run-time ISA becomes a template argument.
template <class F>
[[gnu::always_inline]] inline decltype(auto) visit_isa(Isa isa, F&& f) {
  switch (isa) {
#ifdef AFINA_HAVE_avx2
    case Isa::avx2: return f.template operator()<Isa::avx2>();
#endif
#ifdef AFINA_HAVE_avx512
    case Isa::avx512: return f.template operator()<Isa::avx512>();
#endif
#ifdef AFINA_HAVE_neon
    case Isa::neon: return f.template operator()<Isa::neon>();
#endif
#ifdef AFINA_HAVE_baseline
    default: return f.template operator()<Isa::baseline>();
#else
    default: __builtin_unreachable();
#endif
  }
}

}  // namespace afina
