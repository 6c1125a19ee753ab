#include "bindings/op_table.h"
#include "ops/loss/cross_entropy.h"
#include "ops/loss/pointwise_losses.h"

namespace afina {

void add_loss_ops(OpTable& t) {
  t.op("mean_squared_error", &mean_squared_error, has_grad,
       "(y_pred - y_true)^2 averaged over the last axis.", "y_true"_a, "y_pred"_a, "reduction"_a = "mean",
       "sample_weight"_a = py::none());
  t.op("mean_absolute_error", &mean_absolute_error, has_grad,
       "|y_pred - y_true| averaged over the last axis.", "y_true"_a, "y_pred"_a, "reduction"_a = "mean",
       "sample_weight"_a = py::none());
  t.op("huber", &huber, has_grad,
       "e^2 / 2 where |e| <= delta, else delta |e| - delta^2 / 2, averaged over the last axis; e = y_pred - "
       "y_true.",
       "y_true"_a, "y_pred"_a, "delta"_a = 1.0, "reduction"_a = "mean", "sample_weight"_a = py::none());
  t.op("binary_crossentropy", &binary_crossentropy, has_grad,
       "-(t log p + (1 - t) log(1 - p)) averaged over the last axis, p = sigmoid(y_pred) from logits, else "
       "y_pred kept "
       "in [1e-7, 1 - 1e-7]; the gradient is y_pred's alone.",
       "y_true"_a, "y_pred"_a, "from_logits"_a = false, "label_smoothing"_a = 0.0, "reduction"_a = "mean",
       "sample_weight"_a = py::none());
  t.op("kl_divergence", &kl_divergence, has_grad,
       "y_true log(y_true / y_pred) summed over the last axis, both kept in [1e-7, 1]; the gradient is "
       "y_pred's alone.",
       "y_true"_a, "y_pred"_a, "reduction"_a = "mean", "sample_weight"_a = py::none());
  t.op("categorical_crossentropy", &categorical_crossentropy, has_grad,
       "-sum(y_true log(p)) over the last axis, p = softmax(y_pred) from logits, else y_pred / sum(y_pred) "
       "kept in "
       "[1e-7, 1 - 1e-7]; the gradient is y_pred's alone.",
       "y_true"_a, "y_pred"_a, "from_logits"_a = false, "label_smoothing"_a = 0.0, "reduction"_a = "mean",
       "sample_weight"_a = py::none());
  t.op("sparse_categorical_crossentropy", &sparse_categorical_crossentropy, has_grad,
       "-log(p[label]) over the last axis, p as in categorical_crossentropy; rows labelled ignore_class cost "
       "nothing "
       "and are not counted by the mean.",
       "labels"_a, "y_pred"_a, "from_logits"_a = false, "ignore_class"_a = py::none(), "reduction"_a = "mean",
       "sample_weight"_a = py::none());
}

}  // namespace afina
