#pragma once

#include "core/isa.h"
#include "ops/elementwise/broadcast_loop.h"

// The kernels behind binary.h; `function` is the functor's position in its list.
namespace afina {

// y may be a or b where that operand is not broadcast.
template <Isa I, class T>
void arithmetic_cpu(int function, const T* a, const T* b, T* y, const BroadcastLoop& loop);

// T is uint8_t for bool.
template <Isa I, class T>
void comparison_cpu(int function, const T* a, const T* b, bool* y, const BroadcastLoop& loop);

}  // namespace afina
