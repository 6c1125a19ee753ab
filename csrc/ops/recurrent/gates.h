#pragma once

#include <cstdint>

#include "core/isa.h"
#include "ops/elementwise/activation.h"

// The activations of gates, row by row while the rows are in the cache; compiled once for all cells.
namespace afina {

// y = f(x + bias); the bias may be null, y may be x.
template <Isa I, class T>
void open_gate(FusedActivation activation, const T* x, const T* bias, T* y, int64_t n);

// dz *= f'(z), from the gate's value.
template <Isa I, class T>
void bend_back(FusedActivation activation, const T* gate, T* dz, int64_t n);

}  // namespace afina
