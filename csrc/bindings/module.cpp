#include <pybind11/pybind11.h>

#include "bindings/bindings.h"
#include "bindings/explain.h"
#include "bindings/op_table.h"

namespace afina {

void add_ops(py::module_& module) {
  py::list rows;
  OpTable table(module.def_submodule("ops", "The ops, one row of the table each."), rows);
  add_elementwise_ops(table);
  add_reduce_ops(table);
  add_view_ops(table);
  add_index_ops(table);
  add_linear_ops(table);
  add_conv_ops(table);
  add_norm_ops(table);
  add_loss_ops(table);
  add_optim_ops(table);
  add_random_ops(table);
  add_pool_ops(table);
  add_attention_ops(table);
  add_recurrent_ops(table);
  add_image_ops(table);
  module.attr("OPS") = rows;
}

}  // namespace afina

PYBIND11_MODULE(_C, module, pybind11::mod_gil_not_used()) {
  module.doc() = "Afina's kernels, tensors and gradients.";
  afina::add_errors(module);
  afina::TensorClass tensor = afina::add_tensor(module);
  afina::add_exchange(module, tensor);
  afina::add_indexing(tensor);
  afina::add_printing(tensor);
  afina::add_operators(tensor);
  afina::add_ops(module);
  afina::add_runtime(module);
  afina::add_scopes(module);
  afina::add_plan(module);
  afina::explain_refusals(module);
  afina::explain_refusals(module.attr("ops"));
  afina::explain_refusals(tensor);
}
