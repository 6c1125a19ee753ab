#include "bindings/op_table.h"
#include "ops/loss/cross_entropy.h"

namespace afina {

void add_loss_ops(OpTable& t) {
  t.op("categorical_crossentropy", &categorical_crossentropy, has_grad,
       "-sum(y_true log(p)) over the last axis, p = softmax(y_pred) from logits, else y_pred / sum(y_pred) kept in "
       "[1e-7, 1 - 1e-7]; the gradient is y_pred's alone.",
       "y_true"_a, "y_pred"_a, "from_logits"_a = false, "label_smoothing"_a = 0.0, "reduction"_a = "mean",
       "sample_weight"_a = py::none());
  t.op("sparse_categorical_crossentropy", &sparse_categorical_crossentropy, has_grad,
       "-log(p[label]) over the last axis, p as in categorical_crossentropy; rows labelled ignore_class cost nothing "
       "and are not counted by the mean.",
       "labels"_a, "y_pred"_a, "from_logits"_a = false, "ignore_class"_a = py::none(), "reduction"_a = "mean",
       "sample_weight"_a = py::none());
}

}  // namespace afina
