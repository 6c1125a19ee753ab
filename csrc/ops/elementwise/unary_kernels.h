#pragma once

#include <cstdint>

#include "core/isa.h"

// The kernels behind unary.h.  `function` is the functor's position in UnaryFunctors, `state` points to the
// functor.
namespace afina {

class Stream;

template <Isa I, class T>
void unary_cpu(int function, const void* state, const T* x, T* y, int64_t n);
template <class T>
void unary_cuda(int function, const void* state, const T* x, T* y, int64_t n, Stream& stream);

// dx = dy f'(x); of x and y only what the functor saves is read, the other may be null.  dx may be dy.
template <Isa I, class T>
void unary_grad_cpu(int function, const void* state, const T* x, const T* y, const T* dy, T* dx, int64_t n);
template <class T>
void unary_grad_cuda(int function, const void* state, const T* x, const T* y, const T* dy, T* dx, int64_t n,
                     Stream& stream);

}  // namespace afina
