#include "ops/attention/dot_product_attention.h"

#include <cmath>

#include "core/launch.h"
#include "core/node.h"
#include "ops/attention/attention.h"
#include "ops/reduce/reduce.h"

namespace afina {

// log_total: (batch, heads, queries), the logarithm of each softmax's sum.
template <Isa, class T>
void dot_product_attention_cpu(const Attention<T>& a, T* y, T* log_total);
// dquery, dkey, dvalue and dscore (batch, heads, queries, keys) may be null: not wanted.
template <Isa, class T>
void dot_product_attention_grad_cpu(const Attention<T>& a, const T* y, const T* log_total, const T* dy,
                                    T* dquery, T* dkey, T* dvalue, T* dscore);
template <class T>
void dot_product_attention_cuda(const Attention<T>& a, T* y, T* log_total, Stream& stream);
template <class T>
void dot_product_attention_grad_cuda(const Attention<T>& a, const T* y, const T* log_total, const T* dy,
                                     T* dquery, T* dkey, T* dvalue, T* dscore, Stream& stream);

namespace {

constexpr const char* kName = "dot_product_attention";

void check_operand(const char* name, const Tensor& x, const Tensor& query) {
  if (x.rank() != 4)
    fail<ShapeError>(kName, name, " needs shape (batch, length, heads, dim), got ", x.shape());
  if (x.size() == 0 && (x.dim(2) == 0 || x.dim(3) == 0))
    fail<ShapeError>(kName, name, " needs at least one head and one dim, got ", x.shape());
  if (!is_floating(x.dtype())) fail<DTypeError>(kName, name, " needs float32 or float64, got ", x.dtype());
  if (x.dtype() != query.dtype())
    fail<DTypeError>(kName, name, " is ", x.dtype(), " but query is ", query.dtype());
  if (x.dim(0) != query.dim(0) || x.dim(2) != query.dim(2))
    fail<ShapeError>(kName, name, " of shape ", x.shape(), " has not the batch and the heads of query, ",
                     query.shape());
}

// How `x` repeats along (batch, heads, queries, keys).
ScoreSteps steps_of(const char* name, const Tensor& x, const Shape& scores) {
  bool fits = x.rank() == 4 && x.dim(3) == scores[3];
  for (int axis = 0; fits && axis < 3; ++axis) fits = x.dim(axis) == scores[axis] || x.dim(axis) == 1;
  if (!fits)
    fail<ShapeError>(kName, name,
                     " needs a shape that broadcasts to (batch, heads, queries, keys) = ", scores,
                     " with all keys, got ", x.shape());
  const auto step = [&](int axis) { return x.dim(axis) == 1 ? 0 : x.shape().size_between(axis + 1, 4); };
  return {step(0), step(1), step(2)};
}

struct Options {
  Tensor bias, mask;
  ScoreSteps bias_steps, mask_steps;
  double scale;
  bool causal;
  double dropout;
  DrawnKey random;
};

template <class T>
Attention<T> arguments(const Tensor& query, const Tensor& key, const Tensor& value, const Options& options) {
  return {query.dim(0),
          query.dim(2),
          query.dim(1),
          key.dim(1),
          query.dim(3),
          value.dim(3),
          query.data<T>(),
          key.data<T>(),
          value.data<T>(),
          options.bias.data_or_null<T>(),
          options.bias_steps,
          options.mask.data_or_null<uint8_t>(),
          options.mask_steps,
          static_cast<T>(options.scale),
          options.causal,
          options.dropout > 0,
          last_word_of(1 - options.dropout),
          static_cast<T>(1 - options.dropout),
          options.random};
}

// The sum over the axes that x repeats.
Tensor summed_to(const Shape& shape, const Tensor& dscore) {
  std::vector<int64_t> repeated;
  for (int axis = 0; axis < 4; ++axis)
    if (shape[axis] != dscore.dim(axis)) repeated.push_back(axis);
  return repeated.empty() ? dscore : sum(dscore, repeated, true);
}

}  // namespace

Tensor dot_product_attention(const Tensor& query, const Tensor& key, const Tensor& value,
                             const std::optional<Tensor>& bias, const std::optional<Tensor>& mask,
                             std::optional<double> scale, bool is_causal, double dropout,
                             const RandomSeed& seed) {
  // 1. check
  check_operand("query", query, query);
  check_operand("key", key, query);
  check_operand("value", value, query);
  if (key.dim(3) != query.dim(3))
    fail<ShapeError>(kName, "query and key need the same last axis, got ", query.shape(), " and ",
                     key.shape());
  if (value.dim(1) != key.dim(1))
    fail<ShapeError>(kName, "key and value need the same length, got ", key.shape(), " and ", value.shape());
  if (key.dim(1) == 0) fail<ShapeError>(kName, "key of shape ", key.shape(), " has nothing to attend to");
  const Shape scores{query.dim(0), query.dim(2), query.dim(1), key.dim(1)};
  Options options{bias.value_or(Tensor{}), mask.value_or(Tensor{}), {}, {}, 0, is_causal, dropout, {}};
  if (options.bias.defined()) {
    if (options.bias.dtype() != query.dtype())
      fail<DTypeError>(kName, "bias is ", options.bias.dtype(), " but query is ", query.dtype());
    options.bias_steps = steps_of("bias", options.bias, scores);
  }
  if (options.mask.defined()) {
    if (options.mask.dtype() != DType::boolean)
      fail<DTypeError>(kName, "mask needs bool, got ", options.mask.dtype());
    options.mask_steps = steps_of("mask", options.mask, scores);
  }
  options.scale = scale.value_or(1 / std::sqrt(static_cast<double>(query.dim(3))));
  check_finite_argument(kName, "scale", options.scale);
  if (!(dropout >= 0 && dropout < 1)) fail<ArgumentError>(kName, "dropout must lie in [0, 1), got ", dropout);
  if (dropout > 0) options.random = random_key(seed);

  // 2. allocate, launch
  const Tensor y = empty({scores[0], scores[2], scores[1], value.dim(3)}, query.dtype(), query.device());
  const Tensor log_total = empty({scores[0], scores[1], scores[2]}, query.dtype(), query.device());
  visit_floating(query.dtype(), kName, [&]<class T>() {
    const auto work = [=] { return arguments<T>(query, key, value, options); };
    launch(
        query.device(),
        [=]<Isa I>() { dot_product_attention_cpu<I>(work(), y.data<T>(), log_total.data<T>()); },
        [=](auto& stream) { dot_product_attention_cuda(work(), y.data<T>(), log_total.data<T>(), stream); });
  });

  // 3. record
  return record(
      kName, {query, key, value, options.bias}, y,
      [query = query, key = key, value = value, options, y = detached(y), log_total, scores](
          const Tensor& dy, Needs needs) -> Gradients {
        const Tensor dquery = needs[0] ? empty_like(query) : Tensor{};
        const Tensor dkey = needs[1] ? empty_like(key) : Tensor{};
        const Tensor dvalue = needs[2] ? empty_like(value) : Tensor{};
        const Tensor dscore = needs[3] ? zeros(scores, dy.dtype(), dy.device()) : Tensor{};
        visit_floating(dy.dtype(), kName, [&]<class T>() {
          const auto run = [=](const auto& backward) {
            backward(arguments<T>(query, key, value, options), y.data<T>(), log_total.data<T>(), dy.data<T>(),
                     dquery.data_or_null<T>(), dkey.data_or_null<T>(), dvalue.data_or_null<T>(),
                     dscore.data_or_null<T>());
          };
          launch(
              dy.device(),
              [=]<Isa I>() {
                run([](const auto&... given) { dot_product_attention_grad_cpu<I, T>(given...); });
              },
              [=](auto& stream) {
                run([&](const auto&... given) { dot_product_attention_grad_cuda<T>(given..., stream); });
              });
        });
        return {dquery, dkey, dvalue, needs[3] ? summed_to(options.bias.shape(), dscore) : Tensor{}};
      });
}

}  // namespace afina
