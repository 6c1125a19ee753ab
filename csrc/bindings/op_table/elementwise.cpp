#include "bindings/arithmetic.h"
#include "bindings/op_table.h"
#include "ops/elementwise/broadcast.h"
#include "ops/elementwise/cast.h"
#include "ops/elementwise/unary.h"
#include "ops/elementwise/where.h"

namespace afina {
namespace {

// A row of a function without parameters.
template <class F>
void unary_op(OpTable& t, const char* doc) {
  Tensor (*function)(const Tensor&) = &unary<F>;
  t.op(F::name, function, F::differentiable ? has_grad : no_grad, doc, "x"_a);
}

// A row of a function of two operands, either of which may be a Python number.
template <class F, Tensor (*function)(const Tensor&, const Tensor&)>
void binary_op(OpTable& t, Gradient gradient, const char* doc) {
  t.op(F::name, &on_operands<F, function>, gradient, doc, "a"_a, "b"_a);
}

void add_math(OpTable& t) {
  unary_op<Negative>(t, "-x, element by element.");
  unary_op<Exp>(t, "e^x, element by element.");
  unary_op<Log>(t, "The natural logarithm.");
  unary_op<Log1p>(t, "log(1 + x), exact for small x.");
  unary_op<Expm1>(t, "e^x - 1, exact for small x.");
  unary_op<Sqrt>(t, "The square root.");
  unary_op<Rsqrt>(t, "1 / sqrt(x).");
  unary_op<Square>(t, "x^2, element by element.");
  unary_op<Reciprocal>(t, "1 / x, element by element.");
  unary_op<Abs>(t, "|x|; the slope at 0 is 0.");
  unary_op<Sign>(t, "-1, 0 or 1: the sign of x.");
  unary_op<Floor>(t, "The largest integer that is not above x.");
  unary_op<Ceil>(t, "The smallest integer that is not below x.");
  unary_op<Round>(t, "The nearest integer, halves to the even one.");
  unary_op<Sin>(t, "The sine of x in radians.");
  unary_op<Cos>(t, "The cosine of x in radians.");
  t.op("clip", &clip, has_grad, "min(max(x, low), high); the slope is 1 from low to high, both included.",
       "x"_a, "min"_a, "max"_a);
  t.op("cast", &cast, has_grad,
       "x in another dtype; floats become integers by dropping the fraction, anything becomes bool by != 0.",
       "x"_a, "dtype"_a);
}

void add_activations(OpTable& t) {
  unary_op<Relu>(t, "max(x, 0); the slope at 0 is 0.");
  unary_op<Relu6>(t, "min(max(x, 0), 6).");
  unary_op<Sigmoid>(t, "1 / (1 + e^-x).");
  unary_op<HardSigmoid>(t, "min(max(x / 6 + 1/2, 0), 1).");
  unary_op<Tanh>(t, "The hyperbolic tangent.");
  unary_op<Selu>(t, "1.0507 x for x > 0, 1.0507 * 1.6733 (e^x - 1) otherwise.");
  unary_op<Softplus>(t, "log(1 + e^x).");
  unary_op<Softsign>(t, "x / (1 + |x|).");
  unary_op<Silu>(t, "x / (1 + e^-x).");
  t.op("elu", &elu, has_grad, "x for x > 0, alpha (e^x - 1) otherwise; alpha >= 0.", "x"_a, "alpha"_a = 1.0);
  t.op("leaky_relu", &leaky_relu, has_grad, "x for x > 0, negative_slope x otherwise; negative_slope >= 0.",
       "x"_a, "negative_slope"_a = 0.3);
  t.op("prelu", &prelu, has_grad, "x for x > 0, slope x otherwise; the slope is broadcast to x.", "x"_a,
       "slope"_a);
  t.op("gelu", &gelu, has_grad,
       "x (1 + erf(x / sqrt 2)) / 2, or with `approximate` x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2.",
       "x"_a, "approximate"_a = false);
}

void add_arithmetic(OpTable& t) {
  binary_op<Add, &add>(t, has_grad, "a + b, element by element.");
  binary_op<Subtract, &subtract>(t, has_grad, "a - b, element by element.");
  binary_op<Multiply, &multiply>(t, has_grad, "a b, element by element.");
  binary_op<Divide, &divide>(t, has_grad, "a / b, for floating dtypes.");
  t.op("power", &power_of, has_grad, "a to the power of b.", "a"_a, "b"_a);
  binary_op<Maximum, &maximum>(t, has_grad,
                               "The larger of a and b; NaN wins, and for equals the gradient goes to a.");
  binary_op<Minimum, &minimum>(t, has_grad,
                               "The smaller of a and b; NaN wins, and for equals the gradient goes to a.");
  t.op("broadcast_to", &broadcast_to, has_grad, "x repeated along new and size-one axes up to `shape`.",
       "x"_a, "shape"_a);
}

void add_comparisons(OpTable& t) {
  binary_op<Equal, &equal>(t, no_grad, "a == b, as bool.");
  binary_op<NotEqual, &not_equal>(t, no_grad, "a != b, as bool.");
  binary_op<Less, &less>(t, no_grad, "a < b, as bool.");
  binary_op<LessEqual, &less_equal>(t, no_grad, "a <= b, as bool.");
  binary_op<Greater, &greater>(t, no_grad, "a > b, as bool.");
  binary_op<GreaterEqual, &greater_equal>(t, no_grad, "a >= b, as bool.");
  binary_op<LogicalAnd, &logical_and>(t, no_grad, "Are both not 0?  As bool.");
  binary_op<LogicalOr, &logical_or>(t, no_grad, "Is one of them not 0?  As bool.");
  t.op("logical_not", &logical_not, no_grad, "x == 0, as bool.", "x"_a);
  t.op("isnan", &isnan, no_grad, "Is the element NaN?  As bool.", "x"_a);
  t.op("isfinite", &isfinite, no_grad, "Is the element neither infinite nor NaN?  As bool.", "x"_a);
  t.op(
      "where",
      +[](const Tensor& condition, const Operand& a, const Operand& b) {
        const auto [x, y] = operand_tensors("where", a, b);
        return where(condition, x, y);
      },
      has_grad, "condition ? a : b, element by element, the three broadcast together.", "condition"_a, "a"_a,
      "b"_a);
}

}  // namespace

void add_elementwise_ops(OpTable& t) {
  add_math(t);
  add_activations(t);
  add_arithmetic(t);
  add_comparisons(t);
}

}  // namespace afina
