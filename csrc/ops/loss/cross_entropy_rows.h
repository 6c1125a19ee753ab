#pragma once

#include <cstdint>

namespace afina {

// What a label may be: a class in [0, classes), or the one that is ignored.
struct LabelRule {
  int64_t classes;
  bool ignores;
  int64_t ignored;
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
};

}  // namespace afina
