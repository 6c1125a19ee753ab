#pragma once

#include <cstdint>

#include "core/isa.h"

namespace afina {

// The gradients of a product C = A B, dA = dC B^T and dB = A^T dC, for A: (m, k), B: (k, n), C: (m, n), each
// without gaps; da or db may be null.
template <class T>
struct ProductGradients {
  int64_t m, n, k;
  const T* a;
  const T* b;
  const T* dc;
  T* da;
  T* db;
  bool rounded = false;  // factors of float32 may be rounded to bfloat16
};

template <Isa I, class T>
void product_gradients_cpu(const ProductGradients<T>& g);

}  // namespace afina
