#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/capture.h"
#include "plan/graph_replay.h"
#include "plan/memory_plan.h"

namespace afina {

// Memory that several plans of one step take turns in: what a plan keeps there lasts for one run.
class Arena {
 public:
  // At least so many bytes on the device; where they begin changes only when they grow or move.
  char* reserve(size_t bytes, Device device);
  // Gives the memory back until a plan runs again: no plan keeps anything in it between runs.
  void release();
  size_t bytes() const { return memory_ ? memory_->bytes : 0; }
  std::mutex& mutex() { return mutex_; }

 private:
  StoragePtr memory_;
  std::mutex mutex_;
};

// A step that was run once and can be run again on other inputs, without its code, its checks and its
// allocations: a flat list of work in the order in which it was done. The memory of everything that nobody
// outside still holds when the capture ends is laid out in an arena.
class Plan final : public Capture {
 public:
  explicit Plan(std::shared_ptr<Arena> arena) : arena_(std::move(arena)) {}
  ~Plan() override;

  // Begins the capture on this thread; the step is to compute with the stand-ins returned for its inputs.
  std::vector<Tensor> begin(const std::vector<Tensor>& inputs);
  // Ends it: "", or why the step cannot be repeated.
  std::string end();
  // Ends it because the step has failed.
  void abandon() noexcept;

  // Does all of it again with these inputs; what is still held from the first run (the step's results) has
  // the new values then. False, and nothing done, when their shapes, dtypes or devices are not those of the
  // first ones, or when a tensor has moved to another device since.
  bool run(const std::vector<Tensor>& inputs);

  size_t steps() const { return works_.size(); }
  size_t arena_bytes() const { return layout_.bytes + (graphs_ ? graphs_->scratch_bytes() : 0); }
  size_t traffic() const { return traffic_; }  // bytes of all blocks, a measure of the work
  // How a device does it again, "" on the host.
  std::string graphs() const { return graphs_ ? graphs_->description() : std::string(); }

  void add(std::unique_ptr<Work> work, const std::vector<TensorBody*>& handles) override;
  void allocated(const StoragePtr& storage) override;
  bool held_once(const Tensor& x) const override;
  std::shared_ptr<KernelKey> drawn(RandomKey key) override;
  void refuse(std::string why) override;

 private:
  // Memory that was allocated during the capture.
  struct Block {
    StoragePtr storage;
    std::vector<TensorBody*> arrays;  // those in it that works hold
    size_t first = 0, last = 0;       // works that touch it
    bool over = false;                // nobody but the works holds it: its memory is given back
  };

  bool only_works_hold(const TensorBody& array) const;
  bool only_works_hold(const Block& block) const;
  void give_back_what_is_over();
  void forget_history();
  static bool in_arena(const Block& block);
  void refuse_a_second_device();
  void lay_out();
  void place_blocks();
  void plan_graphs();
  void point_to(const Tensor& input, size_t i);
  void bring(const Tensor& input, size_t i);
  bool fits(const std::vector<Tensor>& inputs) const;

  std::vector<std::unique_ptr<Work>> works_;
  std::vector<Device> devices_;  // of each work, see Work::device()
  std::vector<Block> blocks_;
  std::unordered_map<const Storage*, size_t> block_of_;
  std::unordered_map<TensorBody*, long> handles_;  // how many the works hold of each array
  std::vector<std::shared_ptr<KernelKey>> keys_;
  std::vector<Tensor> stand_ins_;
  std::vector<std::shared_ptr<Tensor>> given_;  // what stands behind them now
  std::vector<Tensor> stays_;  // of those a graph reads: memory that stands behind them always
  std::string refusal_;

  std::shared_ptr<Arena> arena_;
  std::vector<size_t> planned_;  // blocks in the arena
  MemoryPlan layout_;
  char* placed_at_ = nullptr;
  std::unique_ptr<GraphReplay> graphs_;
  Device device_;
  size_t traffic_ = 0;
  uint64_t moves_ = 0;
};

}  // namespace afina
