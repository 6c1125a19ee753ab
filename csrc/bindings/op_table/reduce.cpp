#include "ops/reduce/reduce.h"
#include "ops/reduce/cumulative.h"

#include "bindings/op_table.h"

namespace afina {
namespace {

using Reduce = Tensor (*)(const Tensor&, const Axes&, bool);

void reduce_op(OpTable& t, const char* name, Reduce function, Gradient gradient, const char* doc) {
  t.op(name, function, gradient, doc, "x"_a, "axis"_a = py::none(), "keepdims"_a = false);
}

}  // namespace

void add_reduce_ops(OpTable& t) {
  reduce_op(t, "sum", &sum, has_grad,
            "The sum over the axes (None: all); of integers and bool as int64, of nothing 0.");
  reduce_op(t, "mean", &mean, has_grad,
            "The mean over the axes (None: all); of integers and bool as float32, of nothing NaN.");
  reduce_op(t, "prod", &product, has_grad,
            "The product over the axes (None: all); of integers and bool as int64, of nothing 1.");
  reduce_op(
      t, "max", &largest, has_grad,
      "The largest element over the axes (None: all); the gradient goes to the first of equals, NaN wins.");
  reduce_op(
      t, "min", &smallest, has_grad,
      "The smallest element over the axes (None: all); the gradient goes to the first of equals, NaN wins.");
  reduce_op(t, "any", &any, no_grad, "Is one element not 0?  Over the axes (None: all), as bool.");
  reduce_op(t, "all", &all, no_grad, "Are all elements not 0?  Over the axes (None: all), as bool.");
  reduce_op(t, "logsumexp", &logsumexp, has_grad,
            "log(sum(e^x)) over the axes (None: all), without overflow.");
  t.op("var", &variance, has_grad, "sum((x - mean)^2) / (n - ddof) over the axes (None: all).", "x"_a,
       "axis"_a = py::none(), "keepdims"_a = false, "ddof"_a = 0);
  t.op("std", &standard_deviation, has_grad, "The square root of var; its slope is infinite where var is 0.",
       "x"_a, "axis"_a = py::none(), "keepdims"_a = false, "ddof"_a = 0);
  t.op("cumsum", &cumulative_sum, has_grad,
       "x[0] + ... + x[k] for every k along `axis`; floats are added up in double.", "x"_a, "axis"_a = -1);
  t.op("cumprod", &cumulative_product, has_grad, "x[0] ... x[k] for every k along `axis`.", "x"_a,
       "axis"_a = -1);
  t.op("argmax", &argmax, no_grad,
       "The first position of the largest element along `axis` (None: in row-major order), as int64.", "x"_a,
       "axis"_a = -1);
  t.op("argmin", &argmin, no_grad,
       "The first position of the smallest element along `axis` (None: in row-major order), as int64.", "x"_a,
       "axis"_a = -1);
}

}  // namespace afina
