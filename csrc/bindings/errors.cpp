#include <string>

#include "bindings/bindings.h"
#include "core/error.h"

namespace py = pybind11;

namespace afina {
namespace {

// The Python classes live in afina/errors.py, where one can read them; imported on the first error.
bool raise(const Error& error, const char* python_name) {
  const py::object kind = py::module_::import("afina.errors").attr(python_name);
  const std::string& text = error.text();  // may hold a caller's string, with anything in it
  const auto told = py::reinterpret_steal<py::object>(
      PyUnicode_DecodeUTF8(text.data(), static_cast<py::ssize_t>(text.size()), "replace"));
  if (told) PyErr_SetObject(kind.ptr(), told.ptr());
  return true;
}

template <class E>
bool raise_if(const Error& error, const char* python_name) {
  return dynamic_cast<const E*>(&error) != nullptr && raise(error, python_name);
}

}  // namespace

void add_errors(py::module_&) {
  py::register_exception_translator([](std::exception_ptr pending) {
    try {
      if (pending) std::rethrow_exception(pending);
    } catch (const Error& error) {
      raise_if<ShapeError>(error, "ShapeError") || raise_if<DTypeError>(error, "DTypeError") ||
          raise_if<ArgumentError>(error, "ArgumentError") ||
          raise_if<IndexRangeError>(error, "IndexRangeError") ||
          raise_if<DeviceError>(error, "DeviceError") || raise_if<GradientError>(error, "GradientError") ||
          raise_if<OutOfMemoryError>(error, "OutOfMemoryError") || raise(error, "AfinaError");
    }
  });
}

}  // namespace afina
