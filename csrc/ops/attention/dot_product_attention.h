#pragma once

#include <optional>

#include "core/tensor.h"
#include "ops/random/random_key.h"

namespace afina {

// y[b, t, h] = sum over s of P[b, h, t, s] value[b, s, h], where P[b, h, t] = dropout(softmax over s of
// scale query[b, t, h] . key[b, s, h] + bias[b, h, t, s], s masked away left out).
//
// query: (batch, queries, heads, dim), key: (batch, keys, heads, dim), value: (batch, keys, heads,
// value_dim), y: (batch, queries, heads, value_dim).  bias (like query) and mask (bool, true = may see)
// broadcast to (batch, heads, queries, keys); their last axis has all keys.  is_causal: query t sees the keys
// up to t.  scale: 1 / sqrt(dim) unless given.  A query that may see no key gets zeros.
//
// P is never in memory: blocks of it pass through the cache, rescaled as larger scores turn up (Rabe & Staats
// 2021; Dao et al. 2022), and are computed again for the gradient.  Saves the inputs, y, and the logarithm
// of each softmax's sum.  Only a gradient of bias, where one is wanted, takes (batch, heads, queries, keys).
Tensor dot_product_attention(const Tensor& query, const Tensor& key, const Tensor& value,
                             const std::optional<Tensor>& bias, const std::optional<Tensor>& mask,
                             std::optional<double> scale, bool is_causal, double dropout,
                             const RandomSeed& seed);

}  // namespace afina
