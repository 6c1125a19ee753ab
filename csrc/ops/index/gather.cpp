#include "ops/index/gather.h"

#include "core/axes.h"
#include "core/launch.h"
#include "core/node.h"

namespace afina {

// Each index counted from the start; the position of the first one outside [-n, n), or -1.
template <Isa, class Index>
int64_t resolve_indices_cpu(const Index* indices, int64_t* resolved, int64_t count, int64_t n);
// The same on a device, where an index outside becomes 0 and is complained about.
template <class Index>
void resolve_indices_cuda(const char* op, const Index* indices, int64_t* resolved, int64_t count, int64_t n,
                          Stream& stream);

// outer x [n | count] x inner words: row j of the result is row indices[j] of x.
template <Isa, class Word>
void gather_cpu(const Word* x, const int64_t* indices, Word* y, int64_t outer, int64_t n, int64_t count,
                int64_t inner);
template <class Word>
void gather_cuda(const Word* x, const int64_t* indices, Word* y, int64_t outer, int64_t n, int64_t count,
                 int64_t inner, Stream& stream);

// dx += the rows of dy, each at its index.
template <Isa, class T>
void gather_grad_cpu(const T* dy, const int64_t* indices, T* dx, int64_t outer, int64_t n, int64_t count,
                     int64_t inner);
template <class T>
void gather_grad_cuda(const T* dy, const int64_t* indices, T* dx, int64_t outer, int64_t n, int64_t count,
                      int64_t inner, Stream& stream);

template <Isa, class Word>
void take_along_axis_cpu(const Word* x, const int64_t* indices, Word* y, int64_t outer, int64_t n,
                         int64_t count, int64_t inner);
template <class Word>
void take_along_axis_cuda(const Word* x, const int64_t* indices, Word* y, int64_t outer, int64_t n,
                          int64_t count, int64_t inner, Stream& stream);

template <Isa, class T>
void take_along_axis_grad_cpu(const T* dy, const int64_t* indices, T* dx, int64_t outer, int64_t n,
                              int64_t count, int64_t inner);
template <class T>
void take_along_axis_grad_cuda(const T* dy, const int64_t* indices, T* dx, int64_t outer, int64_t n,
                               int64_t count, int64_t inner, Stream& stream);

template <Isa, class T>
void one_hot_cpu(const int64_t* indices, T* y, int64_t count, int64_t depth);
template <class T>
void one_hot_cuda(const int64_t* indices, T* y, int64_t count, int64_t depth, Stream& stream);

namespace {

// The indices as int64 counted from the start, all checked: the kernels trust them.
Tensor resolved_indices(const char* op, const Tensor& indices, int64_t n) {
  Tensor resolved = empty(indices.shape(), DType::int64, indices.device());
  visit_index(indices.dtype(), op, [&]<class Index>() {
    launch(
        indices.device(),
        [=]<Isa I>() {
          const int64_t bad =
              resolve_indices_cpu<I>(indices.data<Index>(), resolved.data<int64_t>(), indices.size(), n);
          if (bad >= 0)
            fail<IndexRangeError>(op, "indices[", bad, "] (in flat order) is ", indices.data<Index>()[bad],
                                  ", allowed: ", -n, " to ", n - 1);
        },
        [=](auto& stream) {
          resolve_indices_cuda(op, indices.data<Index>(), resolved.data<int64_t>(), indices.size(), n,
                               stream);
        });
  });
  return resolved;
}

// f.operator()<Word>() for an unsigned word as wide as the dtype: moving bits needs no arithmetic.
template <class F>
void visit_word(DType dtype, F&& f) {
  switch (size_of(dtype)) {
    case 1: return f.template operator()<uint8_t>();
    case 4: return f.template operator()<uint32_t>();
    default: return f.template operator()<uint64_t>();
  }
}

}  // namespace

Tensor gather(const Tensor& x, const Tensor& indices, int64_t axis) {
  if (x.rank() == 0) fail<ShapeError>("gather", "x is a scalar, there is no axis to pick from");
  const int at = checked_axis("gather", axis, x.rank());
  const Tensor rows = resolved_indices("gather", indices, x.shape()[at]);
  const AxisSplit split(x.shape(), at);
  Shape shape = x.shape().without(at);
  for (int i = 0; i < rows.rank(); ++i) shape = shape.inserted(at + i, rows.shape()[i]);
  Tensor y = empty(shape, x.dtype(), x.device());
  visit_word(x.dtype(), [&]<class Word>() {
    launch(
        x.device(),
        [=]<Isa I>() {
          gather_cpu<I>(x.data<Word>(), rows.data<int64_t>(), y.data<Word>(), split.outer, split.n,
                        rows.size(), split.inner);
        },
        [=](auto& stream) {
          gather_cuda(x.data<Word>(), rows.data<int64_t>(), y.data<Word>(), split.outer, split.n, rows.size(),
                      split.inner, stream);
        });
  });
  return record("gather", {x}, y, [rows, split, before = x.shape()](const Tensor& dy) -> Gradients {
    Tensor dx = zeros(before, dy.dtype(), dy.device());
    visit_floating(dy.dtype(), "gather", [&]<class T>() {
      launch(
          dy.device(),
          [=]<Isa I>() {
            gather_grad_cpu<I>(dy.data<T>(), rows.data<int64_t>(), dx.data<T>(), split.outer, split.n,
                               rows.size(), split.inner);
          },
          [=](auto& stream) {
            gather_grad_cuda(dy.data<T>(), rows.data<int64_t>(), dx.data<T>(), split.outer, split.n,
                             rows.size(), split.inner, stream);
          });
    });
    return {dx};
  });
}

Tensor embedding(const Tensor& indices, const Tensor& table) {
  if (table.rank() != 2)
    fail<ShapeError>("embedding", "the table must be (rows, width), got shape ", table.shape());
  return gather(table, indices, 0);
}

Tensor one_hot(const Tensor& indices, int64_t depth, DType dtype) {
  if (depth < 1) fail<ArgumentError>("one_hot", "depth must be at least 1, got ", depth);
  const Tensor hot = resolved_indices("one_hot", indices, depth);
  Tensor y = zeros(indices.shape().appended(depth), dtype, indices.device());
  visit_any(dtype, [&]<class T>() {
    launch(
        indices.device(),
        [=]<Isa I>() { one_hot_cpu<I>(hot.data<int64_t>(), y.data<T>(), hot.size(), depth); },
        [=](auto& stream) { one_hot_cuda(hot.data<int64_t>(), y.data<T>(), hot.size(), depth, stream); });
  });
  return y;
}

Tensor take_along_axis(const Tensor& x, const Tensor& indices, int64_t axis) {
  const int at = checked_axis("take_along_axis", axis, x.rank());
  if (indices.rank() != x.rank() || x.shape().with(at, 0) != indices.shape().with(at, 0))
    fail<ShapeError>("take_along_axis", "indices has shape ", indices.shape(), ", x ", x.shape(),
                     ": only axis ", at, " may differ");
  const Tensor picks = resolved_indices("take_along_axis", indices, x.shape()[at]);
  const AxisSplit split(x.shape(), at);
  const int64_t count = indices.shape()[at];
  Tensor y = empty(indices.shape(), x.dtype(), x.device());
  visit_word(x.dtype(), [&]<class Word>() {
    launch(
        x.device(),
        [=]<Isa I>() {
          take_along_axis_cpu<I>(x.data<Word>(), picks.data<int64_t>(), y.data<Word>(), split.outer, split.n,
                                 count, split.inner);
        },
        [=](auto& stream) {
          take_along_axis_cuda(x.data<Word>(), picks.data<int64_t>(), y.data<Word>(), split.outer, split.n,
                               count, split.inner, stream);
        });
  });
  return record("take_along_axis", {x}, y,
                [picks, split, count, before = x.shape()](const Tensor& dy) -> Gradients {
                  Tensor dx = zeros(before, dy.dtype(), dy.device());
                  visit_floating(dy.dtype(), "take_along_axis", [&]<class T>() {
                    launch(
                        dy.device(),
                        [=]<Isa I>() {
                          take_along_axis_grad_cpu<I>(dy.data<T>(), picks.data<int64_t>(), dx.data<T>(),
                                                      split.outer, split.n, count, split.inner);
                        },
                        [=](auto& stream) {
                          take_along_axis_grad_cuda(dy.data<T>(), picks.data<int64_t>(), dx.data<T>(),
                                                    split.outer, split.n, count, split.inner, stream);
                        });
                  });
                  return {dx};
                });
}

}  // namespace afina
