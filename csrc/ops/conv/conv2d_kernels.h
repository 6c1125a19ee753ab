#pragma once

#include "core/isa.h"
#include "ops/conv/conv_sizes.h"

// The kernels of conv2d, which a transposed convolution uses in other places.
namespace afina {

class Stream;

// ArgumentError naming `op` where one row of windows needs more memory than a thread should take.
void check_span(const char* op, const ConvSizes& sizes);

// Sizes are checked, and filters and channels divide by groups; bias may be null.
template <Isa, class T>
void conv2d_cpu(const ConvSizes& sizes, const T* x, const T* kernel, const T* bias, bool relu, T* y);
template <class T>
void conv2d_cuda(const ConvSizes& sizes, const T* x, const T* kernel, const T* bias, bool relu, T* y,
                 Stream& stream);

// dx = act(the sum over all windows that look at a pixel of dy kernel, + bias); a gradient has neither.
template <Isa, class T>
void conv2d_input_grad_cpu(const ConvSizes& sizes, const T* dy, const T* kernel, const T* bias, bool relu,
                           T* dx);
template <class T>
void conv2d_input_grad_cuda(const ConvSizes& sizes, const T* dy, const T* kernel, const T* bias, bool relu,
                            T* dx, Stream& stream);

// Both gradients; dx or dkernel may be null.
template <Isa, class T>
void conv2d_grad_cpu(const ConvSizes& sizes, const T* x, const T* dy, const T* kernel, T* dx, T* dkernel);

template <Isa, class T>
void conv2d_kernel_grad_cpu(const ConvSizes& sizes, const T* x, const T* dy, T* dkernel);
template <class T>
void conv2d_kernel_grad_cuda(const ConvSizes& sizes, const T* x, const T* dy, T* dkernel, Stream& stream);

}  // namespace afina
