#include "ops/recurrent/gates.h"

#include "cpu/rows.h"
#include "ops/recurrent/gate_activations.h"

namespace afina {

template <Isa I, class T>
void open_gate(FusedActivation activation, const T* x, const T* bias, T* y, int64_t n) {
  visit_gate(activation, [&](auto f) {
    if (bias != nullptr)
      map_row(x, bias, y, n, [&](Vec<T> a, Vec<T> b) { return f.value(a + b); });
    else
      map_row(x, y, n, [&](Vec<T> a) { return f.value(a); });
  });
}

template <Isa I, class T>
void bend_back(FusedActivation activation, const T* gate, T* dz, int64_t n) {
  visit_gate(activation, [&](auto f) {
    map_row(gate, dz, dz, n, [&](Vec<T> y, Vec<T> d) { return d * f.slope(y, y); });
  });
}

template void open_gate<kIsa>(FusedActivation, const float*, const float*, float*, int64_t);
template void open_gate<kIsa>(FusedActivation, const double*, const double*, double*, int64_t);
template void bend_back<kIsa>(FusedActivation, const float*, float*, int64_t);
template void bend_back<kIsa>(FusedActivation, const double*, double*, int64_t);

}  // namespace afina
