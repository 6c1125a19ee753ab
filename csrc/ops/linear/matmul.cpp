#include "ops/linear/matmul.h"

#include <vector>

#include "core/launch.h"
#include "core/node.h"
#include "cpu/gemm/gemm.h"
#include "cuda/gemm/gemm.h"

namespace afina {

template <Isa, class T>
void matmul_cpu(const Gemm<T>& g, int64_t count, const int64_t* a_at, const int64_t* b_at,
                const int64_t* c_at, bool same_c);

namespace {

// A tensor as a stack of matrices, possibly read transposed.
struct Matrices {
  Tensor data;
  Shape shape;  // (..., rows, columns) as stored; vectors have got their second axis
  bool transposed;

  Shape batch() const { return shape.prefix(shape.rank() - 2); }
  int64_t rows() const { return shape.dim(transposed ? -1 : -2); }
  int64_t columns() const { return shape.dim(transposed ? -2 : -1); }
};

// Where the matrices of `part` start when its leading axes are broadcast to `batch`.
std::vector<int64_t> starts(const Shape& part, const Shape& batch) {
  const int64_t count = batch.size();
  const Shape own = part.prefix(part.rank() - 2);
  const int64_t matrix = part.dim(-1) * part.dim(-2);
  std::vector<int64_t> at(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) {
    int64_t rest = i, index = 0, step = 1;
    for (int axis = batch.rank() - 1, mine = own.rank() - 1; axis >= 0; --axis, --mine) {
      const int64_t position = rest % batch[axis];
      rest /= batch[axis];
      if (mine < 0) continue;
      if (own[mine] > 1) index += position * step;
      step *= own[mine];
    }
    at[static_cast<size_t>(i)] = index * matrix;
  }
  return at;
}

// c = a b for every entry of `batch`; where c is broadcast itself, its matrices are sums over the entries.
Tensor product(const Matrices& a, const Matrices& b, const Shape& c_shape, const Shape& batch) {
  const bool sums = c_shape.prefix(c_shape.rank() - 2).size() < batch.size() || batch.size() == 0;
  const DType dtype = a.data.dtype();
  Tensor c = sums ? zeros(c_shape, dtype, a.data.device()) : empty(c_shape, dtype, a.data.device());
  const std::vector<int64_t> a_at = starts(a.shape, batch), b_at = starts(b.shape, batch),
                             c_at = starts(c_shape, batch);
  visit_floating(dtype, "matmul", [&]<class T>() {
    const auto first = [=] {
      return Gemm<T>{a.rows(),        b.columns(),  a.columns(),      a.data.data<T>(),
                     a.shape.dim(-1), a.transposed, b.data.data<T>(), b.shape.dim(-1),
                     b.transposed,    c.data<T>(),  c_shape.dim(-1),  sums,
                     nullptr,         false,        rounds_products()};
    };
    const int64_t count = static_cast<int64_t>(a_at.size());
    launch(
        c.device(),
        [=]<Isa I>() { matmul_cpu<I>(first(), count, a_at.data(), b_at.data(), c_at.data(), sums); },
        [=](auto& stream) {
          gemm_cuda("matmul", first(), count, a_at.data(), b_at.data(), c_at.data(), stream);
        });
  });
  return c;
}

}  // namespace

Tensor matmul(const Tensor& a, const Tensor& b, bool transpose_a, bool transpose_b) {
  if (a.rank() == 0 || b.rank() == 0)
    fail<ShapeError>("matmul", "a and b need at least one axis, got shapes ", a.shape(), " and ", b.shape());
  if (a.dtype() != b.dtype())
    fail<DTypeError>("matmul", "a and b must have one dtype, got ", a.dtype(), " and ", b.dtype());
  if (!is_floating(a.dtype())) fail<DTypeError>("matmul", "a and b need float32 or float64, got ", a.dtype());
  if ((a.rank() == 1 && transpose_a) || (b.rank() == 1 && transpose_b))
    fail<ArgumentError>("matmul", "transpose_", a.rank() == 1 && transpose_a ? "a" : "b",
                        " is set, but that operand is a vector and has nothing to transpose");
  Matrices left{a, a.rank() == 1 ? a.shape().inserted(0, 1) : a.shape(), transpose_a};
  const Matrices right{b, b.rank() == 1 ? b.shape().appended(1) : b.shape(), transpose_b};
  if (left.columns() != right.rows())
    fail<ShapeError>("matmul", "cannot multiply a of shape ", a.shape(), transpose_a ? " (transposed)" : "",
                     " by b of shape ", b.shape(), transpose_b ? " (transposed)" : "", ": inner sizes ",
                     left.columns(), " and ", right.rows(), " differ");
  Shape batch = broadcast_shapes("matmul", left.batch(), right.batch());
  Shape whole = batch.appended(left.rows()).appended(right.columns());
  Shape shape = whole;
  if (b.rank() == 1) shape = shape.without(shape.rank() - 1);
  if (a.rank() == 1) shape = shape.without(batch.rank());
  if (right.shape.rank() == 2 && !transpose_a) {  // one matrix b for all rows of a: a single product
    const int64_t rows = batch.size() * left.rows();
    left.shape = {rows, left.columns()};
    whole = {rows, right.columns()};
    batch = Shape{};
  }
  const Tensor c = viewed(product(left, right, whole, batch), shape);
  return record(
      "matmul", {a, b}, c,
      [a = a, b = b, left_shape = left.shape, right_shape = right.shape, transpose_a, transpose_b, batch,
       whole](const Tensor& dy, Needs needs) -> Gradients {
        Gradients grads(2);
        if (needs[0]) {  // stored as is: da = dc b^T; stored transposed: da^T = b dc^T
          const Matrices dc{dy, whole, transpose_a}, other{b, right_shape, transpose_a == transpose_b};
          grads[0] = viewed(
              transpose_a ? product(other, dc, left_shape, batch) : product(dc, other, left_shape, batch),
              a.shape());
        }
        if (needs[1]) {  // stored as is: db = a^T dc; stored transposed: db^T = dc^T a
          const Matrices dc{dy, whole, transpose_b}, other{a, left_shape, transpose_a == transpose_b};
          grads[1] = viewed(
              transpose_b ? product(dc, other, right_shape, batch) : product(other, dc, right_shape, batch),
              b.shape());
        }
        return grads;
      });
}

}  // namespace afina
