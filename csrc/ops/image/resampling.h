#pragma once

#include <cstdint>

namespace afina {

// One axis of a linear map between images: element o of the result is the sum of weight[i] times element
// source[i] for i in [begin[o], begin[o + 1]).
struct Resampling {
  int64_t input, output;
  const int64_t* begin;
  const int64_t* source;
  const double* weight;
};

}  // namespace afina
