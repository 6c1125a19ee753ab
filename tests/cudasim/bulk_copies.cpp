#include "bulk_copies.h"

#include <cuda.h>

#include <cstring>
#include <vector>

#include "schedule.h"
#include "shared_arrays.h"
#include "tensor_map.h"
#include "watching.h"

namespace cudasim {
namespace {

constexpr uint64_t kMagic = 0x6261727269657200;  // of a barrier's bytes; the low ones count barriers
constexpr uint32_t kMostBytes = (1U << 20) - 1;  // that a phase can wait for
constexpr uintptr_t kSwizzlePattern = 1024;

struct Barrier {
  uint32_t arrivals, missing_arrivals;
  int64_t missing_bytes = 0;  // negative: what has landed before it was expected
  uint32_t parity = 0;        // of the phase that is under way
  std::vector<int> asleep;    // threads
};
std::vector<Barrier> barriers;

struct BulkCopy {
  unsigned char* to;
  TensorMap map;
  int at[3];
  uint64_t* barrier;
};
std::vector<BulkCopy> under_way;

struct Waiting {
  int thread;
  uint64_t* barrier;
};
std::vector<Waiting> waiting;

UNWATCHED std::string written(Place place) {
  const std::string file = place.file;
  return file.substr(file.rfind('/') + 1) + ":" + std::to_string(place.line);
}

UNWATCHED Barrier& barrier_at(uint64_t* word, const char* what, Place place) {
  shared_place(shared_address(word), sizeof *word);
  const uint64_t number = *word ^ kMagic;
  if (number >= barriers.size())
    give_up(std::string(what) + " at " + written(place) +
            ": no mbarrier has been made here, or it has been "
            "written over");
  return barriers[number];
}

// Ends the phase if nothing is missing.
UNWATCHED void look_at(Barrier& barrier) {
  if (barrier.missing_arrivals > 0 || barrier.missing_bytes != 0) return;
  barrier.parity ^= 1U;
  barrier.missing_arrivals = barrier.arrivals;
  for (const int thread : barrier.asleep) wake(thread);
  barrier.asleep.clear();
}

UNWATCHED uint64_t box_bytes(const TensorMap& map) {
  return uint64_t{map.box[0]} * map.box[1] * map.box[2] * map.element_bytes;
}

UNWATCHED void land(const BulkCopy& copy) {
  const TensorMap& map = copy.map;
  const size_t row_bytes = size_t{map.box[0]} * map.element_bytes;
  const uint32_t first = shared_address(copy.to);
  for (uint32_t matrix = 0; matrix < map.box[2]; ++matrix)
    for (uint32_t row = 0; row < map.box[1]; ++row)
      for (uint32_t column = 0; column < map.box[0]; ++column) {
        uint32_t address = first + static_cast<uint32_t>((matrix * map.box[1] + row) * row_bytes) +
                           column * map.element_bytes;
        if (map.swizzled) address ^= (address >> 7U & 7U) << 4U;
        const int64_t x = int64_t{copy.at[0]} + column, y = int64_t{copy.at[1]} + row,
                      z = int64_t{copy.at[2]} + matrix;
        const auto inside = [](int64_t place, uint64_t size) {
          return place >= 0 && static_cast<uint64_t>(place) < size;
        };
        unsigned char* const to = copy.to + (address - first);
        if (inside(x, map.sizes[0]) && inside(y, map.sizes[1]) && inside(z, map.sizes[2]))
          std::memcpy(to,
                      map.data + static_cast<uint64_t>(z) * map.strides[1] +
                          static_cast<uint64_t>(y) * map.strides[0] +
                          static_cast<uint64_t>(x) * map.element_bytes,
                      map.element_bytes);
        else
          std::memset(to, 0, map.element_bytes);
      }
  Barrier& barrier = barrier_at(copy.barrier, "a tile that lands", {__FILE__, __LINE__});
  barrier.missing_bytes -= static_cast<int64_t>(box_bytes(map));
  look_at(barrier);
}

}  // namespace

UNWATCHED void phase_begin(uint64_t* word, uint32_t arrivals) {
  const Bookkeeping own;
  shared_place(shared_address(word), sizeof *word);
  *word = kMagic ^ barriers.size();
  barriers.push_back({arrivals, arrivals, 0, 0, {}});
}

UNWATCHED void phase_arrive(uint64_t* word, Place place) {
  const Bookkeeping own;
  Barrier& barrier = barrier_at(word, "mbarrier.arrive", place);
  if (barrier.missing_arrivals == 0)
    give_up("mbarrier.arrive at " + written(place) + ": more arrivals than the phase has");
  RELEASE(word);
  --barrier.missing_arrivals;
  look_at(barrier);
}

UNWATCHED void phase_expect(uint64_t* word, uint32_t bytes, Place place) {
  const Bookkeeping own;
  Barrier& barrier = barrier_at(word, "mbarrier.arrive.expect_tx", place);
  if (bytes > kMostBytes) give_up("mbarrier.arrive.expect_tx at " + written(place) + ": too many bytes");
  barrier.missing_bytes += bytes;
  phase_arrive(word, place);
}

// Whether the phase is still under way; the thread is then to be woken at its end.
UNWATCHED bool joins_phase(uint64_t* word, uint32_t parity, Place place) {
  const Bookkeeping own;
  std::erase_if(waiting, [](const Waiting& one) { return one.thread == current_thread(); });
  Barrier& barrier = barrier_at(word, "mbarrier.try_wait", place);
  if (barrier.parity != parity) return false;
  barrier.asleep.push_back(current_thread());
  waiting.push_back({current_thread(), word});
  return true;
}

UNWATCHED void phase_wait(uint64_t* word, uint32_t parity, Place place) {
  while (joins_phase(word, parity, place)) sleep(place);
  ACQUIRE(word);
}

UNWATCHED void load_box(void* to, const CUtensorMap& map, const int (&at)[3], uint64_t* barrier,
                        Place place) {
  const Bookkeeping own;
  BulkCopy copy{static_cast<unsigned char*>(to), {}, {at[0], at[1], at[2]}, barrier};
  std::memcpy(&copy.map, &map, sizeof copy.map);
  if (copy.map.magic != TensorMap::kMagic || reinterpret_cast<uintptr_t>(&map) % 64 != 0)
    give_up("cp.async.bulk.tensor at " + written(place) + ": no tensor map, or one that is not aligned");
  const uint32_t address = shared_address(to);
  shared_place(address, box_bytes(copy.map));
  if (address % (copy.map.swizzled ? kSwizzlePattern : 128) != 0)
    give_up("cp.async.bulk.tensor at " + written(place) + ": the tile is not where its pattern begins");
  barrier_at(barrier, "cp.async.bulk.tensor", place);
  if (lands_at_once())
    land(copy);
  else
    under_way.push_back(copy);
}

UNWATCHED bool land_bulk_copy() {
  const Bookkeeping own;
  if (under_way.empty()) return false;
  std::vector<int> turns(under_way.size());
  for (size_t i = 0; i < turns.size(); ++i) turns[i] = static_cast<int>(i);
  arrange(turns);
  const BulkCopy copy = under_way[static_cast<size_t>(turns[0])];
  under_way.erase(under_way.begin() + turns[0]);
  land(copy);
  return true;
}

UNWATCHED bool bulk_copies_have_landed() {
  if (under_way.empty()) return true;
  set_failure("a block ends while a tile of its shared memory is still on its way (cp.async.bulk.tensor)");
  return false;
}

UNWATCHED std::string phase_waited_for(int thread) {
  for (const Waiting& one : waiting) {
    if (one.thread != thread) continue;
    const Barrier& barrier = barriers[*one.barrier ^ kMagic];
    return "a phase of an mbarrier that misses " + std::to_string(barrier.missing_arrivals) +
           " arrivals and " + std::to_string(barrier.missing_bytes) + " bytes";
  }
  return "nothing";
}

UNWATCHED void forget_bulk_copies() {
  barriers.clear();
  under_way.clear();
  waiting.clear();
}

}  // namespace cudasim

