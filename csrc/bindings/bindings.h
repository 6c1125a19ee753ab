#pragma once

#include <pybind11/pybind11.h>

#include "core/tensor.h"

// What each file of the bindings adds to the module.
namespace afina {

using TensorClass = pybind11::class_<Tensor>;

void add_errors(pybind11::module_& module);
TensorClass add_tensor(pybind11::module_& module);
void add_exchange(pybind11::module_& module, TensorClass& tensor);  // NumPy and DLPack
void add_indexing(TensorClass& tensor);                             // x[...]
void add_operators(TensorClass& tensor);                            // x + y and its kin
void add_printing(TensorClass& tensor);                             // repr(x)
void add_ops(pybind11::module_& module);                            // the op table
void add_runtime(pybind11::module_& module);                        // threads, ISA, memory, random state
void add_plan(pybind11::module_& module);                           // captured steps
void add_scopes(pybind11::module_& module);                         // what `with` statements switch

}  // namespace afina
