#pragma once

#include "cpu/gemm/bfloat16.h"
#include "cpu/parallel.h"

// A matrix B rearranged once for many products, such as the weights of a recurrent network in all its steps.
namespace afina {

template <class T>
struct PackedMatrix {
  const T* panels;
  int64_t k, n;  // B: (k, n)
};

// How many T hold k factors.
template <class T>
KERNEL_INLINE int64_t words_of(int64_t k) {
  return (k + kFactors<T> - 1) / kFactors<T>;
}

// Elements of the panels of a (k, n) matrix.
template <class T>
KERNEL_INLINE int64_t packed_size(int64_t k, int64_t n) {
  return (n + kPanel<T> - 1) / kPanel<T> * kPanel<T> * words_of<T>(k);
}

// B(i, j) = b[i * b_step + j], or b[j * b_step + i] when it is stored transposed.
template <Isa I, class T>
PackedMatrix<T> pack_matrix(const Sum<T>* b, int64_t b_step, bool transposed, int64_t k, int64_t n,
                            T* panels) {
  constexpr int64_t kPackGrain = 16384;  // elements a chunk
  parallel_range((n + kPanel<T> - 1) / kPanel<T>, kPackGrain / (k * kPanel<T> + 1) + 1,
                 [&](int64_t begin, int64_t end) {
                   for (int64_t p = begin; p < end; ++p) {
                     const int64_t j = p * kPanel<T>, columns = n - j < kPanel<T> ? n - j : kPanel<T>;
                     T* const panel = panels + j * words_of<T>(k);
                     if (transposed)
                       pack_panel_transposed(b + j * b_step, b_step, k, columns, panel);
                     else
                       pack_panel(b + j, b_step, k, columns, panel);
                   }
                 });
  return {panels, k, n};
}

// Compiled once for the numbers; gemm_cpu.cpp has those of words.
extern template PackedMatrix<float> pack_matrix<kIsa>(const float*, int64_t, bool, int64_t, int64_t, float*);
extern template PackedMatrix<double> pack_matrix<kIsa>(const double*, int64_t, bool, int64_t, int64_t,
                                                       double*);

// C = A B or C += A B for rows that lie anywhere: row i of A is a[i], row i of C starts at c + c_at[i].
// Serial: for the chunks of a parallel loop.
template <Isa I, class T>
void multiply_packed(int64_t rows, const T* const* a, const PackedMatrix<T>& b, T* c, const int64_t* c_at,
                     bool accumulate);

}  // namespace afina
