#pragma once

#include "ops/reduce/reduce_kernels.h"

// The kernels that carry the gradient of a reduction back, and the one that finds positions.
namespace afina {

// dx[o, k, i] = scale dy[o, i]
template <Isa I, class T>
void expand_cpu(const T* dy, T* dx, ReduceSizes sizes, double scale);
template <class T>
void expand_cuda(const T* dy, T* dx, ReduceSizes sizes, double scale, Stream& stream);

// dx[o, k, i] = dy[o, i] at the first k where x equals y, 0 elsewhere.
template <Isa I, class T>
void first_match_cpu(const T* x, const T* y, const T* dy, T* dx, ReduceSizes sizes);
template <class T>
void first_match_cuda(const T* x, const T* y, const T* dy, T* dx, ReduceSizes sizes, Stream& stream);

// dx[o, k, i] = dy[o, i] times the product of the others: right with zeros among them.
template <Isa I, class T>
void product_grad_cpu(const T* x, const T* dy, T* dx, ReduceSizes sizes);
template <class T>
void product_grad_cuda(const T* x, const T* dy, T* dx, ReduceSizes sizes, Stream& stream);

// The first position of the largest (smallest) element; NaN counts as both.
template <Isa I, class T>
void arg_reduce_cpu(Reduction reduction, const T* x, int64_t* y, ReduceSizes sizes);
template <class T>
void arg_reduce_cuda(Reduction reduction, const T* x, int64_t* y, ReduceSizes sizes, Stream& stream);

}  // namespace afina