CUresult cuTensorMapEncodeTiled(CUtensorMap* map, CUtensorMapDataType type, cuuint32_t rank, void* data,
                                const cuuint64_t* sizes, const cuuint64_t* strides, const cuuint32_t* box,
                                const cuuint32_t* steps, CUtensorMapInterleave interleave,
                                CUtensorMapSwizzle swizzle, CUtensorMapL2promotion,
                                CUtensorMapFloatOOBfill fill) {
  constexpr uint64_t kMostSize = uint64_t{1} << 32, kMostStride = uint64_t{1} << 40;
  constexpr uint32_t kMostBox = 256, kMostSwizzled = 128;
  const uint32_t bytes = type == CU_TENSOR_MAP_DATA_TYPE_BFLOAT16 ? 2 : 4;
  if ((type != CU_TENSOR_MAP_DATA_TYPE_BFLOAT16 && type != CU_TENSOR_MAP_DATA_TYPE_FLOAT32) ||
      interleave != CU_TENSOR_MAP_INTERLEAVE_NONE || fill != CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE || rank != 3 ||
      reinterpret_cast<uintptr_t>(data) % 16 != 0)
    return CUDA_ERROR_INVALID_VALUE;
  for (int axis = 0; axis < 3; ++axis)
    if (sizes[axis] == 0 || sizes[axis] > kMostSize || box[axis] == 0 || box[axis] > kMostBox ||
        steps[axis] != 1)
      return CUDA_ERROR_INVALID_VALUE;
  for (int axis = 0; axis < 2; ++axis)
    if (strides[axis] % 16 != 0 || strides[axis] >= kMostStride) return CUDA_ERROR_INVALID_VALUE;
  const bool swizzled = swizzle == CU_TENSOR_MAP_SWIZZLE_128B;
  if (box[0] * bytes % 16 != 0 || (swizzled && box[0] * bytes > kMostSwizzled))
    return CUDA_ERROR_INVALID_VALUE;
  const cudasim::TensorMap written{cudasim::TensorMap::kMagic,
                                   static_cast<unsigned char*>(data),
                                   {sizes[0], sizes[1], sizes[2]},
                                   {strides[0], strides[1]},
                                   {box[0], box[1], box[2]},
                                   bytes,
                                   swizzled};
  static_assert(sizeof written <= sizeof *map);
  *map = {};
  std::memcpy(map, &written, sizeof written);
  return CUDA_SUCCESS;
}
