#include "cuda/gemm/hopper.h"

#include <algorithm>
#include <array>
#include <limits>
#include <mutex>
#include <type_traits>

#include "core/cuda.h"
#include "cuda/gemm/hopper_tiles.h"
#include "cuda/gemm/rounded_stack.h"
#include "cuda/gemm/tier.h"

namespace afina {
namespace {

// ---- what the copy engine has to know of the factors

using EncodeTiled = decltype(&cuTensorMapEncodeTiled);

// The driver's function, asked for at run time: libcuda is not linked.
EncodeTiled encode_tiled() {
  static const EncodeTiled found = [] {
    constexpr unsigned kSince = 12000;
    void* function = nullptr;
    cudaDriverEntryPointQueryResult result{};
    const cudaError_t error = cudaGetDriverEntryPointByVersion("cuTensorMapEncodeTiled", &function, kSince,
                                                               cudaEnableDefault, &result);
    if (error != cudaSuccess || result != cudaDriverEntryPointSuccess) {
      static_cast<void>(cudaGetLastError());
      return EncodeTiled{};
    }
    return reinterpret_cast<EncodeTiled>(function);
  }();
  return found;
}

// Boxes of 128 bytes and so many rows.
template <class Factor>
CUtensorMap tensor_map(const char* op, const RoundedStack& stack, int rows) {
  constexpr cuuint32_t kRank = 3;
  constexpr int64_t kBytes = sizeof(typename Factor::Element);
  constexpr auto kType = kBytes == 2 ? CU_TENSOR_MAP_DATA_TYPE_BFLOAT16 : CU_TENSOR_MAP_DATA_TYPE_FLOAT32;
  const auto size = [](int64_t count) { return static_cast<cuuint64_t>(count); };
  const cuuint64_t row_bytes = size(stack.chunks(kBytes)) * kPackBytes;
  const cuuint64_t sizes[kRank] = {size(stack.columns), size(stack.rows), size(stack.matrices)};
  const cuuint64_t strides[kRank - 1] = {row_bytes, row_bytes * size(stack.rows)};
  const cuuint32_t box[kRank] = {Factor::kStageDepth, static_cast<cuuint32_t>(rows), 1},
                   steps[kRank] = {1, 1, 1};
  CUtensorMap map;
  const CUresult result = encode_tiled()(
      &map, kType, kRank, stack.to, sizes, strides, box, steps, CU_TENSOR_MAP_INTERLEAVE_NONE,
      CU_TENSOR_MAP_SWIZZLE_128B, CU_TENSOR_MAP_L2_PROMOTION_L2_128B, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
  if (result != CUDA_SUCCESS)
    fail<DeviceError>(op, "CUDA: cuTensorMapEncodeTiled failed with ", static_cast<int>(result));
  return map;
}

// ---- how a product is cut

// Wide tiles read less for each product; narrow ones are more, where wide ones leave multiprocessors idle or
// are half empty.
constexpr int kWide = 256, kNarrow = 128;
constexpr int64_t kMultiprocessors = 132;  // of an H100 and an H200; sums are cut by the shape alone

int64_t parts(int64_t whole, int64_t part) { return (whole + part - 1) / part; }

struct WarpgroupCut {
  int64_t down, across, tiles, steps, splits, split_steps;

  WarpgroupCut(const Gemm<float>& g, int64_t count, int64_t entries, int width, int depth) {
    constexpr int64_t kLeastSteps = 4, kMostPartElements = int64_t{1} << 24;
    const int64_t problems = count / entries;
    down = parts(g.m, kRows);
    across = parts(g.n, width);
    steps = entries * parts(g.k, depth);
    tiles = problems * down * across;
    splits =
        std::min({kMultiprocessors / tiles, steps / kLeastSteps, kMostPartElements / (problems * g.m * g.n)});
    splits = std::max<int64_t>(splits, 1);
    split_steps = parts(steps, splits);
    splits = parts(steps, split_steps);
    tiles *= splits;
  }
};

// ---- the product

struct WarpgroupDevice {
  bool usable = false;
  int multiprocessors = 0;
};

const WarpgroupDevice& warpgroup_device(Device device) {
  static auto* const known = new std::array<WarpgroupDevice, kMostDevices>;
  static auto* const once = new std::array<std::once_flag, kMostDevices>;
  const auto index = static_cast<size_t>(device.index);
  std::call_once((*once)[index], [&] {
    cudaDeviceProp properties{};
    check_cuda("device", cudaGetDeviceProperties(&properties, device.index));
    // machine code for sm_90a runs on 9.0 and on nothing newer
    (*known)[index] = {properties.major == 9 && properties.minor == 0 && encode_tiled() != nullptr,
                       properties.multiProcessorCount};
  });
  return (*known)[index];
}

template <class Ring>
void launch_tiles(const char* op, const RoundedStack& a, const RoundedStack& b, WarpgroupProduct& product,
                  const Stream& stream) {
  using Factor = typename Ring::Factor;
  const auto kernel = multiply_in_warpgroups<Ring>;
  product.a = tensor_map<Factor>(op, a, Ring::kIsATurned ? Factor::kStageDepth : kRows);
  product.b = tensor_map<Factor>(op, b, Ring::kIsBTurned ? Factor::kStageDepth : Ring::kWidth);
  check_cuda(op, cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, sizeof(Ring)));
  const auto blocks =
      static_cast<unsigned>(std::min(product.tiles, warpgroup_device(stream.device()).multiprocessors));
  launch_kernel(op, stream, {blocks, kWarpgroupThreads, sizeof(Ring)}, kernel, product);
}

// The entries' matrices of an operand, each of them once: a factor that a stack shares is rounded once.
struct OwnMatrices {
  std::vector<int64_t> starts, of_entry;

