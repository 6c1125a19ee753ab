#pragma once

#include <string>

namespace afina {

// How exactly a device multiplies matrices and convolves in float32.  `highest` rounds nothing; the others
// round the factors, not the sums, so that tensor cores can multiply them: `high` to TF32 (10 bits behind the
// point), `medium` to bfloat16 (7 bits).
enum class MatmulPrecision { highest, high, medium };

MatmulPrecision matmul_precision();  // highest at the start, of the whole process
void set_matmul_precision(MatmulPrecision precision);

const char* precision_name(MatmulPrecision precision);
MatmulPrecision precision_named(const char* op, const std::string& name);

}  // namespace afina
