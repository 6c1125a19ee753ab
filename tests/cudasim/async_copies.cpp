#include "async_copies.h"

#include <cstdint>
#include <cstring>
#include <deque>
#include <string>
#include <vector>

#include "block.h"
#include "schedule.h"
#include "watching.h"

namespace cudasim {
namespace {

struct Copy {
  void* to;
  const void* from;
  size_t bytes;
  bool inside;
};
using Group = std::vector<Copy>;

struct Pending {
  Group open;
  std::deque<Group> closed;
};
std::vector<Pending> pending;  // of each thread of the block

UNWATCHED void land(const Copy& copy) {
  if (copy.inside)
    std::memcpy(copy.to, copy.from, copy.bytes);
  else
    std::memset(copy.to, 0, copy.bytes);
}

}  // namespace

UNWATCHED void copy_later(void* to, const void* from, int bytes, bool inside) {
  const auto misaligned = [&](const void* p) {
    return reinterpret_cast<uintptr_t>(p) % static_cast<uintptr_t>(bytes) != 0;
  };
  if (misaligned(to) || (inside && misaligned(from)))
    give_up("cp.async of " + std::to_string(bytes) + " bytes that are not aligned to as many");
  const Copy copy{to, from, static_cast<size_t>(bytes), inside};
  if (lands_at_once())
    land(copy);
  else
    pending[static_cast<size_t>(current_thread())].open.push_back(copy);
}

UNWATCHED void close_copy_group() {
  Pending& own = pending[static_cast<size_t>(current_thread())];
  own.closed.push_back(std::move(own.open));
  own.open.clear();
}

UNWATCHED void land_copies(int still_coming) {
  Pending& own = pending[static_cast<size_t>(current_thread())];
  while (own.closed.size() > static_cast<size_t>(still_coming)) {
    for (const Copy& copy : own.closed.front()) land(copy);
    own.closed.pop_front();
  }
}

UNWATCHED void forget_copies(int threads) { pending.assign(static_cast<size_t>(threads), {}); }

}  // namespace cudasim
