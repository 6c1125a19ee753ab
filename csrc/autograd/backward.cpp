#include "autograd/backward.h"

#include <algorithm>
#include <queue>
#include <unordered_map>
#include <unordered_set>

#include "core/capture.h"
#include "core/interrupt.h"
#include "core/node.h"
#include "ops/elementwise/accumulate.h"

namespace afina {
namespace {

// Newest first: when a node's turn comes, everything that used its outputs has been walked.
struct Older {
  bool operator()(const Node* a, const Node* b) const { return a->sequence() < b->sequence(); }
};

// A gradient that nobody else holds, so that changing it in place touches nothing else.  It comes by value:
// the counts then tell whether the caller gave it away.
Tensor owned(Tensor gradient) {  // NOLINT(performance-unnecessary-value-param)
  return held_once(gradient) ? gradient : copied(gradient);
}

// Sums the gradients that arrive at one place.  The first one is taken as it is; the sum gets memory of its
// own, since an op may hand the same tensor to two inputs.
void arrive(Tensor& slot, Tensor gradient) {
  if (!slot.defined()) {
    slot = std::move(gradient);
  } else {
    slot = owned(std::move(slot));
    accumulate(slot, gradient);
  }
}

Gradients gradients_of(Node& node, std::span<const Tensor> output_gradients, Needs needs) {
  const OwnMatmulPrecision as_precise_as_the_op(node.precision());
  try {
    return node.backward(output_gradients, needs);
  } catch (Error& error) {
    error.lead_with(node.name());
    throw;
  }
}

class Walk {
 public:
  explicit Walk(bool retain_graph) : retain_graph_(retain_graph) {}

  // Narrows the walk to the paths from `root` that lead to one of `inputs`: frozen weights and inputs nobody
  // asks for cost nothing.
  void narrow(const Tensor& root, const std::vector<Tensor>& inputs) {
    std::unordered_set<const TensorBody*> leaves;
    for (const Tensor& input : inputs) {
      if (input.is_leaf())
        leaves.insert(input.body());
      else
        watched_.insert(input.node().get());
    }
    narrowed_ = true;
    for (Node* node : oldest_first(root)) {
      uint64_t wanted = 0;
      const std::vector<Edge>& edges = node->edges();
      for (size_t i = 0; i < edges.size(); ++i) {
        const Edge& edge = edges[i];
        const bool leads_on = edge.node
                                  ? wanted_.contains(edge.node.get()) || watched_.contains(edge.node.get())
                                  : edge.leaf.defined() && leaves.contains(edge.leaf.body());
        if (leads_on) wanted |= uint64_t{1} << std::min<size_t>(i, 63);
      }
      if (wanted != 0) wanted_.emplace(node, wanted);
    }
  }

  void start(const Tensor& root, Tensor seed) {
    deliver({root.node(), root.output_index(), root.is_leaf() ? root : Tensor()}, std::move(seed));
  }

  void run() {
    const NoGrad no_recording;
    while (!queue_.empty()) {
      poll_interrupt();
      Node* const node = queue_.top();
      queue_.pop();
      auto entry = slots_.extract(node);
      std::vector<Tensor>& output_gradients = entry.mapped().gradients;
      if (watched_.contains(node)) seen_[node] = output_gradients;
      const Needs needs = wanted(node);
      if (!needs.any()) continue;
      if (node->released())
        fail<GradientError>(node->name(),
                            "its saved tensors were released by an earlier backward walk; pass "
                            "retain_graph=True to the first one to walk twice");
      Gradients gradients = gradients_of(*node, output_gradients, needs);
      if (!retain_graph_) node->release();
      output_gradients.clear();
      std::vector<Edge>& edges = node->edges();
      for (size_t i = 0; i < edges.size() && i < gradients.size(); ++i)
        if (gradients[i].defined() && needs[static_cast<int>(i)]) deliver(edges[i], std::move(gradients[i]));
    }
  }

  // The gradient that reached `tensor`; undefined where none did.
  Tensor take(const Tensor& tensor) {
    if (tensor.is_leaf()) {
      const auto found = leaves_.find(tensor.body());
      if (found == leaves_.end()) return {};
      Tensor& gradient = found->second.second;
      gradient = owned(std::move(gradient));  // whoever asks for the same leaf again gets a copy
      return gradient;
    }
    const auto found = seen_.find(tensor.node().get());
    return found == seen_.end() ? Tensor() : found->second[static_cast<size_t>(tensor.output_index())];
  }

