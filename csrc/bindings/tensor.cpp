#include <optional>

#include "autograd/backward.h"
#include "bindings/bindings.h"
#include "bindings/casters.h"
#include "bindings/device_name.h"
#include "core/capture.h"
#include "core/interrupt.h"
#include "core/node.h"
#include "ops/view/to_device.h"

namespace py = pybind11;
using py::operator""_a;

namespace afina {
namespace {

// Runs inside a walk that holds no lock: has the user pressed Ctrl-C?
void python_interrupt_check() {
  const py::gil_scoped_acquire lock;
  if (PyErr_CheckSignals() != 0) throw py::error_already_set();
}

py::object item(const Tensor& x) {
  if (x.size() != 1)
    fail<ShapeError>("item", "only a tensor of one element is a Python number, this one has shape ",
                     x.shape());
  refuse_capture("item() reads a value");
  const Tensor host = x.device().is_cpu() ? x : copied(x, Device{});
  return visit_any(x.dtype(), [&]<class T>() -> py::object { return py::cast(*host.data<T>()); });
}

std::optional<Tensor> maybe(Tensor x) { return x.defined() ? std::optional(std::move(x)) : std::nullopt; }

}  // namespace

TensorClass add_tensor(py::module_& module) {
  set_interrupt_check(&python_interrupt_check);
  TensorClass tensor(module, "Tensor",
                     "An n-dimensional array, always contiguous, that can remember how it was made.");
  tensor.def(py::init<const Tensor&>(), "A second handle to the same array.", "other"_a)
      .def_property_readonly(
          "shape", [](const Tensor& x) { return x.shape(); }, "The sizes of the axes.")
      .def_property_readonly(
          "dtype", [](const Tensor& x) { return x.dtype(); }, "The element type, e.g. 'float32'.")
      .def_property_readonly(
          "ndim", [](const Tensor& x) { return x.rank(); }, "The number of axes.")
      .def_property_readonly(
          "size", [](const Tensor& x) { return x.size(); }, "The number of elements.")
      .def_property_readonly(
          "device", [](const Tensor& x) { return device_name(x.device()); }, "Where the elements live.")
      .def_property("requires_grad", &Tensor::requires_grad, &Tensor::set_requires_grad,
                    "Does a gradient flow into this tensor?  Can be set on leaves.")
      .def_property(
          "grad", [](const Tensor& x) { return maybe(x.grad()); },
          [](Tensor& x, const std::optional<Tensor>& grad) { x.set_grad(grad.value_or(Tensor())); },
          "What backward() summed up for this leaf; None before.")
      .def_property_readonly(
          "made_by",
          [](const Tensor& x) -> std::optional<std::string> {
            return x.is_leaf() ? std::nullopt : std::optional<std::string>(x.node()->name());
          },
          "The name of the recorded op that made this tensor; None for a leaf.")
      .def("item", &item, "The only element as a Python number.")
      .def("__float__", [](const Tensor& x) { return py::float_(item(x)); })
      .def("__int__", [](const Tensor& x) { return py::int_(item(x)); })
      .def("__bool__", [](const Tensor& x) { return item(x).cast<bool>(); })
      .def("__len__",
           [](const Tensor& x) {
             if (x.rank() == 0) fail<ShapeError>("len", "a scalar has no length");
             return x.shape()[0];
           })
      .def("detach", &detached, "The same memory without its history.")
      .def(
          "copy", [](const Tensor& x) { return copied(x); },
          "The same values in memory of their own, without history.")
      .def(
          "to",
          [](const Tensor& x, const std::string& device) { return to_device(x, device_named("to", device)); },
          "The values on a device, \"cpu\" or \"cuda\"; the tensor itself where it is there already.",
          "device"_a)
      .def(
          "to_",
          [](Tensor& x, const std::string& device) {
            move_to(x, device_named("to_", device));
            return x;
          },
          "Moves the leaf itself (and its .grad) to a device: every handle to it finds it there.", "device"_a)
      .def("copy_", &copy_into, "Overwrites the values with those of `other`, of the same shape and dtype.",
           "other"_a)
      .def(
          "fill_",
          [](Tensor& x, double value) {
            Tensor source = full(x.shape(), value, x.dtype(), x.device());
            copy_into(x, source);
          },
          "Overwrites every value.", "value"_a)
      .def(
          "backward",
          [](const Tensor& x, const std::optional<Tensor>& seed, bool retain_graph) {
            const py::gil_scoped_release released;
            backward(x, seed.value_or(Tensor()), retain_graph);
          },
          "Adds d self / d leaf into .grad of every leaf that requires a gradient; `seed` is the gradient of "
          "self "
          "(default 1, for scalars).",
          "seed"_a = py::none(), "retain_graph"_a = false);

  module.def(
      "gradients",
      [](const Tensor& root, const std::vector<Tensor>& inputs, const std::optional<Tensor>& seed,
         bool retain_graph) {
        std::vector<Tensor> found;
        {
          const py::gil_scoped_release released;
          found = gradients(root, inputs, seed.value_or(Tensor()), retain_graph);
        }
        std::vector<std::optional<Tensor>> results;
        results.reserve(found.size());
        for (Tensor& gradient : found) results.push_back(maybe(std::move(gradient)));
        return results;
      },
      "d root / d input for each of `inputs` (None where root does not depend on it); leaves .grad alone.",
      "root"_a, "inputs"_a, "seed"_a = py::none(), "retain_graph"_a = false);
  module.def("recording", &recording, "Are results recorded on this thread?");
  return tensor;
}

}  // namespace afina
