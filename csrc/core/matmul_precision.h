#pragma once

#include <optional>
#include <string>

namespace afina {

// How exactly matrices are multiplied and images convolved in float32.  `highest` rounds nothing; the others
// allow rounding the factors, not the sums, for tensor cores and AVX512-BF16: `high` to TF32 (10 bits behind
// the point, CUDA only), `medium` to bfloat16 (7 bits).
enum class MatmulPrecision { highest, high, medium };

MatmulPrecision matmul_precision();                    // this thread's, or else the process's
void set_matmul_precision(MatmulPrecision precision);  // of the whole process: highest at the start

// What this thread has chosen for itself: a layer with a policy does, and the gradient of what it computed.
std::optional<MatmulPrecision> own_matmul_precision();
void set_own_matmul_precision(std::optional<MatmulPrecision> precision);

// The thread's own choice for as long as this lives.
class OwnMatmulPrecision {
 public:
  explicit OwnMatmulPrecision(std::optional<MatmulPrecision> precision) : before_(own_matmul_precision()) {
    set_own_matmul_precision(precision);
  }
  ~OwnMatmulPrecision() { set_own_matmul_precision(before_); }
  OwnMatmulPrecision(const OwnMatmulPrecision&) = delete;
  OwnMatmulPrecision& operator=(const OwnMatmulPrecision&) = delete;

 private:
  std::optional<MatmulPrecision> before_;
};

const char* precision_name(MatmulPrecision precision);
MatmulPrecision precision_named(const char* op, const std::string& name);

}  // namespace afina
