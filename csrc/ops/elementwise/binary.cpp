#include "ops/elementwise/binary.h"

#include "core/launch.h"
#include "core/node.h"
#include "ops/elementwise/binary_functors.h"
#include "ops/elementwise/binary_kernels.h"
#include "ops/elementwise/broadcast.h"
#include "ops/elementwise/cast.h"
#include "ops/elementwise/unary.h"

namespace afina {
namespace {

void check_operands(const char* op, const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype())
    fail<DTypeError>(op, "the dtypes differ: ", a.dtype(), " and ", b.dtype(), "; cast one of them");
}

Shape result_shape(const char* op, const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() ? a.shape() : broadcast_shapes(op, a.shape(), b.shape());
}

// f(a, b) without a record.
template <class F>
Tensor arithmetic(const Tensor& a, const Tensor& b) {
  check_operands(F::name, a, b);
  Tensor y = empty(result_shape(F::name, a, b), a.dtype(), a.device());
  const BroadcastLoop loop = broadcast_loop(y.shape(), {&a.shape(), &b.shape()});
  visit_numeric(a.dtype(), F::name, [&]<class T>() {
    constexpr int kFunction = PositionOf<F, ArithmeticFunctors>::value;
    launch(
        a.device(),
        [=]<Isa I>() { arithmetic_cpu<I>(kFunction, a.data<T>(), b.data<T>(), y.data<T>(), loop); },
        [=](auto& stream) {
          arithmetic_cuda(kFunction, a.data<T>(), b.data<T>(), y.data<T>(), loop, stream);
        });
  });
  return y;
}

// f(x, value) without a record, and without a tensor for the number.
template <class F>
Tensor with_number(const Tensor& x, double value) {
  Tensor y = empty_like(x);
  BroadcastLoop loop;
  loop.size[0] = x.size();
  loop.step[0][0] = 1;
  visit_floating(x.dtype(), F::name, [&]<class T>() {
    const T number = static_cast<T>(value);
    constexpr int kFunction = PositionOf<F, ArithmeticFunctors>::value;
    launch(
        x.device(), [=]<Isa I>() { arithmetic_cpu<I>(kFunction, x.data<T>(), &number, y.data<T>(), loop); },
        [=](auto& stream) {
          number_arithmetic_cuda(kFunction, x.data<T>(), number, y.data<T>(), x.size(), stream);
        });
  });
  return y;
}

// f.operator()<T>() for every dtype; bool counts as uint8.
template <class F>
void visit_comparable(DType dtype, const char* op, F&& f) {
  if (dtype == DType::boolean || dtype == DType::uint8)
    f.template operator()<uint8_t>();
  else
    visit_numeric(dtype, op, f);
}

template <class F>
Tensor comparison(const Tensor& a, const Tensor& b) {
  check_operands(F::name, a, b);
  Tensor y = empty(result_shape(F::name, a, b), DType::boolean, a.device());
  const BroadcastLoop loop = broadcast_loop(y.shape(), {&a.shape(), &b.shape()});
  visit_comparable(a.dtype(), F::name, [&]<class T>() {
    constexpr int kFunction = PositionOf<F, ComparisonFunctors>::value;
    launch(
        a.device(),
        [=]<Isa I>() { comparison_cpu<I>(kFunction, a.data<T>(), b.data<T>(), y.data<bool>(), loop); },
        [=](auto& stream) {
          comparison_cuda(kFunction, a.data<T>(), b.data<T>(), y.data<bool>(), loop, stream);
        });
  });
  return y;
}

Tensor negated(const Tensor& x) { return unary<Negative>(x); }

// dy where the comparison of a and b holds, for the one operand; what is left, for the other.
template <class Wins>
Gradients split_gradient(const Tensor& a, const Tensor& b, const Tensor& dy) {
  const Tensor won = cast(comparison<Wins>(a, b), dy.dtype());
  const Tensor da = arithmetic<KeepWhere>(dy, won);
  return {sum_to(da, a.shape()), sum_to(arithmetic<Subtract>(dy, da), b.shape())};
}

}  // namespace

Tensor add(const Tensor& a, const Tensor& b) {
  return record("add", {a, b}, arithmetic<Add>(a, b),
                [sa = a.shape(), sb = b.shape()](const Tensor& dy, Needs needs) -> Gradients {
                  return {needs[0] ? sum_to(dy, sa) : Tensor(), needs[1] ? sum_to(dy, sb) : Tensor()};
                });
}

Tensor subtract(const Tensor& a, const Tensor& b) {
  return record("subtract", {a, b}, arithmetic<Subtract>(a, b),
                [sa = a.shape(), sb = b.shape()](const Tensor& dy, Needs needs) -> Gradients {
                  return {needs[0] ? sum_to(dy, sa) : Tensor(),
                          needs[1] ? negated(sum_to(dy, sb)) : Tensor()};
                });
}

Tensor multiply(const Tensor& a, const Tensor& b) {
  return record("multiply", {a, b}, arithmetic<Multiply>(a, b),
                [a, b](const Tensor& dy, Needs needs) -> Gradients {
                  return {needs[0] ? sum_to(arithmetic<Multiply>(dy, b), a.shape()) : Tensor(),
                          needs[1] ? sum_to(arithmetic<Multiply>(dy, a), b.shape()) : Tensor()};
                });
}

