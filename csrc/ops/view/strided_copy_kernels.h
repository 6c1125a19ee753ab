#pragma once

#include <cstdint>

namespace afina {

// What strided_copy walks: axes that both sides walk as one are merged, those of size one dropped.
struct StridedWalk {
  int rank = 0;  // at least 1 once it is made
  int64_t size[8] = {};
  int64_t from[8] = {}, to[8] = {};  // steps, in elements
};

}  // namespace afina