  // Of all operands' starts, one operand's third.
  OwnMatrices(const std::vector<int64_t>& all, int64_t operand) {
    const auto count = static_cast<int64_t>(all.size()) / 3;
    const std::vector<int64_t> own(all.begin() + operand * count, all.begin() + (operand + 1) * count);
    starts = own;
    std::sort(starts.begin(), starts.end());
    starts.erase(std::unique(starts.begin(), starts.end()), starts.end());
    for (const int64_t start : own)
      of_entry.push_back(std::lower_bound(starts.begin(), starts.end(), start) - starts.begin());
  }
};

bool are_multiples(const std::vector<int64_t>& numbers, int64_t of) {
  return std::all_of(numbers.begin(), numbers.end(), [&](int64_t number) { return number % of == 0; });
}

// wgmma takes bfloat16 as it lies, TF32 along k alone.
template <class Factor, int kWidth>
void launch_product(const char* op, const Gemm<float>& g, const RoundedStack& a, const RoundedStack& b,
                    WarpgroupProduct& product, const Stream& stream) {
  if constexpr (std::is_same_v<Factor, WideTf32>) {
    launch_tiles<Ring<Factor, kWidth, false, false>>(op, a, b, product, stream);
  } else {
    if (g.transpose_a && g.transpose_b)
      launch_tiles<Ring<Factor, kWidth, true, false>>(op, a, b, product, stream);
    else if (g.transpose_a)
      launch_tiles<Ring<Factor, kWidth, true, true>>(op, a, b, product, stream);
    else if (g.transpose_b)
      launch_tiles<Ring<Factor, kWidth, false, false>>(op, a, b, product, stream);
    else
      launch_tiles<Ring<Factor, kWidth, false, true>>(op, a, b, product, stream);
  }
}

// The numbers of a stack, brought to the device: where the matrices of a and b are, which of them an entry
// multiplies, where c's are.  All null for one product.
struct StackNumbers {
  OwnMatrices a_own, b_own;
  bool is_stack;
  std::vector<int64_t> numbers;
  Workspace<int64_t> on_device;

