#include "ops/loss/cross_entropy.h"

#include <cmath>
#include <type_traits>

#include "core/launch.h"
#include "core/node.h"
#include "ops/loss/cross_entropy_rows.h"
#include "ops/loss/reduction.h"

namespace afina {

template <Isa, class T>
void cross_entropy_logits_cpu(CrossEntropyRows<T> rows);
template <class T>
void cross_entropy_logits_cuda(CrossEntropyRows<T> rows, Stream& stream);
template <Isa, class T>
void cross_entropy_probabilities_cpu(CrossEntropyRows<T> rows);
template <class T>
void cross_entropy_probabilities_cuda(CrossEntropyRows<T> rows, Stream& stream);
// y[r] = x[r] * factors[r * step] over rows of n.
template <Isa, class T>
void scale_rows_cpu(const T* x, const T* factors, int64_t step, T* y, int64_t rows, int64_t n);
template <class T>
void scale_rows_cuda(const T* x, const T* factors, int64_t step, T* y, int64_t rows, int64_t n,
                     Stream& stream);

// Complains on the device about labels that are none; returns how many count (all, where none can be
// ignored).
template <class L>
int64_t class_numbers_cuda(const char* op, const L* labels, int64_t* numbers, int64_t count, LabelRule rule,
                           Stream& stream);

namespace {

// The saved gradient times dy: as it is when the loss is where the walk starts.
Tensor scaled_by(const Tensor& gradient, const Tensor& dy, const LossRows& rows) {
  return visit_floating(dy.dtype(), "cross_entropy", [&]<class T>() {
    const bool per_row = rows.reduction == Reduction::none;
    const bool looked_at = !per_row && dy.device().is_cpu() && current_capture == nullptr;
    if (looked_at && dy.data<T>()[0] == T{1}) return gradient;
    Tensor scaled = empty_like(gradient);
    launch(
        dy.device(),
        [=]<Isa I>() {
          scale_rows_cpu<I>(gradient.data<T>(), dy.data<T>(), per_row ? 1 : 0, scaled.data<T>(), rows.rows,
                            rows.n);
        },
        [=](auto& stream) {
          scale_rows_cuda(gradient.data<T>(), dy.data<T>(), per_row ? 1 : 0, scaled.data<T>(), rows.rows,
                          rows.n, stream);
        });
    return scaled;
  });
}

Tensor cross_entropy(const char* op, const Tensor& y_pred, const Tensor& targets, const Tensor& labels,
                     double smoothing, bool from_logits, const LossRows& rows) {
  return visit_floating(y_pred.dtype(), op, [&]<class T>() {
    const bool wanted = recording() && y_pred.requires_grad();
    Tensor losses = empty({rows.rows}, y_pred.dtype(), y_pred.device());
    Tensor gradient = wanted ? empty_like(y_pred) : Tensor();
    const auto work = [=] {
      return CrossEntropyRows<T>{y_pred.data<T>(),
                                 targets.data_or_null<T>(),
                                 labels.data_or_null<int64_t>(),
                                 static_cast<T>(smoothing),
                                 losses.data<T>(),
                                 gradient.data_or_null<T>(),
                                 rows.weight_data<T>(),
                                 rows.rows_per_weight,
                                 static_cast<T>(rows.factor),
                                 rows.rows,
                                 rows.n};
    };
    launch(
        y_pred.device(),
        [=]<Isa I>() {
          if (from_logits)
            cross_entropy_logits_cpu<I>(work());
          else
            cross_entropy_probabilities_cpu<I>(work());
        },
        [=](auto& stream) {
          if (from_logits)
            cross_entropy_logits_cuda(work(), stream);
          else
            cross_entropy_probabilities_cuda(work(), stream);
        });
    return record(op, {y_pred}, reduce_loss(rows, losses), [gradient, rows](const Tensor& dy) -> Gradients {
      return {scaled_by(gradient, dy, rows)};
    });
  });
}

struct Labels {
  Tensor numbers;  // int64; -1 where the row is ignored
  int64_t counted = 0;
};

// Those on the CPU, checked one by one; how many count.
int64_t number_labels(const char* op, const Tensor& labels, const LabelRule& rule, const Tensor& result) {
  return visit_any(labels.dtype(), [&]<class L>() {
    const L* const given = labels.data<L>();
    int64_t* const numbers = result.data<int64_t>();
    int64_t counted = 0;
    for (int64_t i = 0; i < labels.size(); ++i) {
      if constexpr (std::is_floating_point_v<L>) {
        if (std::isnan(given[i])) fail<ArgumentError>(op, "labels[", i, "] is NaN");
        if (std::trunc(given[i]) != given[i] || std::isinf(given[i]))
          fail<ArgumentError>(op, "labels[", i, "] is ", given[i], ", not a class number");
        if (std::abs(given[i]) > static_cast<L>(1LL << 53))
          fail<IndexRangeError>(op, "labels[", i, "] is ", given[i], ", y_pred has ", rule.classes,
                                " classes");
      }
      const int64_t label = static_cast<int64_t>(given[i]);
      if (rule.ignores && label == rule.ignored) {
        numbers[i] = -1;
        continue;
      }
      if (label < 0 || label >= rule.classes)
        fail<IndexRangeError>(op, "labels[", i, "] is ", label, ", y_pred has ", rule.classes,
                              " classes: 0 to ", rule.classes - 1);
      numbers[i] = label;
      ++counted;
    }
    return counted;
  });
}

// Labels of any dtype as class numbers, each checked against [0, classes).
Labels class_numbers(const char* op, const Tensor& labels, int64_t classes,
                     std::optional<int64_t> ignore_class) {
  const LabelRule rule{classes, ignore_class.has_value(), ignore_class.value_or(0)};
  const Tensor numbers = empty({labels.size()}, DType::int64, labels.device());
  const auto number_on_device = [=](auto& stream) {
    return visit_any(labels.dtype(), [&]<class L>() {
      return class_numbers_cuda(op, labels.data<L>(), numbers.data<int64_t>(), labels.size(), rule, stream);
    });
  };
  Labels result{numbers, labels.size()};
  if (!ignore_class) {
    launch(
        labels.device(), [=]<Isa>() { number_labels(op, labels, rule, numbers); },
        [=](auto& stream) { number_on_device(stream); });
  } else {
    refuse_capture("sparse_categorical_crossentropy counts on the host which labels are not ignored");
    run_kernel(
        labels.device(), [&]<Isa>() { result.counted = number_labels(op, labels, rule, numbers); },
        [&](auto& stream) { result.counted = number_on_device(stream); });
  }
  return result;
}

}  // namespace

Tensor categorical_crossentropy(const Tensor& y_true, const Tensor& y_pred, bool from_logits,
                                double label_smoothing, const std::string& reduction,
                                const std::optional<Tensor>& sample_weight) {
  constexpr const char* op = "categorical_crossentropy";
  LossRows rows = loss_rows(op, y_pred, reduction, sample_weight);
  check_targets(op, y_true, y_pred);
  if (!(label_smoothing >= 0 && label_smoothing <= 1))
    fail<ArgumentError>(op, "label_smoothing must lie in [0, 1], got ", label_smoothing);
  divide_by_count(op, rows, rows.rows);
  return cross_entropy(op, y_pred, y_true, Tensor(), label_smoothing, from_logits, rows);
}

Tensor sparse_categorical_crossentropy(const Tensor& labels, const Tensor& y_pred, bool from_logits,
                                       std::optional<int64_t> ignore_class, const std::string& reduction,
                                       const std::optional<Tensor>& sample_weight) {
  constexpr const char* op = "sparse_categorical_crossentropy";
  LossRows rows = loss_rows(op, y_pred, reduction, sample_weight);
  const bool trailing_one = labels.rank() == y_pred.rank() && labels.dim(-1) == 1;
  if ((trailing_one ? labels.shape().prefix(labels.rank() - 1) : labels.shape()) != rows.shape)
    fail<ShapeError>(op, "labels has shape ", labels.shape(), ", y_pred of shape ", y_pred.shape(),
                     " needs labels of shape ", rows.shape, " or ", rows.shape.appended(1));
  if (labels.dtype() == DType::boolean) fail<DTypeError>(op, "labels need integers or floats, got bool");
  const Labels classes = class_numbers(op, labels, rows.n, ignore_class);
  divide_by_count(op, rows, classes.counted);
  return cross_entropy(op, y_pred, Tensor(), classes.numbers, 0, from_logits, rows);
}

}  // namespace afina
