#pragma once

#include <cstdint>

#include "core/random.h"

// What the kernels of attention know of their operands.  Safe to include from a kernel file.
namespace afina {

// Where an operand that is broadcast to (batch, heads, queries, keys) has its row for one query: steps of
// zero along the axes it repeats; keys always lie one after the other.
struct ScoreSteps {
  int64_t batch, head, query;
};

template <class T>
struct Attention {
  int64_t batch, heads, queries, keys;
  int64_t dim, value_dim;  // of one head
  const T* query;          // (batch, queries, heads, dim)
  const T* key;            // (batch, keys, heads, dim)
  const T* value;          // (batch, keys, heads, value_dim)
  const T* bias;           // added to the scores, or null
  ScoreSteps bias_steps;
  const uint8_t* mask;  // zero where a query must not see a key, or null
  ScoreSteps mask_steps;
  T scale;
  bool causal;  // query t sees the keys up to t
  bool drops;   // are probabilities dropped at random, and which (ops/random/dropout.h)?
  uint32_t last_kept;
  T divisor;
  KernelKey random;
};

}  // namespace afina
