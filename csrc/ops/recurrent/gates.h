#pragma once

#include "core/isa.h"
#include "cpu/rows.h"
#include "ops/recurrent/gate_activations.h"

// The activations of gates, row by row while the rows are in the cache.
namespace afina {

// z = f(z + bias); the bias may be null.
template <Isa, class T>
[[gnu::noinline]] static void open_gate(FusedActivation activation, T* z, const T* bias, int64_t n) {
  visit_gate(activation, [&](auto f) {
    if (bias != nullptr)
      map_row(z, bias, z, n, [&](Vec<T> a, Vec<T> b) { return f.value(a + b); });
    else
      map_row(z, z, n, [&](Vec<T> a) { return f.value(a); });
  });
}

// dz *= f'(z), from the gate's value.
template <Isa, class T>
[[gnu::noinline]] static void bend_back(FusedActivation activation, const T* gate, T* dz, int64_t n) {
  visit_gate(activation, [&](auto f) {
    map_row(gate, dz, dz, n, [&](Vec<T> y, Vec<T> d) { return d * f.slope(y, y); });
  });
}

}  // namespace afina
