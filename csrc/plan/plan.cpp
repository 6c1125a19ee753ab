#include "plan/plan.h"

#include <algorithm>
#include <sstream>
#include <unordered_set>

#include "core/interrupt.h"
#include "core/node.h"
#include "cpu/allocator.h"

namespace afina {

char* Arena::reserve(size_t bytes, Device device) {
  if (bytes > this->bytes() || (memory_ && memory_->device != device)) {
    memory_ = StoragePtr();
    memory_ = allocate_storage(bytes, device);
  }
  if (!memory_) return nullptr;
  touch(*memory_);  // plans of other threads may have it in use
  return static_cast<char*>(memory_->data);
}

void Arena::release() {
  const std::scoped_lock turn(mutex_);
  memory_ = StoragePtr();
}

Plan::~Plan() { abandon(); }

std::vector<Tensor> Plan::begin(const std::vector<Tensor>& inputs) {
  if (current_capture != nullptr)
    fail<ArgumentError>("Plan",
                        "this thread is already capturing a step; a step cannot contain another's capture");
  if (!works_.empty()) fail<ArgumentError>("Plan", "this plan has captured its step already");
  device_ = inputs.empty() ? current_device() : inputs.front().device();
  moves_ = moves_so_far();
  for (const Tensor& input : inputs) {
    const auto given = std::make_shared<Tensor>(input);
    given_.push_back(given);
    StoragePtr storage(new Storage);
    storage->data = input.raw();
    storage->bytes = input.bytes();
    storage->device = input.device();
    storage->stream = input.storage()->stream.load();
    storage->writable = false;
    storage->release = [given] {};  // the given memory lasts as long as anything looks into it
    stand_ins_.emplace_back(std::move(storage), 0, input.shape(), input.dtype());
  }
  current_capture = this;
  return stand_ins_;
}

std::string Plan::end() {
  if (current_capture != this) fail<ArgumentError>("Plan", "end() without begin() on this thread");
  current_capture = nullptr;
  if (moves_ != moves_so_far()) refuse("a tensor moves to another device");
  if (refusal_.empty()) {
    forget_history();
    give_back_what_is_over();
    refuse_a_second_device();
  }
  if (!refusal_.empty()) {
    abandon();
    return refusal_;
  }
  lay_out();
  return {};
}

void Plan::abandon() noexcept {
  if (current_capture == this) current_capture = nullptr;
  graphs_.reset();
  works_.clear();
  devices_.clear();
  blocks_.clear();
  block_of_.clear();
  handles_.clear();
  stand_ins_.clear();
  given_.clear();
}

// -- while capturing ----------------------------------------------------------------------------

void Plan::add(std::unique_ptr<Work> work, const std::vector<TensorBody*>& handles) {
  const size_t now = works_.size();
  const Device device = work->device();
  const bool all_there =
      std::ranges::all_of(handles, [&](const TensorBody* array) { return array->storage->device == device; });
  devices_.push_back(all_there ? device : Device{});
  works_.push_back(std::move(work));
  for (TensorBody* const array : handles) {
    const bool known = handles_[array]++ > 0;
    const auto found = block_of_.find(array->storage.get());
    if (found == block_of_.end()) continue;
    Block& block = blocks_[found->second];
    if (block.arrays.empty()) block.first = now;
    if (!known) block.arrays.push_back(array);
    block.last = now;
  }
  give_back_what_is_over();
}

void Plan::allocated(const StoragePtr& storage) {
  block_of_.emplace(storage.get(), blocks_.size());
  blocks_.push_back({storage, {}, 0, 0, false});
}

std::shared_ptr<KernelKey> Plan::drawn(RandomKey key) {
  keys_.push_back(std::make_shared<KernelKey>(key, nullptr));
  return keys_.back();
}

void Plan::refuse(std::string why) {
  if (refusal_.empty()) refusal_ = std::move(why);
}

bool Plan::only_works_hold(const TensorBody& array) const {
  const auto found = handles_.find(const_cast<TensorBody*>(&array));
  return found != handles_.end() && found->second == array.references.load();
}

// The list of blocks holds the storage once, and so does each of its arrays.
bool Plan::only_works_hold(const Block& block) const {
  return block.storage.use_count() == static_cast<long>(block.arrays.size()) + 1 &&
         std::ranges::all_of(block.arrays, [&](const TensorBody* array) { return only_works_hold(*array); });
}

bool Plan::held_once(const Tensor& x) const {
  const auto held = handles_.find(x.body());
  if (x.use_count() != 1 + (held == handles_.end() ? 0 : held->second)) return false;
  const auto found = block_of_.find(x.storage().get());
  if (found == block_of_.end()) return x.storage().use_count() == 1;
  const Block& block = blocks_[found->second];
  const long others = static_cast<long>(block.arrays.size()) - (held == handles_.end() ? 0 : 1);
  return block.storage.use_count() == others + 2 &&  // the list of blocks, and x
         std::ranges::all_of(block.arrays, [&](const TensorBody* array) {
           return array == x.body() || only_works_hold(*array);
         });
}

// What the step itself has let go of is freed here as it was there: a capture needs the memory of a step.
void Plan::give_back_what_is_over() {
  for (Block& block : blocks_) {
    if (block.over || !only_works_hold(block)) continue;
    block.over = true;
    release_memory(*block.storage);
  }
}

// The arrays remember how they were made; a repetition has no use for that, and it holds on to much.
void Plan::forget_history() {
  for (bool more = true; more;) {
    more = false;
    for (const auto& [array, count] : handles_) {
      if (!array->node || !(array->node->released() || array->references.load() == count)) continue;
      array->node = NodePtr();
      more = true;
    }
  }
}

// Memory that does not outlast the step.
bool Plan::in_arena(const Block& block) {
  return block.over && !block.arrays.empty() && block.storage->bytes > 0;
}

// All blocks are to lie in one arena.
void Plan::refuse_a_second_device() {
  for (const Block& block : blocks_) {
    if (!in_arena(block) || block.storage->device == device_) continue;
    std::ostringstream why;
    why << "it computes on " << device_ << " and on " << block.storage->device;
    refuse(std::move(why).str());
  }
}

// -- memory -------------------------------------------------------------------------------------

void Plan::lay_out() {
  std::vector<BlockLife> lives;
  for (size_t i = 0; i < blocks_.size(); ++i) {
    const Block& block = blocks_[i];
    traffic_ += block.storage->bytes;
    if (!in_arena(block)) continue;
    planned_.push_back(i);
    lives.push_back({block.storage->bytes, block.first, block.last});
  }
  layout_ = plan_memory(lives);
  empty_cache();  // the step's own memory is not needed again
  const std::scoped_lock turn(arena_->mutex());
  place_blocks();
  if constexpr (kHasCuda) {
    if (!device_.is_cpu()) plan_graphs();
  }
}

// They need the arena, and more of it than the blocks.
void Plan::plan_graphs() {
  std::unordered_set<Storage*> outside;
  for (const auto& [array, count] : handles_) {
    const auto found = block_of_.find(array->storage.get());
    if (found == block_of_.end() || !in_arena(blocks_[found->second])) outside.insert(array->storage.get());
  }
  graphs_ = std::make_unique<GraphReplay>(works_, devices_, device_,
                                          std::vector<Storage*>(outside.begin(), outside.end()));
  place_blocks();
}

// Puts the blocks where the arena is now.
void Plan::place_blocks() {
  char* const base = arena_->reserve(arena_bytes(), device_);
  if (base == placed_at_) return;
  for (size_t i = 0; i < planned_.size(); ++i) blocks_[planned_[i]].storage->data = base + layout_.offsets[i];
  placed_at_ = base;
}

// -- repeating ----------------------------------------------------------------------------------

bool Plan::fits(const std::vector<Tensor>& inputs) const {
  if (inputs.size() != stand_ins_.size() || moves_ != moves_so_far()) return false;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Tensor &given = inputs[i], &first = stand_ins_[i];
    if (given.shape() != first.shape() || given.dtype() != first.dtype() || given.device() != first.device())
      return false;
  }
  return true;
}

