#include "bindings/op_table.h"
#include "ops/attention/dot_product_attention.h"

namespace afina {

void add_attention_ops(OpTable& t) {
  t.op("dot_product_attention", &dot_product_attention, has_grad,
       "softmax(scale query . key + bias) value for query (batch, queries, heads, dim), key (batch, keys, "
       "heads, dim), value (batch, keys, heads, value_dim); mask is true where a query may see a key, bias "
       "and mask broadcast to (batch, heads, queries, keys); scale defaults to 1 / sqrt(dim); a query that "
       "sees nothing gets zeros; seed: (seed, stream) or None.",
       "query"_a, "key"_a, "value"_a, "bias"_a = py::none(), "mask"_a = py::none(), "scale"_a = py::none(),
       "is_causal"_a = false, "dropout"_a = 0.0, "seed"_a = py::none());
}

}  // namespace afina