  void add_into_leaves() {
    for (auto& [body, entry] : leaves_) {
      auto& [leaf, gradient] = entry;
      Tensor sum = leaf.grad();
      if (sum.defined()) {
        accumulate(sum, gradient);
      } else {
        leaf.set_grad(owned(std::move(gradient)));
      }
    }
  }

 private:
  struct Slot {
    NodePtr node;  // kept alive while its turn comes
    std::vector<Tensor> gradients;
  };

  Needs wanted(Node* node) const {
    if (!narrowed_) return node->needs();
    const auto found = wanted_.find(node);
    return Needs(found == wanted_.end() ? 0 : found->second);
  }

  // Every node that root depends on, inputs before what was made from them.
  static std::vector<Node*> oldest_first(const Tensor& root) {
    std::vector<Node*> found;
    if (root.is_leaf()) return found;
    std::unordered_set<Node*> reached{root.node().get()};
    found.push_back(root.node().get());
    for (size_t next = 0; next < found.size(); ++next)
      for (const Edge& edge : found[next]->edges())
        if (edge.node && reached.insert(edge.node.get()).second) found.push_back(edge.node.get());
    std::ranges::sort(found, {}, &Node::sequence);
    return found;
  }

  void deliver(const Edge& edge, Tensor gradient) {
    if (edge.node) {
      Node* const node = edge.node.get();
      Slot& slot = slots_[node];
      if (!slot.node) {
        slot.node = edge.node;
        slot.gradients.resize(static_cast<size_t>(node->outputs()));
        queue_.push(node);
      }
      arrive(slot.gradients[static_cast<size_t>(edge.output_index)], std::move(gradient));
    } else if (edge.leaf.defined()) {
      auto& [leaf, sum] = leaves_[edge.leaf.body()];
      leaf = edge.leaf;
      arrive(sum, std::move(gradient));
    }
  }

  bool retain_graph_;
  bool narrowed_ = false;
  std::priority_queue<Node*, std::vector<Node*>, Older> queue_;
  std::unordered_map<Node*, Slot> slots_;
  std::unordered_map<TensorBody*, std::pair<Tensor, Tensor>> leaves_;
  std::unordered_set<Node*> watched_;           // made one of the tensors asked for
  std::unordered_map<Node*, uint64_t> wanted_;  // which inputs of a node lead to one of them
  std::unordered_map<Node*, std::vector<Tensor>> seen_;
};

Tensor checked_seed(const char* op, const Tensor& root, const Tensor& seed) {
  if (!root.requires_grad())
    fail<GradientError>(op, "the tensor of shape ", root.shape(),
                        " does not depend on any tensor that requires a gradient");
  if (!seed.defined()) {
    if (root.size() != 1)
      fail<ShapeError>(op, "only a scalar has a gradient without a seed, this tensor has shape ",
                       root.shape(), "; reduce it with sum() or mean(), or pass the seed");
    return full(root.shape(), 1.0, root.dtype(), root.device());
  }
  if (seed.shape() != root.shape() || seed.dtype() != root.dtype())
    fail<ShapeError>(op, "the seed must be ", root.dtype(), " of shape ", root.shape(), ", got ",
                     seed.dtype(), " of shape ", seed.shape());
  if (seed.device() != root.device())
    fail<DeviceError>(op, "the seed is on ", seed.device(), ", the tensor on ", root.device());
  return seed;
}

}  // namespace

std::vector<Tensor> gradients(const Tensor& root, const std::vector<Tensor>& inputs, const Tensor& seed,
                              bool retain_graph) {
  for (size_t i = 0; i < inputs.size(); ++i)
    if (!inputs[i].requires_grad())
      fail<GradientError>("gradients", "tensor ", i, " of shape ", inputs[i].shape(),
                          " does not require a gradient");
  Walk walk(retain_graph);
  Tensor first = checked_seed("gradients", root, seed);
  walk.narrow(root, inputs);
  walk.start(root, std::move(first));
  walk.run();
  std::vector<Tensor> results;
  results.reserve(inputs.size());
  for (const Tensor& input : inputs) results.push_back(walk.take(input));
  return results;
}

void backward(const Tensor& root, const Tensor& seed, bool retain_graph) {
  refuse_capture("backward() adds to .grad; use gradients() or value_and_grad() in a step that is captured");
  Walk walk(retain_graph);
  walk.start(root, checked_seed("backward", root, seed));
  walk.run();
  walk.add_into_leaves();
}

}  // namespace afina
