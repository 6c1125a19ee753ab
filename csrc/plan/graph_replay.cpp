#include "plan/graph_replay.h"

#include <algorithm>
#include <optional>

#include "core/cuda.h"
#include "core/error.h"
#include "core/interrupt.h"

namespace afina {
namespace {

constexpr size_t kFewestLaunches = 2;  // one launch costs as much as that of a graph

// A step whose memory moves this often is better off without graphs.
constexpr size_t kRecordingsForNothing = 4, kRunsPerRecording = 4;

// That of work which has not chosen its own.
MatmulPrecision precision_of_process() {
  const OwnMatmulPrecision none(std::nullopt);
  return matmul_precision();
}

std::string counted(size_t count, const char* one, const char* several) {
  return std::to_string(count) + " " + (count == 1 ? one : several);
}

}  // namespace

GraphReplay::GraphReplay(const Works& works, const std::vector<Device>& devices, Device device,
                         std::vector<Storage*> outside)
    : device_(device) {
  for (Storage* const storage : outside) outside_.emplace_back(storage, nullptr);
  for (size_t i = 0; i < works.size(); ++i) {
    if (devices[i].is_cpu() || devices[i] != device_) {
      append(i, {}, false);
      continue;
    }
    try {
      if constexpr (kHasCuda) append(i, rehearsed(device_, [&] { works[i]->run(); }), true);
    } catch (const DeviceError&) {
      append(i, {}, false);
    }
  }
  for (Stretch& stretch : stretches_) {
    stretch.recordable = stretch.recordable && stretch.needs.launches >= kFewestLaunches;
    if (stretch.recordable) scratch_bytes_ = std::max(scratch_bytes_, stretch.needs.scratch);
  }
}

void GraphReplay::append(size_t work, GraphNeeds needs, bool recordable) {
  if (stretches_.empty() || stretches_.back().recordable != recordable)
    stretches_.push_back({work, work, {}, recordable, nullptr});
  Stretch& stretch = stretches_.back();
  stretch.last = work + 1;
  GraphNeeds& all = stretch.needs;
  all.launches += needs.launches;
  all.scratch = std::max(all.scratch, needs.scratch);
  all.tables.insert(all.tables.end(), needs.tables.begin(), needs.tables.end());
}

size_t GraphReplay::graphs() const {
  return static_cast<size_t>(std::ranges::count_if(stretches_, &Stretch::recordable));
}

std::string GraphReplay::description() const {
  if (!why_not_.empty()) return "not as CUDA graphs: " + why_not_;
  if (graphs() == 0) return {};
  size_t launches = 0, between = 0;
  for (const Stretch& stretch : stretches_)
    (stretch.recordable ? launches : between) +=
        stretch.recordable ? stretch.needs.launches : stretch.last - stretch.first;
  std::string text = "as " + counted(graphs(), "CUDA graph", "CUDA graphs") + " of " +
                     counted(launches, "launch", "launches");
  if (between > 0) text += " and " + counted(between, "piece of work", "pieces of work") + " beside";
  return text;
}

// -- before a run -------------------------------------------------------------------------------

void GraphReplay::bring(const std::vector<std::shared_ptr<KernelKey>>& keys) {
  if (keys.empty()) return;
  const size_t bytes = keys.size() * sizeof(RandomKey);
  if (!keys_) keys_ = allocate_storage(bytes, device_);
  touch(*keys_);
  auto* const places = static_cast<RandomKey*>(keys_->data);
  std::vector<RandomKey> values;
  for (const std::shared_ptr<KernelKey>& key : keys) {
    key->place = places + values.size();
    values.push_back(key->key);
  }
  if constexpr (kHasCuda) copy_to_cuda(places, device_, values.data(), bytes);
}

bool GraphReplay::ready(const Works& works, char* scratch) {
  ++runs_;
  if (is_current(scratch)) return true;
  if (++recordings_ > kRecordingsForNothing && recordings_ * kRunsPerRecording > runs_) {
    give_up("memory that it uses moves too often");
    return false;
  }
  try {
    record(works, scratch);
  } catch (const Error& error) {
    give_up(error.what());
  }
  return why_not_.empty();
}

bool GraphReplay::is_current(const char* scratch) const {
  return recordings_ > 0 && scratch == scratch_ && precision_ == precision_of_process() &&
         std::ranges::all_of(outside_, [](const auto& seen) { return seen.first->data == seen.second; });
}

void GraphReplay::record(const Works& works, char* scratch) {
  for (Stretch& stretch : stretches_) stretch.graph.reset();
  if (!tables_) {
    std::vector<char> all;
    for (const Stretch& stretch : stretches_)
      if (stretch.recordable) all.insert(all.end(), stretch.needs.tables.begin(), stretch.needs.tables.end());
    tables_ = allocate_storage(all.size(), device_);
    if constexpr (kHasCuda) copy_to_cuda(tables_->data, device_, all.data(), all.size());
  }
  const auto* table = static_cast<const char*>(tables_->data);
  for (Stretch& stretch : stretches_) {
    if (!stretch.recordable) continue;
    const auto all = [&] {
      for (size_t i = stretch.first; i < stretch.last; ++i) works[i]->run();
    };
    if constexpr (kHasCuda)
      stretch.graph = std::make_shared<Graph>(device_, stretch.needs, GraphMemory{scratch, table}, all);
    table += stretch.needs.tables.size();
  }
  for (auto& [storage, at] : outside_) at = storage->data;
  scratch_ = scratch;
  precision_ = precision_of_process();
}

void GraphReplay::give_up(std::string why) {
  for (Stretch& stretch : stretches_) stretch.graph.reset();
  why_not_ = std::move(why);
}

void GraphReplay::launch([[maybe_unused]] Graph& graph) const {
  if constexpr (kHasCuda) {
    const DeviceTurn turn(device_);
    for (const auto& [storage, at] : outside_) touch(*storage);
    for (const StoragePtr& own : {keys_, tables_})
      if (own) touch(*own);
    graph.launch();
  }
}

// -- a run --------------------------------------------------------------------------------------

void GraphReplay::run(const Works& works) {
  for (const Stretch& stretch : stretches_) {
    poll_interrupt();
    if (stretch.graph) {
      launch(*stretch.graph);
      continue;
    }
    for (size_t i = stretch.first; i < stretch.last; ++i) {
      poll_interrupt();
      works[i]->run();
    }
  }
}

}  // namespace afina
