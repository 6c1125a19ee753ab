#include <string>

#include "bindings/bindings.h"
#include "core/error.h"

namespace py = pybind11;

namespace afina {
namespace {

// The Python classes live in afina/errors.py, where one can read them; imported on the first error.
template <class E>
bool raise_if(const std::exception& error, const char* python_name) {
  if (dynamic_cast<const E*>(&error) == nullptr) return false;
  const py::object kind = py::module_::import("afina.errors").attr(python_name);
  PyErr_SetString(kind.ptr(), error.what());
  return true;
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
          raise_if<OutOfMemoryError>(error, "OutOfMemoryError") || raise_if<Error>(error, "AfinaError");
    }
  });
}

}  // namespace afina
