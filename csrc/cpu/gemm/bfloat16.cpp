#include "core/matmul_precision.h"
#include "cpu/gemm/gemm.h"

namespace afina {

bool can_round_products() {
#if defined(AFINA_HAVE_BFLOAT16)
  static const bool able = best_isa() == Isa::avx512 && __builtin_cpu_supports("avx512bf16");
  return able;
#else
  return false;
#endif
}

bool rounds_products() { return matmul_precision() == MatmulPrecision::medium && can_round_products(); }

}  // namespace afina
