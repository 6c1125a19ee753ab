#include "cpu/gemm/packed.h"

#include "cpu/gemm/block.h"

namespace afina {

template <Isa I, class T>
void multiply_packed(int64_t rows, const T* const* a, const PackedMatrix<T>& b, T* c, const int64_t* c_at,
                     bool accumulate) {
  const Run run{0, b.k};
  const PanelSource<T> source{PanelSource<T>::From::packed, b.panels, kPanel<T>, b.k};
  product_block<I, T, Lay::rows>(rows, 0, b.n, &run, 1, 1, source, c, Epilogue<T>{accumulate},
                                 [&](Tile<T>& tile, int64_t i, int64_t count) __attribute__((always_inline)) {
                                   for (int64_t j = 0; j < count; ++j) {
                                     tile.row[j] = a[i + j];
                                     tile.c_row[j] = c_at[i + j];
                                   }
                                 });
}

template PackedMatrix<float> pack_matrix<kIsa>(const float*, int64_t, bool, int64_t, int64_t, float*);
template PackedMatrix<double> pack_matrix<kIsa>(const double*, int64_t, bool, int64_t, int64_t, double*);
template void multiply_packed<kIsa>(int64_t, const float* const*, const PackedMatrix<float>&, float*,
                                    const int64_t*, bool);
template void multiply_packed<kIsa>(int64_t, const double* const*, const PackedMatrix<double>&, double*,
                                    const int64_t*, bool);

}  // namespace afina
