#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/matmul_precision.h"
#include "core/tensor.h"

// Recording a gradient.  Walking the record is autograd/backward.h.
namespace afina {

// Are results recorded on this thread?  Off inside no_grad and while gradients are computed.
bool recording();
class NoGrad {
 public:
  NoGrad();
  ~NoGrad();
  NoGrad(const NoGrad&) = delete;
  NoGrad& operator=(const NoGrad&) = delete;

 private:
  bool before_;
};
void set_recording(bool on);

// One gradient per input of the op, in order; an empty Tensor where none is needed.
using Gradients = std::vector<Tensor>;

// Which inputs of an op need a gradient: closures skip the work for the others.
class Needs {
 public:
  explicit Needs(uint64_t bits) : bits_(bits) {}
  bool any() const { return bits_ != 0; }
  bool operator[](int input) const {
    return (bits_ >> (input < 63 ? input : 63)) & 1U;
  }  // from 63 on: any of them

 private:
  uint64_t bits_;
};

// Where the gradient of an input goes: to the node that made it, or to the leaf itself.
struct Edge {
  NodePtr node;
  int output_index = 0;
  Tensor leaf;
};

// One recorded op: its name, where its inputs' gradients go, and (in NodeOf) the closure that computes them.
class Node {
 public:
  Node(const char* name, std::span<const Tensor> inputs, int outputs);
  virtual ~Node() = default;
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  const char* name() const { return name_; }
  uint64_t sequence() const { return sequence_; }  // grows with time: a node's inputs have smaller numbers
  int outputs() const { return outputs_; }
  std::vector<Edge>& edges() { return edges_; }
  Needs needs() const { return Needs(needs_); }
  std::optional<MatmulPrecision> precision() const { return precision_; }  // what the op's thread had chosen

  // Bit i of `needs`: is the gradient of input i wanted?  A walk may want fewer than needs() says.
  virtual Gradients backward(std::span<const Tensor> output_gradients, Needs needs) = 0;
  virtual void release() = 0;  // drops what the closure saved
  virtual bool released() const = 0;

  std::atomic<long> references{0};

 private:
  const char* name_;
  uint64_t sequence_;
  uint64_t needs_ = 0;
  int outputs_;
  std::optional<MatmulPrecision> precision_;
  std::vector<Edge> edges_;
};

template <class F>
class NodeOf final : public Node {
 public:
  NodeOf(const char* name, std::span<const Tensor> inputs, int outputs, F closure)
      : Node(name, inputs, outputs), closure_(std::move(closure)) {}

  Gradients backward(std::span<const Tensor> dy, Needs needs) override {
    if constexpr (std::is_invocable_v<F&, std::span<const Tensor>, Needs>)
      return (*closure_)(dy, needs);
    else if constexpr (std::is_invocable_v<F&, const Tensor&, Needs>)
      return (*closure_)(dy[0], needs);
    else
      return (*closure_)(dy[0]);
  }
  void release() override { closure_.reset(); }
  bool released() const override { return !closure_.has_value(); }

 private:
  std::optional<F> closure_;
};

void attach_node(Tensor& output, NodePtr node, int output_index);
bool any_requires_grad(std::span<const Tensor> inputs);

// Remembers how to get the inputs' gradients from the output's, and returns the output.  The closure is one
// of
//   Gradients (const Tensor& dy)                          every gradient is wanted, or cheap
//   Gradients (const Tensor& dy, Needs needs)             needs[i]: is the gradient of input i wanted?
// It must not own `output` itself (that would be a cycle): save detached(output).  An undefined Tensor among
// the inputs (no bias) keeps its place.
template <class F>
Tensor record(const char* name, std::span<const Tensor> inputs, Tensor output, F closure) {
  if (recording() && any_requires_grad(inputs))
    attach_node(output, NodePtr(new NodeOf<F>(name, inputs, 1, std::move(closure))), 0);
  return output;
}
template <class F>
Tensor record(const char* name, std::initializer_list<Tensor> inputs, Tensor output, F closure) {
  return record(name, std::span<const Tensor>(inputs.begin(), inputs.size()), std::move(output),
                std::move(closure));
}

// The same for an op with several outputs; the closure is Gradients (std::span<const Tensor> dys, Needs
// needs), where an undefined dys[i] means that nothing asked for output i.
template <size_t N, class F>
std::array<Tensor, N> record(const char* name, std::initializer_list<Tensor> inputs,
                             std::array<Tensor, N> outputs, F closure) {
  const std::span<const Tensor> all(inputs.begin(), inputs.size());
  if (recording() && any_requires_grad(all)) {
    const NodePtr node(new NodeOf<F>(name, all, static_cast<int>(N), std::move(closure)));
    for (size_t i = 0; i < N; ++i) attach_node(outputs[i], node, static_cast<int>(i));
  }
  return outputs;
}

}  // namespace afina
