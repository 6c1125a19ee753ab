#pragma once

#include <cstdint>
#include <initializer_list>
#include <ostream>
#include <span>

namespace afina {

inline constexpr int kMaxRank = 8;

// The sizes of a tensor's axes, outermost first; at most kMaxRank of them, none negative.
class Shape {
 public:
  Shape() = default;
  Shape(std::initializer_list<int64_t> sizes)
      : Shape(std::span<const int64_t>(sizes.begin(), sizes.size())) {}
  explicit Shape(std::span<const int64_t> sizes);  // checks rank, signs and that the product fits

  int rank() const { return rank_; }
  int64_t operator[](int axis) const { return sizes_[axis]; }
  int64_t dim(int axis) const { return sizes_[axis < 0 ? axis + rank_ : axis]; }  // -1 is the last
  const int64_t* begin() const { return sizes_; }
  const int64_t* end() const { return sizes_ + rank_; }
  std::span<const int64_t> sizes() const { return {sizes_, static_cast<size_t>(rank_)}; }

  int64_t size() const;                             // the number of elements
  int64_t size_between(int first, int last) const;  // the product of axes [first, last)
  bool operator==(const Shape& other) const;

  Shape with(int axis, int64_t size) const;      // one axis changed
  Shape without(int axis) const;                 // one axis removed
  Shape inserted(int axis, int64_t size) const;  // one axis added before `axis`
  Shape prefix(int count) const;                 // the first `count` axes
  Shape appended(int64_t size) const { return inserted(rank_, size); }

 private:
  int rank_ = 0;
  int64_t sizes_[kMaxRank] = {};
};

std::ostream& operator<<(std::ostream& out, const Shape& shape);  // (2, 3), as Python prints it

// Turns an axis in [-rank, rank) into [0, rank); IndexRangeError otherwise, naming `op`.
int checked_axis(const char* op, int64_t axis, int rank);

// NumPy's broadcasting of two shapes; ShapeError naming `op` when they do not fit.
Shape broadcast_shapes(const char* op, const Shape& a, const Shape& b);

}  // namespace afina
