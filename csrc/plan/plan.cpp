#include "plan/plan.h"

#include <algorithm>

#include "core/interrupt.h"
#include "core/node.h"
#include "cpu/allocator.h"

namespace afina {

char* Arena::reserve(size_t bytes, Device device) {
  if (bytes > this->bytes() || (memory_ && memory_->device != device)) {
    memory_ = StoragePtr();
    memory_ = allocate_storage(bytes, device);
  }
  return memory_ ? static_cast<char*>(memory_->data) : nullptr;
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
  if (refusal_.empty() && moves_ != moves_so_far()) refusal_ = "a tensor moves to another device";
  if (!refusal_.empty()) {
    abandon();
    return refusal_;
  }
  forget_history();
  give_back_what_is_over();
  lay_out();
  return {};
}

void Plan::abandon() noexcept {
  if (current_capture == this) current_capture = nullptr;
  works_.clear();
  blocks_.clear();
  block_of_.clear();
  handles_.clear();
  stand_ins_.clear();
  given_.clear();
}

// -- while capturing ----------------------------------------------------------------------------

void Plan::add(std::unique_ptr<Work> work, const std::vector<TensorBody*>& handles) {
  const size_t now = works_.size();
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

std::shared_ptr<RandomKey> Plan::drawn(RandomKey key) {
  keys_.push_back(std::make_shared<RandomKey>(key));
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

// -- memory -------------------------------------------------------------------------------------

void Plan::lay_out() {
  std::vector<BlockLife> lives;
  for (size_t i = 0; i < blocks_.size(); ++i) {
    const Block& block = blocks_[i];
    traffic_ += block.storage->bytes;
    if (!block.over || block.arrays.empty() || block.storage->bytes == 0) continue;
    planned_.push_back(i);
    lives.push_back({block.storage->bytes, block.first, block.last});
  }
  layout_ = plan_memory(lives);
  empty_cache();  // the step's own memory is not needed again
  const std::scoped_lock turn(arena_->mutex());
  place_blocks();
}

// Puts the blocks where the arena is now.
void Plan::place_blocks() {
  char* const base = arena_->reserve(layout_.bytes, device_);
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

bool Plan::run(const std::vector<Tensor>& inputs) {
  if (current_capture != nullptr) refuse_capture("a captured step runs inside it");
  if (!fits(inputs)) return false;
  const CapturePause pause;
  const std::scoped_lock turn(arena_->mutex());
  place_blocks();
  for (const std::shared_ptr<RandomKey>& key : keys_) *key = next_random_key();
  for (size_t i = 0; i < inputs.size(); ++i) {
    *given_[i] = inputs[i];
    stand_ins_[i].storage()->data = inputs[i].raw();
  }
  for (const std::unique_ptr<Work>& work : works_) {
    poll_interrupt();
    work->run();
  }
  return true;
}

}  // namespace afina
