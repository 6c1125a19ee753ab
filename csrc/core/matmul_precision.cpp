#include "core/matmul_precision.h"

#include <atomic>

#include "core/error.h"

namespace afina {
namespace {

std::atomic<MatmulPrecision> of_process{MatmulPrecision::highest};
thread_local std::optional<MatmulPrecision> own;

}  // namespace

MatmulPrecision matmul_precision() { return own ? *own : of_process.load(); }
void set_matmul_precision(MatmulPrecision precision) { of_process.store(precision); }

std::optional<MatmulPrecision> own_matmul_precision() { return own; }
void set_own_matmul_precision(std::optional<MatmulPrecision> precision) { own = precision; }

const char* precision_name(MatmulPrecision precision) {
  switch (precision) {
    case MatmulPrecision::highest: return "highest";
    case MatmulPrecision::high: return "high";
    case MatmulPrecision::medium: return "medium";
  }
  return "";
}

MatmulPrecision precision_named(const char* op, const std::string& name) {
  for (const auto precision : {MatmulPrecision::highest, MatmulPrecision::high, MatmulPrecision::medium})
    if (name == precision_name(precision)) return precision;
  fail<ArgumentError>(op, "precision must be \"highest\", \"high\" or \"medium\", got \"", name, "\"");
}

}  // namespace afina
