#pragma once

#include <cstdint>

#include "core/isa.h"

namespace afina {

// C = act(A B + bias) or C += A B.  A: (m, k), B: (k, n), C: (m, n), row-major with the given row steps; a
// transposed operand is stored (k, m) or (n, k).  C overlaps neither operand.  k = 0 gives act(bias). Every
// element adds its products in the same order for any number of threads.
template <class T>
struct Gemm {
  int64_t m, n, k;
  const T* a;
  int64_t a_step;
  bool transpose_a;
  const T* b;
  int64_t b_step;
  bool transpose_b;
  T* c;
  int64_t c_step;
  bool accumulate = false;
  const T* bias = nullptr;  // (n,)
  bool relu = false;
  bool rounded = false;      // factors of float32 may be rounded to bfloat16
  bool from_memory = false;  // A is in no cache, whatever its size ...
  bool to_memory = false;    // ... and C is part of something too large to stay in one
};

// Can this CPU multiply in bfloat16, and may this thread's products be rounded?
bool can_round_products();
bool rounds_products();

template <Isa I, class T>
void gemm_cpu(const Gemm<T>& g);

// The same on the thread that calls, for the chunks of a parallel loop.
template <Isa I, class T>
void gemm_alone_cpu(const Gemm<T>& g);

}  // namespace afina
