#pragma once

#include <exception>
#include <sstream>
#include <string>
#include <utility>

// Every error of the library, one class a kind; bindings/errors.cpp turns each into its Python exception.
namespace afina {

class Error : public std::exception {
 public:
  explicit Error(std::string text) : text_(std::move(text)) {}
  const char* what() const noexcept override { return text_.c_str(); }
  const std::string& text() const { return text_; }

  // The op that was called leads: an error of something it is made of, "gather: ...", becomes "embedding:
  // gather: ...".
  void lead_with(const std::string& op) {
    if (!text_.starts_with(op + ":")) text_ = op + ": " + text_;
  }

 private:
  std::string text_;
};
struct ShapeError : Error {  // a rank or a size does not fit
  using Error::Error;
};
struct DTypeError : Error {  // a dtype does not fit
  using Error::Error;
};
struct ArgumentError : Error {  // a value outside what is allowed
  using Error::Error;
};
struct IndexRangeError : Error {  // an index or a label outside its range
  using Error::Error;
};
struct DeviceError : Error {
  using Error::Error;
};
struct GradientError : Error {  // asked for a gradient that does not exist
  using Error::Error;
};
struct OutOfMemoryError : Error {
  using Error::Error;
};

// fail<ShapeError>("matmul", "cannot multiply ", a.shape(), " by ", b.shape()): "matmul: cannot multiply (2,
// 3) by (4, 5)".
template <class E, class... Parts>
[[noreturn, gnu::cold, gnu::noinline]] void fail(const char* op, const Parts&... parts) {
  std::ostringstream text;
  text << op << ": ";
  (text << ... << parts);
  throw E(std::move(text).str());
}

}  // namespace afina
