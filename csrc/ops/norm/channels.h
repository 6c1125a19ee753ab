#pragma once

#include <optional>

#include "core/tensor.h"

// What the normalizations check of their arguments.
namespace afina {

// gamma or beta: None, or of the given shape and x's dtype.
void check_parameter(const char* op, const char* name, const std::optional<Tensor>& parameter,
                     const Tensor& x, const Shape& shape);
void check_epsilon(const char* op, double epsilon);  // finite and not negative

inline Tensor or_none(const std::optional<Tensor>& x) { return x ? *x : Tensor(); }

}  // namespace afina
