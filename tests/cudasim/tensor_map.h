#pragma once

// What the simulator's cuTensorMapEncodeTiled writes into a map.
#include <cstdint>

namespace cudasim {

struct TensorMap {
  static constexpr uint64_t kMagic = 0x70616D2D726F736E;
  uint64_t magic;
  unsigned char* data;
  uint64_t sizes[3];    // elements, along the tensor's columns, rows, matrices
  uint64_t strides[2];  // bytes from row to row and from matrix to matrix
  uint32_t box[3];
  uint32_t element_bytes;
  bool swizzled;  // 128 bytes
};

}  // namespace cudasim
