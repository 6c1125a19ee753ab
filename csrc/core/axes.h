#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "core/shape.h"

namespace afina {

// An `axis` argument as Python writes it: None (all axes), one int, or several.
using Axes = std::optional<std::variant<int64_t, std::vector<int64_t>>>;

// Which axes of a tensor such an argument names.  One outside the shape is an IndexRangeError, one named
// twice an ArgumentError, both naming `op`.
using AxisFlags = std::array<bool, kMaxRank>;
AxisFlags named_axes(const char* op, const Axes& axis, int rank);

// An axis as the kernels see it: everything before it, itself, everything behind it.
struct AxisSplit {
  int64_t outer, n, inner;
  AxisSplit(const Shape& shape, int axis)
      : outer(shape.size_between(0, axis)),
        n(shape[axis]),
        inner(shape.size_between(axis + 1, shape.rank())) {}
};

}  // namespace afina
