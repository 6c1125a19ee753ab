#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

namespace afina {

// An `axis` argument as Python writes it: None (all axes), one int, or several.
using Axes = std::optional<std::variant<int64_t, std::vector<int64_t>>>;

}  // namespace afina