Tensor divide(const Tensor& a, const Tensor& b) {
  if (!is_floating(a.dtype()))
    fail<DTypeError>("divide", "needs float32 or float64, got ", a.dtype(), "; cast the operands first");
  const Tensor y = arithmetic<Divide>(a, b);
  return record("divide", {a, b}, y,
                [b, y = detached(y), sa = a.shape()](const Tensor& dy, Needs needs) -> Gradients {
                  const Tensor part = arithmetic<Divide>(dy, b);
                  return {needs[0] ? sum_to(part, sa) : Tensor(),
                          needs[1] ? sum_to(negated(arithmetic<Multiply>(part, y)), b.shape()) : Tensor()};
                });
}

Tensor power(const Tensor& a, const Tensor& b) {
  const Tensor y = arithmetic<Power>(a, b);
  return record("power", {a, b}, y, [a, b, y = detached(y)](const Tensor& dy, Needs needs) -> Gradients {
    Tensor da, db;
    if (needs[0]) {
      const Tensor lower = arithmetic<Power>(a, arithmetic<Subtract>(b, scalar(1, b.dtype(), b.device())));
      da = sum_to(arithmetic<Multiply>(dy, arithmetic<Multiply>(b, lower)), a.shape());
    }
    if (needs[1]) {
      const Tensor slope = arithmetic<Multiply>(y, unary<Log>(a));
      db = sum_to(arithmetic<Multiply>(dy, arithmetic<KeepWhere>(slope, a)), b.shape());
    }
    return {da, db};
  });
}

Tensor maximum(const Tensor& a, const Tensor& b) {
  return record("maximum", {a, b}, arithmetic<Maximum>(a, b),
                [a, b](const Tensor& dy) { return split_gradient<GreaterEqual>(a, b, dy); });
}

Tensor minimum(const Tensor& a, const Tensor& b) {
  return record("minimum", {a, b}, arithmetic<Minimum>(a, b),
                [a, b](const Tensor& dy) { return split_gradient<LessEqual>(a, b, dy); });
}

Tensor prelu(const Tensor& x, const Tensor& slope) {
  if (!is_floating(x.dtype())) fail<DTypeError>("prelu", "needs float32 or float64, got ", x.dtype());
  if (result_shape("prelu", x, slope) != x.shape())
    fail<ShapeError>("prelu", "the slope of shape ", slope.shape(), " does not broadcast to x of shape ",
                     x.shape());
  return record("prelu", {x, slope}, arithmetic<PRelu>(x, slope),
                [x, slope](const Tensor& dy, Needs needs) -> Gradients {
                  Tensor dx, dslope;
                  if (needs[0]) dx = arithmetic<Multiply>(dy, arithmetic<PReluSlope>(x, slope));
                  if (needs[1]) {
                    const Tensor below = arithmetic<Minimum>(x, scalar(0, x.dtype(), x.device()));
                    dslope = sum_to(arithmetic<Multiply>(dy, below), slope.shape());
                  }
                  return {dx, dslope};
                });
}

Tensor equal(const Tensor& a, const Tensor& b) { return comparison<Equal>(a, b); }
Tensor not_equal(const Tensor& a, const Tensor& b) { return comparison<NotEqual>(a, b); }
Tensor less(const Tensor& a, const Tensor& b) { return comparison<Less>(a, b); }
Tensor less_equal(const Tensor& a, const Tensor& b) { return comparison<LessEqual>(a, b); }
Tensor greater(const Tensor& a, const Tensor& b) { return comparison<Greater>(a, b); }
Tensor greater_equal(const Tensor& a, const Tensor& b) { return comparison<GreaterEqual>(a, b); }
Tensor logical_and(const Tensor& a, const Tensor& b) { return comparison<LogicalAnd>(a, b); }
Tensor logical_or(const Tensor& a, const Tensor& b) { return comparison<LogicalOr>(a, b); }
Tensor logical_not(const Tensor& x) { return comparison<Equal>(x, scalar(0, x.dtype(), x.device())); }
Tensor isnan(const Tensor& x) { return comparison<NotEqual>(x, x); }
Tensor isfinite(const Tensor& x) { return comparison<BothFinite>(x, x); }

Tensor add(const Tensor& x, double value) {
  return record("add", {x}, with_number<Add>(x, value), [](const Tensor& dy) -> Gradients { return {dy}; });
}
Tensor subtract(const Tensor& x, double value) {
  return record("subtract", {x}, with_number<Subtract>(x, value),
                [](const Tensor& dy) -> Gradients { return {dy}; });
}
Tensor multiply(const Tensor& x, double value) {
  return record("multiply", {x}, with_number<Multiply>(x, value),
                [value](const Tensor& dy) -> Gradients { return {with_number<Multiply>(dy, value)}; });
}
Tensor divide(const Tensor& x, double value) {
  return record("divide", {x}, with_number<Divide>(x, value),
                [value](const Tensor& dy) -> Gradients { return {with_number<Divide>(dy, value)}; });
}
Tensor power(const Tensor& x, double exponent) {
  if (exponent == 1.0) return x;
  if (exponent == 2.0) return unary<Square>(x);
  if (is_floating(x.dtype())) {
    if (exponent == 0.5) return unary<Sqrt>(x);
    if (exponent == -1.0) return unary<Reciprocal>(x);
  }
  return power(x, scalar_like("power", exponent, x));
}

}  // namespace afina