  StackNumbers(const std::vector<int64_t>& starts, const Stream& stream)
      : a_own(starts, 0),
        b_own(starts, 1),
        is_stack(!starts.empty()),
        numbers(all(starts)),
        on_device(static_cast<int64_t>(numbers.size()), stream) {
    if (is_stack)
      copy_to_cuda(on_device.data(), stream.device(), numbers.data(), numbers.size() * sizeof(int64_t));
  }
  const int64_t* a_starts() const { return after(0); }
  const int64_t* b_starts() const { return after(a_own.starts.size()); }
  const int64_t* a_entries() const { return after(a_own.starts.size() + b_own.starts.size()); }
  const int64_t* b_entries() const { return after(numbers.size() - 2 * a_own.of_entry.size()); }
  const int64_t* c_starts() const { return after(numbers.size() - a_own.of_entry.size()); }

 private:
  const int64_t* after(size_t place) const { return is_stack ? on_device.data() + place : nullptr; }
  std::vector<int64_t> all(const std::vector<int64_t>& starts) const {
    std::vector<int64_t> joined;
    for (const auto* const part : {&a_own.starts, &b_own.starts, &a_own.of_entry, &b_own.of_entry})
      joined.insert(joined.end(), part->begin(), part->end());
    joined.insert(joined.end(), starts.end() - static_cast<int64_t>(starts.size() / 3), starts.end());
    return joined;
  }
};

// An operand that is stored so, (k, lines) where it is `turned` and (lines, k) where not.
template <class Factor>
RoundedStack stacked(const float* from, int64_t step, const int64_t* starts, const OwnMatrices& own,
                     int64_t lines, int64_t k, bool turned) {
  const bool turn = turned && std::is_same_v<Factor, WideTf32>;
  const bool along_k = !turned || turn;
  const auto matrices = static_cast<int64_t>(std::max<size_t>(own.starts.size(), 1));
  const bool vectors = is_aligned(from) && step % kVector == 0 && are_multiples(own.starts, kVector);
  return {from, starts, along_k ? lines : k, along_k ? k : lines, step, turn, vectors, matrices};
}

template <class Factor>
void multiply_rounded_to(const char* op, const Gemm<float>& g, int64_t entries,
                         const std::vector<int64_t>& starts, const Stream& stream) {
  constexpr int kDepth = Factor::kStageDepth;
  constexpr int64_t kBytes = sizeof(typename Factor::Element);
  const auto count = starts.empty() ? 1 : static_cast<int64_t>(starts.size()) / 3;
  const WarpgroupCut wide(g, count, entries, kWide, kDepth), narrow(g, count, entries, kNarrow, kDepth);
  const bool takes_wide = g.n > kNarrow && 4 * wide.tiles >= 3 * kMultiprocessors;
  const WarpgroupCut& cut = takes_wide ? wide : narrow;

  // 1. the factors
  const StackNumbers stack(starts, stream);
  RoundedStack a = stacked<Factor>(g.a, g.a_step, stack.a_starts(), stack.a_own, g.m, g.k, g.transpose_a);
  RoundedStack b = stacked<Factor>(g.b, g.b_step, stack.b_starts(), stack.b_own, g.n, g.k, !g.transpose_b);
  const Workspace<char> a_bytes(a.bytes(kBytes), stream), b_bytes(b.bytes(kBytes), stream);
  a.to = a_bytes.data();
  b.to = b_bytes.data();
  round_stack<Factor>(op, a, stream);
  round_stack<Factor>(op, b, stream);

  // 2. their products
  const int64_t problems = count / entries, elements = problems * g.m * g.n;
  const Workspace<float> kept(cut.splits > 1 ? elements * cut.splits : 0, stream);
  const StoreMatrix<float> store{g.c, g.c_step, stack.c_starts(), entries, g.bias, g.relu, g.accumulate};
  const std::vector<int64_t> c_starts(starts.end() - static_cast<int64_t>(starts.size() / 3), starts.end());
  const bool c_in_pairs = g.c_step % 2 == 0 && reinterpret_cast<uintptr_t>(g.c) % sizeof(TwoFloats) == 0 &&
                          are_multiples(c_starts, 2);
  const auto number = [](int64_t value) { return static_cast<int>(value); };
  WarpgroupProduct product{};
  product.a_at = stack.a_entries();
  product.b_at = stack.b_entries();
  product.m = number(g.m);
  product.n = number(g.n);
  product.down = number(cut.down);
  product.across = number(cut.across);
  product.tiles = number(cut.tiles);
  product.splits = number(cut.splits);
  product.entries = number(entries);
  product.entry_steps = number(parts(g.k, kDepth));
  product.split_steps = number(cut.split_steps);
  product.pairs = g.n % 2 == 0 && (cut.splits > 1 || c_in_pairs);
  product.store = {store, {kept.data(), g.m, g.n}};
  if (takes_wide)
    launch_product<Factor, kWide>(op, g, a, b, product, stream);
  else
    launch_product<Factor, kNarrow>(op, g, a, b, product, stream);
  if (cut.splits > 1)
    launch_kernel(op, stream, {grid_for(elements), kThreads}, add_parts<float, StoreMatrix<float>>,
                  kept.data(), store, ProductSizes{problems, g.m, g.n, g.k}, cut.splits);
}

}  // namespace

bool has_warpgroup_products(Device device) { return !device.is_cpu() && warpgroup_device(device).usable; }

// What rounding first costs: to bfloat16 it reads four bytes of an element and writes two, 1.5 ps at 4 TB/s,
// to TF32 2 ps.  What it saves: a multiply-add in bfloat16 takes 2 / 300 T seconds on the tiles of mma.sync,
// which can reach at most two thirds of the 990 TFLOP/s of an H100 and hold float32 in shared memory, and 2 /
// 600 T seconds here, 3.3 fs less; in TF32 everything takes twice as long.  So m n k 3.3 fs must be more than
// (m k + k n) 1.5 ps, that is m n > 450 (m + n), in TF32 300 (m + n); and the launches of two kernels more, 5
// us, are worth 1.5 G multiply-adds. These rates are expected, not measured.
bool takes_warpgroups(const Gemm<float>& g, int64_t count, Device device) {
  constexpr int64_t kMostSize = int64_t{1} << 30, kMostSteps = std::numeric_limits<int>::max();
  constexpr double kLeastSide = 512, kLeastProducts = 2e9;
  const ProductTier tier = product_tier;
  if (matmul_precision() == MatmulPrecision::highest || tier == ProductTier::warps) return false;
  if (g.m == 0 || g.n == 0 || g.k == 0 || count == 0 || !has_warpgroup_products(device)) return false;
  if (std::max({g.m, g.n, g.k}) > kMostSize || count * parts(g.k, WideTf32::kStageDepth) > kMostSteps ||
      count * parts(g.m, kRows) * parts(g.n, kNarrow) > kMostSteps)
    return false;
  if (tier == ProductTier::warpgroups) return true;
  const auto m = static_cast<double>(g.m), n = static_cast<double>(g.n);
  return m * n >= kLeastSide * (m + n) &&
         m * n * static_cast<double>(g.k) * static_cast<double>(count) >= kLeastProducts;
}

void multiply_by_warpgroups(const char* op, const Gemm<float>& g, int64_t entries,
                            const std::vector<int64_t>& starts, const Stream& stream) {
  if (matmul_precision() == MatmulPrecision::medium)
    multiply_rounded_to<WideBf16>(op, g, entries, starts, stream);
  else
    multiply_rounded_to<WideTf32>(op, g, entries, starts, stream);
}

}  // namespace afina
