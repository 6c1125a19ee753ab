#include "core/node.h"

#include <algorithm>

namespace afina {
namespace {

thread_local bool recording_now = true;
std::atomic<uint64_t> next_sequence{1};

// Nodes waiting to be destroyed on this thread.  A long chain would otherwise be destroyed by recursion and
// overflow the stack.
thread_local std::vector<Node*>* doomed = nullptr;

}  // namespace

bool recording() { return recording_now; }
void set_recording(bool on) { recording_now = on; }
NoGrad::NoGrad() : before_(recording_now) { recording_now = false; }
NoGrad::~NoGrad() { recording_now = before_; }

Node::Node(const char* name, std::span<const Tensor> inputs, int outputs)
    : name_(name),
      sequence_(next_sequence.fetch_add(1, std::memory_order_relaxed)),
      outputs_(outputs),
      precision_(own_matmul_precision()) {
  edges_.resize(inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Tensor& input = inputs[i];
    if (!input.defined() || !input.requires_grad()) continue;
    needs_ |= uint64_t{1} << std::min<size_t>(i, 63);
    if (input.is_leaf())
      edges_[i].leaf = input;
    else
      edges_[i] = {input.node(), input.output_index(), {}};
  }
}

void dispose(Node* node) noexcept {
  if (doomed != nullptr) {
    doomed->push_back(node);
    return;
  }
  std::vector<Node*> waiting{node};
  doomed = &waiting;
  while (!waiting.empty()) {
    Node* const last = waiting.back();
    waiting.pop_back();
    delete last;
  }
  doomed = nullptr;
}

void attach_node(Tensor& output, NodePtr node, int output_index) {
  output.body_->node = std::move(node);
  output.body_->output_index = output_index;
}

bool any_requires_grad(std::span<const Tensor> inputs) {
  return std::ranges::any_of(inputs, [](const Tensor& x) { return x.defined() && x.requires_grad(); });
}

}  // namespace afina
