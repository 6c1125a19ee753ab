#include "bindings/op_table.h"
#include "ops/norm/softmax.h"

namespace afina {

void add_norm_ops(OpTable& t) {
  t.op("softmax", &softmax, has_grad, "exp(x - max) / sum(exp(x - max)) along `axis`.", "x"_a, "axis"_a = -1);
  t.op("log_softmax", &log_softmax, has_grad, "x - max - log(sum(exp(x - max))) along `axis`.", "x"_a, "axis"_a = -1);
}

}  // namespace afina
