#include "bindings/op_table.h"
#include "ops/random/dropout.h"
#include "ops/random/normal.h"
#include "ops/random/permutation.h"
#include "ops/random/uniform.h"

namespace afina {

void add_random_ops(OpTable& t) {
  t.op("random_uniform", &random_uniform, no_grad,
       "Uniform numbers in [low, high); seed: (seed, stream) or None.", "shape"_a, "low"_a = 0.0,
       "high"_a = 1.0, "dtype"_a = "float32", "seed"_a = py::none());
  t.op("random_normal", &random_normal, no_grad, "Normal numbers; seed: (seed, stream) or None.", "shape"_a,
       "mean"_a = 0.0, "stddev"_a = 1.0, "dtype"_a = "float32", "seed"_a = py::none());
  t.op("truncated_normal", &truncated_normal, no_grad,
       "Normal numbers at most two stddev from the mean; seed: (seed, stream) or None.", "shape"_a,
       "mean"_a = 0.0, "stddev"_a = 1.0, "dtype"_a = "float32", "seed"_a = py::none());
  t.op("random_bernoulli", &random_bernoulli, no_grad,
       "True with probability p, else False; seed: (seed, stream) or None.", "shape"_a, "p"_a,
       "seed"_a = py::none());
  t.op(
      "dropout", &dropout, has_grad,
      "0 with probability `rate`, else x / (1 - rate), or x when not `scaled`; seed: (seed, stream) or None.",
      "x"_a, "rate"_a, "scaled"_a = true, "seed"_a = py::none());
  t.op("random_permutation", &random_permutation, no_grad,
       "The numbers 0 to n - 1 in random order; seed: (seed, stream) or None.", "n"_a, "seed"_a = py::none());
}

}  // namespace afina
