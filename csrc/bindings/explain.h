#pragma once

#include <pybind11/pybind11.h>

namespace afina {

// Functions and methods bound so far say which argument did not fit: pybind11's own TypeError lists
// signatures and values and leaves the search to the reader.
void explain_refusals(const pybind11::object& scope);

}  // namespace afina
