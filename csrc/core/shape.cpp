#include "core/shape.h"

#include <algorithm>

#include "core/error.h"

namespace afina {

Shape::Shape(std::span<const int64_t> sizes) {
  if (sizes.size() > kMaxRank)
    fail<ShapeError>("shape", "at most ", kMaxRank, " axes are supported, got ", sizes.size());
  rank_ = static_cast<int>(sizes.size());
  // Zero sizes count as one here: (0, 2^40, 2^40) must not overflow later when an axis is dropped.
  int64_t product = 1;
  for (int axis = 0; axis < rank_; ++axis) {
    const int64_t size = sizes[static_cast<size_t>(axis)];
    if (size < 0) fail<ShapeError>("shape", "axis ", axis, " has the negative size ", size);
    sizes_[axis] = size;
    if (__builtin_mul_overflow(product, std::max<int64_t>(size, 1), &product) || product > (int64_t{1} << 48))
      fail<ShapeError>("shape", "more than 2^48 elements at axis ", axis, " of size ", size);
  }
}

int64_t Shape::size() const { return size_between(0, rank_); }

int64_t Shape::size_between(int first, int last) const {
  int64_t product = 1;
  for (int axis = first; axis < last; ++axis) product *= sizes_[axis];
  return product;
}

bool Shape::operator==(const Shape& other) const {
  return std::equal(begin(), end(), other.begin(), other.end());
}

Shape Shape::with(int axis, int64_t size) const {
  Shape result = *this;
  result.sizes_[axis] = size;
  return Shape(result.sizes());
}

Shape Shape::without(int axis) const {
  Shape result = *this;
  std::copy(result.sizes_ + axis + 1, result.sizes_ + rank_, result.sizes_ + axis);
  --result.rank_;
  return result;
}

Shape Shape::inserted(int axis, int64_t size) const {
  if (rank_ == kMaxRank) fail<ShapeError>("shape", "at most ", kMaxRank, " axes are supported");
  Shape result = *this;
  std::copy_backward(result.sizes_ + axis, result.sizes_ + rank_, result.sizes_ + rank_ + 1);
  result.sizes_[axis] = size;
  ++result.rank_;
  return Shape(result.sizes());
}

Shape Shape::prefix(int count) const { return Shape(sizes().first(static_cast<size_t>(count))); }

std::ostream& operator<<(std::ostream& out, const Shape& shape) {
  out << '(';
  for (int axis = 0; axis < shape.rank(); ++axis) out << (axis ? ", " : "") << shape[axis];
  return out << (shape.rank() == 1 ? ",)" : ")");
}

int checked_axis(const char* op, int64_t axis, int rank) {
  if (axis < -rank || axis >= rank)
    fail<IndexRangeError>(op, "axis ", axis, " is outside a tensor of rank ", rank, " (allowed: ", -rank,
                          " to ", rank - 1, ")");
  return static_cast<int>(axis < 0 ? axis + rank : axis);
}

Shape broadcast_shapes(const char* op, const Shape& a, const Shape& b) {
  const int rank = std::max(a.rank(), b.rank());
  int64_t sizes[kMaxRank] = {};
  for (int back = 1; back <= rank; ++back) {
    const int64_t in_a = back <= a.rank() ? a[a.rank() - back] : 1;
    const int64_t in_b = back <= b.rank() ? b[b.rank() - back] : 1;
    if (in_a != in_b && in_a != 1 && in_b != 1)
      fail<ShapeError>(op, "shapes ", a, " and ", b, " do not broadcast: ", in_a, " against ", in_b,
                       " at axis ", -back);
    sizes[rank - back] = in_a == 1 ? in_b : in_a;
  }
  return Shape(std::span<const int64_t>(sizes, static_cast<size_t>(rank)));
}

}  // namespace afina
