#include "bindings/explain.h"

namespace py = pybind11;

namespace afina {
namespace {

PyCFunctionWithKeywords dispatch = nullptr;  // pybind11's, one for all bound functions

// Replaces the pending TypeError by what afina/refusal.py makes of it; anything else passes.
void explain(PyObject* args, PyObject* kwargs) {
  PyObject *type = nullptr, *value = nullptr, *trace = nullptr;
  PyErr_Fetch(&type, &value, &trace);
  PyErr_NormalizeException(&type, &value, &trace);
  const auto error = py::reinterpret_steal<py::object>(value);
  Py_XDECREF(type);
  Py_XDECREF(trace);
  try {
    const py::object named = kwargs == nullptr ? py::dict() : py::reinterpret_borrow<py::object>(kwargs);
    const py::object told = py::module_::import("afina.refusal")
                                .attr("explained")(error, py::reinterpret_borrow<py::object>(args), named);
    PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(told.ptr())), told.ptr());
  } catch (py::error_already_set& failure) {
    failure.restore();
  }
}

PyObject* explaining_dispatch(PyObject* self, PyObject* args, PyObject* kwargs) {
  PyObject* const result = dispatch(self, args, kwargs);
  if (result == nullptr && PyErr_Occurred() == PyExc_TypeError) explain(args, kwargs);
  return result;
}

}  // namespace

void explain_refusals(const py::object& scope) {
  const py::object entries = scope.attr("__dict__");
  for (const py::handle name : py::list(entries)) {
    py::object entry = entries[name];
    if (PyInstanceMethod_Check(entry.ptr()))
      entry = py::reinterpret_borrow<py::object>(PyInstanceMethod_GET_FUNCTION(entry.ptr()));
    if (!PyCFunction_Check(entry.ptr())) continue;
    PyMethodDef* const definition = reinterpret_cast<PyCFunctionObject*>(entry.ptr())->m_ml;
    if (definition->ml_flags != (METH_VARARGS | METH_KEYWORDS)) continue;
    auto* const current =
        reinterpret_cast<PyCFunctionWithKeywords>(reinterpret_cast<void (*)()>(definition->ml_meth));
    if (current == &explaining_dispatch) continue;
    if (dispatch == nullptr) dispatch = current;
    if (current == dispatch)
      definition->ml_meth = reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(&explaining_dispatch));
  }
}

}  // namespace afina