void Plan::point_to(const Tensor& input, size_t i) {
  *given_[i] = input;
  Storage& stand_in = *stand_ins_[i].storage();
  stand_in.data = input.raw();
  stand_in.stream = input.storage()->stream.load();
}

// Copies an input of the device to where graphs look for it.
void Plan::bring(const Tensor& input, size_t i) {
  if (input.device() != device_) return point_to(input, i);
  stays_.resize(stand_ins_.size());
  if (!stays_[i].defined()) {
    stays_[i] = empty_like(input);
    point_to(stays_[i], i);
  }
  if (input.raw() != stays_[i].raw()) copy_into(stays_[i], input);
}

bool Plan::run(const std::vector<Tensor>& inputs) {
  if (current_capture != nullptr) refuse_capture("a captured step runs inside it");
  if (!fits(inputs)) return false;
  const CapturePause pause;
  const std::scoped_lock turn(arena_->mutex());
  place_blocks();
  for (const std::shared_ptr<KernelKey>& key : keys_) *key = {next_random_key(), nullptr};
  const bool as_graphs = graphs_ && graphs_->possible();
  for (size_t i = 0; i < inputs.size(); ++i) as_graphs ? bring(inputs[i], i) : point_to(inputs[i], i);
  if (!as_graphs) stays_.clear();
  if (as_graphs) {
    graphs_->bring(keys_);
    if (graphs_->ready(works_, placed_at_ + layout_.bytes)) {
      graphs_->run(works_);
      return true;
    }
  }
  for (const std::unique_ptr<Work>& work : works_) {
    poll_interrupt();
    work->run();
  }
  for (const Tensor& input : inputs) touch(*input.storage());  // it was read until now
  return true;
}

}  // namespace afina
