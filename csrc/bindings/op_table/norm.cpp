#include "bindings/op_table.h"
#include "ops/norm/average_update.h"
#include "ops/norm/batch_norm.h"
#include "ops/norm/group_norm.h"
#include "ops/norm/layer_norm.h"
#include "ops/norm/softmax.h"

namespace afina {

void add_norm_ops(OpTable& t) {
  t.op(
      "batch_norm", &batch_norm, has_grad,
      "activation((x - mean) / sqrt(variance + epsilon) gamma + beta) with each channel's (last axis's) mean "
      "and biased variance over all other axes; returns (y, mean, variance), of which y alone has a "
      "gradient.",
      "x"_a, "gamma"_a = py::none(), "beta"_a = py::none(), "epsilon"_a = 1e-3, "activation"_a = "linear");
  t.op("batch_norm_inference", &batch_norm_inference, has_grad,
       "activation((x - mean) / sqrt(variance + epsilon) gamma + beta) with given statistics, which have no "
       "gradient.",
       "x"_a, "mean"_a, "variance"_a, "gamma"_a = py::none(), "beta"_a = py::none(), "epsilon"_a = 1e-3,
       "activation"_a = "linear");
  t.op("average_update", &average_update, no_grad,
       "In place: average = momentum average + (1 - momentum) value, for running statistics.", "average"_a,
       "value"_a, "momentum"_a);
  t.op("layer_norm", &layer_norm, has_grad,
       "(x - mean) / sqrt(variance + epsilon) gamma + beta with one mean and biased variance per row, the "
       "last `axes` "
       "axes of x.",
       "x"_a, "gamma"_a = py::none(), "beta"_a = py::none(), "epsilon"_a = 1e-3, "axes"_a = 1);
  t.op("instance_norm", &instance_norm, has_grad,
       "(x - mean) / sqrt(variance + epsilon) gamma + beta with one mean and biased variance per instance "
       "(first axis) "
       "and channel (last axis).",
       "x"_a, "gamma"_a = py::none(), "beta"_a = py::none(), "epsilon"_a = 1e-3);
  t.op("group_norm", &group_norm, has_grad,
       "(x - mean) / sqrt(variance + epsilon) gamma + beta with one mean and biased variance per instance "
       "(first axis) "
       "and group of neighbouring channels (last axis).",
       "x"_a, "gamma"_a = py::none(), "beta"_a = py::none(), "groups"_a = 32, "epsilon"_a = 1e-3);
  t.op("softmax", &softmax, has_grad, "exp(x - max) / sum(exp(x - max)) along `axis`.", "x"_a, "axis"_a = -1);
  t.op("log_softmax", &log_softmax, has_grad, "x - max - log(sum(exp(x - max))) along `axis`.", "x"_a,
       "axis"_a = -1);
}

}  // namespace afina
