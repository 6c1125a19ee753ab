#pragma once

#include <cstdint>

namespace afina {

// What strided_copy walks: axes that both sides walk as one are merged, those of size one dropped.
inline constexpr int kMaxWalkRank = 8;
struct StridedWalk {
  int rank = 0;  // at least 1 once it is made
  int64_t size[kMaxWalkRank] = {};
  int64_t from[kMaxWalkRank] = {}, to[kMaxWalkRank] = {};  // steps, in elements
};

}  // namespace afina
