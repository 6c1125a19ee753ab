#include "core/axes.h"

#include "core/error.h"

namespace afina {

AxisFlags named_axes(const char* op, const Axes& axis, int rank) {
  AxisFlags named{};
  const auto name = [&](int64_t wanted) {
    bool& entry = named[static_cast<size_t>(checked_axis(op, wanted, rank))];
    if (entry) fail<ArgumentError>(op, "axis ", wanted, " is named twice");
    entry = true;
  };
  if (!axis) {
    for (int at = 0; at < rank; ++at) name(at);
  } else if (const auto* const one = std::get_if<int64_t>(&*axis)) {
    name(*one);
  } else {
    for (const int64_t wanted : std::get<std::vector<int64_t>>(*axis)) name(wanted);
  }
  return named;
}

}  // namespace afina
