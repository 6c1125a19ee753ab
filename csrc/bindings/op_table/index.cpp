#include "bindings/op_table.h"
#include "ops/index/gather.h"
#include "ops/index/sort.h"

namespace afina {

void add_index_ops(OpTable& t) {
  t.op("gather", &gather, has_grad,
       "The entries of x along `axis` that the integer `indices` name; negative ones count from the end.",
       "x"_a, "indices"_a, "axis"_a = 0);
  t.op("embedding", &embedding, has_grad,
       "The rows of `table` (n, d) that `indices` name: indices.shape + (d,).", "indices"_a, "table"_a);
  t.op("one_hot", &one_hot, no_grad, "1 at the index and 0 elsewhere along a new last axis of size `depth`.",
       "indices"_a, "depth"_a, "dtype"_a = "float32");
  t.op("take_along_axis", &take_along_axis, has_grad,
       "x[..., indices[..., i, ...], ...] along `axis`; the other sizes of x and indices agree.", "x"_a,
       "indices"_a, "axis"_a);
  t.op("argsort", &argsort, no_grad,
       "Where the smallest (`descending`: the largest) element along `axis` is, the next one, and so on, as "
       "int64; equals keep their order, NaN is the largest.",
       "x"_a, "axis"_a = -1, "descending"_a = false);
  t.op("sort", &sort, has_grad,
       "The elements along `axis` from the smallest on (`descending`: the largest); NaN is the largest.",
       "x"_a, "axis"_a = -1, "descending"_a = false);
  t.op("top_k", &top_k, has_grad,
       "(values, indices) of the k largest elements of the last axis, the largest first; of equals the "
       "first ones.",
       "x"_a, "k"_a);
}

}  // namespace afina
