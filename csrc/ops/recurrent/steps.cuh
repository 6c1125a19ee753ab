#pragma once

#include "cuda/gemm/tiles.h"
#include "cuda/math.h"
#include "ops/recurrent/gate_activations.h"
#include "ops/recurrent/recurrence.h"

// What LSTM, GRU and the simple RNN share on a device.  The host walks through time: a step multiplies the
// state by the recurrent kernel and runs the cell, a thread for each unit of each sample.  The inputs of all
// steps are multiplied before the walk, and their gradient after it, in one product each.  What is kept has
// time first, (steps, batch, ...), as on the CPU.
namespace afina {
namespace {

template <class T>
__device__ __forceinline__ T gate_value(FusedActivation activation, T x) {
  T y{};
  visit_gate(activation, [&](auto f) { y = f.value(x); });
  return y;
}
template <class T>
__device__ __forceinline__ T gate_slope(FusedActivation activation, T y) {
  T slope{};
  visit_gate(activation, [&](auto f) { slope = f.slope(y, y); });
  return slope;
}
template <class T>
__device__ __forceinline__ T or_zero(const T* p, int64_t at) {
  return p != nullptr ? p[at] : T{0};
}

// Where x has the inputs of row i of (steps, batch).
template <class T>
__device__ __forceinline__ int64_t inputs_at(const Recurrence<T>& r, int64_t i) {
  return (i % r.batch * r.steps + r.time(i / r.batch)) * r.inputs;
}

// ---- the operands of the products

template <class T>
struct Inputs {
  static constexpr bool kAlongK = true;
  Recurrence<T> r;
  __device__ __forceinline__ T operator()(int64_t, int64_t i, int64_t p) const {
    return r.x[inputs_at(r, i) + p];
  }
};
template <class T>
struct StoreInputs {
  Recurrence<T> r;
  T* dx;
  __device__ __forceinline__ void operator()(int64_t, int64_t i, int64_t j, T sum) const {
    dx[inputs_at(r, i) + j] = sum;
  }
};

// Rows that are `width` apart.
template <class T>
struct Rows {
  static constexpr bool kAlongK = true;
  const T* rows;
  int64_t width;
  __device__ __forceinline__ T operator()(int64_t, int64_t i, int64_t p) const { return rows[i * width + p]; }
};
template <class T>
struct StoreRows {
  T* rows;
  int64_t width;
  bool accumulate;
  __device__ __forceinline__ void operator()(int64_t, int64_t i, int64_t j, T sum) const {
    T& element = rows[i * width + j];
    element = accumulate ? element + sum : sum;
  }
};

// Columns of the weights from where `w` points, rows `width` apart; and the same turned.
template <class T>
struct Weights {
  static constexpr bool kAlongK = false;
  const T* w;
  int64_t width;
  __device__ __forceinline__ T operator()(int64_t, int64_t p, int64_t j) const { return w[p * width + j]; }
};
template <class T>
struct WeightsTurned {
  static constexpr bool kAlongK = true;
  const T* w;
  int64_t width;
  __device__ __forceinline__ T operator()(int64_t, int64_t p, int64_t j) const { return w[j * width + p]; }
};

// The state as it is multiplied, h scale; and its gradient, to which the scaled products are added.
template <class T>
struct State {
  static constexpr bool kAlongK = true;
  const T *h, *scale;
  int64_t units;
  __device__ __forceinline__ T operator()(int64_t, int64_t i, int64_t p) const {
    const int64_t at = i * units + p;
    return scale != nullptr ? h[at] * scale[at] : h[at];
  }
};
template <class T>
struct AddToState {
  T* dh;
  const T* scale;
  int64_t units;
  __device__ __forceinline__ void operator()(int64_t, int64_t i, int64_t j, T sum) const {
    const int64_t at = i * units + j;
    dh[at] += scale != nullptr ? sum * scale[at] : sum;
  }
};

// ---- before and after the walk

// z (steps, batch, width), whose first `columns` become x_t kernel.
template <class T>
void project_inputs(const char* op, const Recurrence<T>& r, int64_t columns, int64_t width, T* z,
                    const Stream& stream) {
  multiply<T>(op, Inputs<T>{r}, Weights<T>{r.kernel, columns}, StoreRows<T>{z, width, false},
              {1, r.steps * r.batch, columns, r.inputs}, stream);
}

// dx = dz kernel^T from the first `columns` of dz (steps, batch, width); dx may be null.
template <class T>
void project_back(const char* op, const Recurrence<T>& r, int64_t columns, int64_t width, const T* dz, T* dx,
                  const Stream& stream) {
  if (dx == nullptr) return;
  multiply<T>(op, Rows<T>{dz, width}, WeightsTurned<T>{r.kernel, columns}, StoreInputs<T>{r, dx},
              {1, r.steps * r.batch, r.inputs, columns}, stream);
}

// Rows [x_t | 1 | h] of (steps, batch, width) that the weights were multiplied by, and behind them [reset h]
// where `reset`, rows `reset_width` apart, is given; 0 where a step passes.
template <class T>
__global__ void __launch_bounds__(kThreads)
    gather_factors(Recurrence<T> r, const T* h0, const T* y, const T* reset, int64_t reset_width, T* left,
                   int64_t width) {
  for (int64_t at = first_element(); at < r.steps * r.batch * width; at += element_step()) {
    const int64_t row = at / width, step = row / r.batch, sample = row % r.batch;
    const int64_t column = at % width, behind = column - r.inputs - 1, unit = behind % r.units;
    T factor{};
    if (r.passes(sample, step)) {
      factor = T{0};
    } else if (column < r.inputs) {
      factor = r.x[inputs_at(r, row) + column];
    } else if (column == r.inputs) {
      factor = T{1};
    } else {
      factor = or_zero(state_before(r, step, sample, h0, y), unit);
      if (r.scale != nullptr) factor *= r.scale[sample * r.units + unit];
      if (behind >= r.units) factor *= reset[row * reset_width + unit];
    }
    left[at] = factor;
  }
}

template <class T>
void keep_factors(const char* op, const Recurrence<T>& r, const T* h0, const T* y, const T* reset,
                  int64_t reset_width, T* left, const Stream& stream) {
  if (left == nullptr) return;
  const int64_t width = r.inputs + 1 + (reset != nullptr ? 2 : 1) * r.units;
  launch_kernel(op, stream, {grid_for(r.steps * r.batch * width), kThreads}, gather_factors<T>, r, h0, y,
                reset, reset_width, left, width);
}

}  // namespace
}  // namespace afina
