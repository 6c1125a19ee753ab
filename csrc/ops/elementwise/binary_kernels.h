#pragma once

#include "core/isa.h"
#include "ops/elementwise/broadcast_loop.h"

// The kernels behind binary.h; `function` is the functor's position in its list.
namespace afina {

class Stream;

// y may be a or b where that operand is not broadcast.
template <Isa I, class T>
void arithmetic_cpu(int function, const T* a, const T* b, T* y, const BroadcastLoop& loop);
template <class T>
void arithmetic_cuda(int function, const T* a, const T* b, T* y, const BroadcastLoop& loop, Stream& stream);

// y = f(a, number); the CPU takes the number for a repeated operand.
template <class T>
void number_arithmetic_cuda(int function, const T* a, T number, T* y, int64_t n, Stream& stream);

// T is uint8_t for bool.
template <Isa I, class T>
void comparison_cpu(int function, const T* a, const T* b, bool* y, const BroadcastLoop& loop);
template <class T>
void comparison_cuda(int function, const T* a, const T* b, bool* y, const BroadcastLoop& loop,
                     Stream& stream);

}  // namespace afina
