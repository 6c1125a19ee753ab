#pragma once

#include "core/tensor.h"

// y = f(a, b), element by element, with NumPy's broadcasting; the dtypes must be equal (DTypeError), cast()
// makes them so.  Arithmetic takes float32, float64, int32 and int64, comparisons take every dtype and give
// bool.
namespace afina {

Tensor add(const Tensor& a, const Tensor& b);
Tensor subtract(const Tensor& a, const Tensor& b);
Tensor multiply(const Tensor& a, const Tensor& b);
Tensor divide(const Tensor& a, const Tensor& b);   // floating dtypes only
Tensor power(const Tensor& a, const Tensor& b);    // da = dy b a^(b-1), db = dy y log a (0 where a is 0)
Tensor maximum(const Tensor& a, const Tensor& b);  // where a == b the whole gradient goes to a; NaN wins
Tensor minimum(const Tensor& a, const Tensor& b);

// x for x > 0, slope x otherwise; the slope, learned, is broadcast to x.
Tensor prelu(const Tensor& x, const Tensor& slope);

Tensor equal(const Tensor& a, const Tensor& b);
Tensor not_equal(const Tensor& a, const Tensor& b);
Tensor less(const Tensor& a, const Tensor& b);
Tensor less_equal(const Tensor& a, const Tensor& b);
Tensor greater(const Tensor& a, const Tensor& b);
Tensor greater_equal(const Tensor& a, const Tensor& b);
Tensor logical_and(const Tensor& a, const Tensor& b);  // an element counts as true when it is not 0
Tensor logical_or(const Tensor& a, const Tensor& b);
Tensor logical_not(const Tensor& x);
Tensor isnan(const Tensor& x);
Tensor isfinite(const Tensor& x);

// The same with a number, which takes x's floating dtype.
Tensor add(const Tensor& x, double value);
Tensor subtract(const Tensor& x, double value);
Tensor multiply(const Tensor& x, double value);
Tensor divide(const Tensor& x, double value);
Tensor power(const Tensor& x,
             double exponent);  // 0.5, 1, 2 and -1 go to sqrt, x itself, square and reciprocal

}  // namespace afina
