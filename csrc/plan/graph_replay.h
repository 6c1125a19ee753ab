#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/capture.h"
#include "core/matmul_precision.h"
#include "cuda/graph.h"

namespace afina {

// Does a plan's work again on a CUDA device: in stretches, each of them one CUDA graph, and piece by piece
// where the host takes part. A graph has the addresses and numbers of the day it was recorded. So what
// changes from run to run is brought to fixed places first (the plan's inputs, the keys of random numbers);
// and when any memory that the work knows has moved since, or the precision of products is another, the
// graphs are recorded anew.
class GraphReplay {
 public:
  using Works = std::vector<std::unique_ptr<Work>>;

  // Rehearses the works. `devices`: where each is done, the CPU for the host. `outside`: all memory that they
  // know besides the arena's.
  GraphReplay(const Works& works, const std::vector<Device>& devices, Device device,
              std::vector<Storage*> outside);

  bool possible() const { return graphs() > 0 && why_not_.empty(); }
  size_t scratch_bytes() const { return scratch_bytes_; }
  size_t graphs() const;
  std::string description() const;  // "" when there is nothing to say

  // Makes the kernels read these keys where they are put, beginning with the next run.
  void bring(const std::vector<std::shared_ptr<KernelKey>>& keys);
  // False, from now on, if the graphs cannot be recorded: the caller does the works one by one.
  bool ready(const Works& works, char* scratch);
  void run(const Works& works);

 private:
  struct Stretch {
    size_t first, last;  // works: [first, last)
    GraphNeeds needs;
    bool recordable;
    std::shared_ptr<Graph> graph;  // shared: a build without CUDA has nothing that ends one
  };

  void append(size_t work, GraphNeeds needs, bool recordable);
  bool is_current(const char* scratch) const;
  void record(const Works& works, char* scratch);
  void give_up(std::string why);
  void launch(Graph& graph) const;

  Device device_;
  std::vector<Stretch> stretches_;
  size_t scratch_bytes_ = 0;
  StoragePtr keys_, tables_;  // on the device

  // When the graphs were recorded:
  std::vector<std::pair<Storage*, const void*>> outside_;
  const char* scratch_ = nullptr;
  MatmulPrecision precision_{};

  size_t runs_ = 0, recordings_ = 0;
  std::string why_not_;
};

}  // namespace afina
