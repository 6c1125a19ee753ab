#pragma once

#include <cstdint>

#include "core/inline.h"

namespace afina {

// What a label may be: a class in [0, classes), or the one that is ignored.
struct LabelRule {
  int64_t classes;
  bool ignores;
  int64_t ignored;
};

// One row of a cross-entropy: its predictions, its target (dense or a label), and the scale of its gradient.
template <class T>
struct CrossEntropyRow {
  const T* x;
  const T* targets;  // null: the label
  int64_t label;     // negative: the row is ignored
  T kept, share;
  T* gradient;
  T scale;
  int64_t n;

  // A target, or a vector of them, after smoothing.
  template <class V>
  KERNEL_INLINE V smoothed(V target) const {
    return kept * target + share;
  }
};

// The rows of a categorical cross-entropy, as its kernel takes them.  Targets are either dense rows or
// labels.
template <class T>
struct CrossEntropyRows {
  const T* predicted;
  const T* targets;       // null: labels
  const int64_t* labels;  // null: targets; negative: the row is ignored
  T smoothing;            // targets become t (1 - smoothing) + smoothing / n
  T* losses;              // one a row, unweighted
  T* gradient;       // null: not wanted; else d(losses[r]) / d(predicted[r]) * weight of the row * factor
  const T* weights;  // null: all one
  int64_t rows_per_weight;
  T factor;
  int64_t rows, n;

  KERNEL_INLINE CrossEntropyRow<T> row(int64_t r) const {
    return {predicted + r * n,
            targets == nullptr ? nullptr : targets + r * n,
            labels == nullptr ? 0 : labels[r],
            T{1} - smoothing,
            smoothing / static_cast<T>(n),
            gradient == nullptr ? nullptr : gradient + r * n,
            factor * (weights == nullptr ? T{1} : weights[r / rows_per_weight]),
            n};
  }
};

}  // namespace afina
