#pragma once

#include <cstdint>

namespace afina {

// A pixel of images of height x width, from its number.
struct Pixel {
  int64_t image, y, x;
  __device__ __forceinline__ Pixel(int64_t number, int64_t height, int64_t width)
      : image(number / (height * width)), y(number / width % height), x(number % width) {}
};

}  // namespace afina
