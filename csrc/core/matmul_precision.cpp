#include "core/matmul_precision.h"

#include <atomic>

#include "core/error.h"

namespace afina {
namespace {

std::atomic<MatmulPrecision> current{MatmulPrecision::highest};

}  // namespace

MatmulPrecision matmul_precision() { return current.load(); }
void set_matmul_precision(MatmulPrecision precision) { current.store(precision); }

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
