#include "warpgroup_products.h"

#include <cstring>
#include <deque>
#include <string>
#include <vector>

#include "schedule.h"
#include "shared_arrays.h"
#include "warp_products.h"
#include "watching.h"

namespace cudasim {
namespace {

constexpr unsigned kWholeWarp = 0xFFFFFFFF;
using Group = std::vector<WarpgroupProduct>;

struct Pending {
  Group open;
  std::deque<Group> closed;
  int to_come = 0;  // products on these sums are computed in their order
  bool fenced = false;
};
std::vector<Pending> pending;  // of each thread of the block

UNWATCHED Pending& own() { return pending[static_cast<size_t>(current_thread())]; }

// The canonical layouts of the manual, in bytes.
template <uint32_t kBytes>  // of an element
struct Descriptor {
  uint32_t start, leading, stride;
  bool swizzled;

  UNWATCHED explicit Descriptor(uint64_t word)
      : start(static_cast<uint32_t>(word & 0x3FFFU) << 4U),
        leading(static_cast<uint32_t>(word >> 16U & 0x3FFFU) << 4U),
        stride(static_cast<uint32_t>(word >> 32U & 0x3FFFU) << 4U),
        swizzled(word >> 62U == 1) {
    if (word >> 62U > 1 || (word >> 49U & 7U) != 0)
      give_up("wgmma: a descriptor with another swizzle than 128 bytes, or with a base offset");
  }

  // Element k of line `own` (a row of a, a column of b).
  inline float at(uint32_t own, uint32_t k, bool turned) const {
    constexpr uint32_t kChunk = 16 / kBytes;
    uint32_t address = start;
    if (turned && swizzled)
      address += own % 64 * kBytes + own / 64 * leading + k % 8 * 128 + k / 8 * stride;
    else if (turned)
      address += own % kChunk * kBytes + own / kChunk * stride + k % 8 * 16 + k / 8 * leading;
    else if (swizzled)
      address += own % 8 * 128 + own / 8 * stride + k * kBytes;
    else
      address += own % 8 * 16 + own / 8 * stride + k % kChunk * kBytes + k / kChunk * leading;
    if (swizzled) address ^= (address >> 7U & 7U) << 4U;
    uint32_t bits = 0;
    std::memcpy(&bits, shared_place(address, kBytes), kBytes);
    return float_of(kBytes == 2 ? bits << 16U : bits & 0xFFFFE000U);  // TF32's low bits are not read
  }
};

template <uint32_t kBytes>
UNWATCHED void compute_in(const WarpgroupProduct& product) {
  constexpr uint32_t kDepth = 32 / kBytes;
  const Descriptor<kBytes> a(product.a), b(product.b);
  const uint32_t thread = static_cast<uint32_t>(current_thread()) % 128,
                 row = thread / 32 * 16 + thread % 32 / 4, column = thread % 4 * 2;
  float rows[2][kDepth];
  for (uint32_t half = 0; half < 2; ++half)
    for (uint32_t k = 0; k < kDepth; ++k) rows[half][k] = a.at(row + 8 * half, k, product.a_turned);
  for (uint32_t j = 0; j < static_cast<uint32_t>(product.columns); ++j) {
    if (j % 8 < column || j % 8 > column + 1) continue;
    double sums[2] = {};
    for (uint32_t k = 0; k < kDepth; ++k) {
      const double other = static_cast<double>(b.at(j, k, product.b_turned));
      for (int half = 0; half < 2; ++half) sums[half] += static_cast<double>(rows[half][k]) * other;
    }
    for (uint32_t half = 0; half < 2; ++half) {
      float& sum = product.sums[j / 8 * 4 + half * 2 + j % 2];
      sum = static_cast<float>((product.add ? static_cast<double>(sum) : 0.0) + sums[half]);
    }
  }
}

UNWATCHED void compute(const WarpgroupProduct& product) {
  if (product.element_bytes == 2)
    compute_in<2>(product);
  else
    compute_in<4>(product);
}

}  // namespace

UNWATCHED void multiply_warpgroup(const WarpgroupProduct& product, Place place) {
  const uint64_t descriptors[2] = {product.a, product.b};
  const auto* const lanes = static_cast<const uint64_t*>(
      collective("wgmma.mma_async", kWholeWarp, descriptors, sizeof descriptors, place));
  for (int i = 0; i < 64; ++i)
    if (lanes[i] != descriptors[i % 2]) give_up("wgmma: the lanes of a warp bring different descriptors");
  if (!own().fenced) give_up("wgmma: no wgmma.fence since the last wait orders the registers before it");
  if (own().to_come == 0 && !lands_at_once()) return compute(product);
  own().open.push_back(product);
  ++own().to_come;
}

UNWATCHED void fence_warpgroup() { own().fenced = true; }

UNWATCHED void close_product_group() {
  own().closed.push_back(std::move(own().open));
  own().open.clear();
}

UNWATCHED void land_products(int still_coming, Place place) {
  collective("wgmma.wait_group", kWholeWarp, nullptr, 0, place);
  while (own().closed.size() > static_cast<size_t>(still_coming)) {
    for (const WarpgroupProduct& product : own().closed.front()) compute(product);
    own().to_come -= static_cast<int>(own().closed.front().size());
    own().closed.pop_front();
  }
  own().fenced = false;
  collective("wgmma.wait_group", kWholeWarp, nullptr, 0, place);  // no lane goes on before all have read
}

UNWATCHED void forget_products(int threads) { pending.assign(static_cast<size_t>(threads), {}); }

}  // namespace cudasim
