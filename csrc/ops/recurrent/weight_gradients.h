#pragma once

#include "core/tensor.h"

// The gradients of a recurrent layer's weights, one matrix product over all steps and samples.
namespace afina {

// left^T dz for `rows` rows: left (rows, left_width) of which columns [first, first + count) are read, dz
// (rows, dz_width) of which columns [dz_first, dz_first + columns); into rows [first_row, ...) and columns
// [first_column, ...) of `sum`, a matrix.
struct WeightProduct {
  int64_t first, count, dz_first, columns, first_row, first_column;
};
void add_weight_product(const Tensor& left, const Tensor& dz, const WeightProduct& p, Tensor& sum);

// Rows [first, ...) of a matrix as a tensor of `shape` that shares its memory.
Tensor rows_of(const Tensor& matrix, int64_t first, const Shape& shape);

// All of one cell whose factors [x | 1 | h] meet the same dz; undefined tensors when left is one.
struct WeightGradients {
  Tensor kernel, bias, recurrent;
};
WeightGradients weight_gradients(const Tensor& left, const Tensor& dz, const Tensor& kernel,
                                 const Tensor& bias, const Tensor& recurrent);

}  // namespace afina
