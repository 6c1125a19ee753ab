#include "cuda/gemm/hopper.h"

#include <algorithm>
#include <array>
#include <limits>
#include <mutex>
#include <type_traits>

#include "core/cuda.h"
#include "cuda/gemm/hopper_tiles.h"
#include "cuda/gemm/tier.h"
#include "cuda/vector.h"

namespace afina {
namespace {

// ---- factors in bfloat16

constexpr int64_t kChunk = 8;  // bfloat16 in 16 bytes, to which a map's rows are aligned

// A stack of matrices of float32, and where they go.
struct RoundedStack {
  const float* from;
  const int64_t* at;  // where each of them starts; null: there is one, at `from`
  int64_t rows, columns, step;
  uint32_t* to;  // two bfloat16 in each, rows padded to whole chunks
  int64_t matrices;
  bool vectors;  // rows begin at multiples of 16 bytes

  __host__ __device__ int64_t chunks() const { return (columns + kChunk - 1) / kChunk; }
  int64_t words() const { return matrices * rows * chunks() * (kChunk / 2); }
};

__global__ void __launch_bounds__(kThreads) round_matrices(RoundedStack s) {
  const int64_t chunks = s.chunks();
  for (int64_t matrix = blockIdx.y; matrix < s.matrices; matrix += gridDim.y) {
    const float* const from = s.from + (s.at == nullptr ? 0 : s.at[matrix]);
    uint32_t* const to = s.to + matrix * s.rows * chunks * (kChunk / 2);
    for (int64_t at = first_element(); at < s.rows * chunks; at += element_step()) {
      const int64_t row = at / chunks, column = at % chunks * kChunk;
      const float* const source = from + row * s.step + column;
      float values[kChunk];
      if (s.vectors && column + kChunk <= s.columns) {
        const Pack<float> low = load_pack(source), high = load_pack(source + kChunk / 2);
        for (int i = 0; i < kChunk / 2; ++i) {
          values[i] = low.at[i];
          values[kChunk / 2 + i] = high.at[i];
        }
      } else {
        for (int i = 0; i < kChunk; ++i) values[i] = column + i < s.columns ? source[i] : 0.0F;
      }
      Pack<uint32_t> rounded;
      for (int i = 0; i < kChunk / 2; ++i) rounded.at[i] = packed_bf16(values[2 * i], values[2 * i + 1]);
      store_pack(to + at * (kChunk / 2), rounded);
    }
  }
}

void round_stack(const char* op, const RoundedStack& stack, const Stream& stream) {
  constexpr int64_t kMostY = 65535;
  const dim3 grid(grid_for(stack.rows * stack.chunks()),
                  static_cast<unsigned>(std::min(stack.matrices, kMostY)));
  launch_kernel(op, stream, {grid, kThreads}, round_matrices, stack);
}

// ---- what the copy engine has to know of them

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

// Boxes of 64 columns and so many rows.
CUtensorMap tensor_map(const char* op, const RoundedStack& stack, int rows) {
  constexpr cuuint32_t kRank = 3;
  const auto size = [](int64_t count) { return static_cast<cuuint64_t>(count); };
  const cuuint64_t row_bytes = size(stack.chunks()) * kPackBytes;
  const cuuint64_t sizes[kRank] = {size(stack.columns), size(stack.rows), size(stack.matrices)};
  const cuuint64_t strides[kRank - 1] = {row_bytes, row_bytes * size(stack.rows)};
  const cuuint32_t box[kRank] = {kBulkDepth, static_cast<cuuint32_t>(rows), 1}, steps[kRank] = {1, 1, 1};
  CUtensorMap map;
  const CUresult result =
      encode_tiled()(&map, CU_TENSOR_MAP_DATA_TYPE_BFLOAT16, kRank, stack.to, sizes, strides, box, steps,
                     CU_TENSOR_MAP_INTERLEAVE_NONE, CU_TENSOR_MAP_SWIZZLE_128B,
                     CU_TENSOR_MAP_L2_PROMOTION_L2_128B, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
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

  WarpgroupCut(const Gemm<float>& g, int64_t count, int64_t entries, int width) {
    constexpr int64_t kLeastSteps = 4, kMostPartElements = int64_t{1} << 24;
    const int64_t problems = count / entries;
    down = parts(g.m, kRows);
    across = parts(g.n, width);
    steps = entries * parts(g.k, kBulkDepth);
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

template <int kWidth, bool kATurned, bool kBTurned>
void launch_tiles(const char* op, const RoundedStack& a, const RoundedStack& b, WarpgroupProduct& product,
                  const Stream& stream) {
  constexpr int kShared = sizeof(Ring<kWidth, kATurned, kBTurned>);
  const auto kernel = multiply_in_warpgroups<kWidth, kATurned, kBTurned>;
  product.a = tensor_map(op, a, kATurned ? kBulkDepth : kRows);
  product.b = tensor_map(op, b, kBTurned ? kBulkDepth : kWidth);
  check_cuda(op, cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, kShared));
  const auto blocks =
      static_cast<unsigned>(std::min(product.tiles, warpgroup_device(stream.device()).multiprocessors));
  launch_kernel(op, stream, {blocks, kWarpgroupThreads, kShared}, kernel, product);
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

void launch_product(const char* op, bool wide, const Gemm<float>& g, const RoundedStack& a,
                    const RoundedStack& b, WarpgroupProduct& product, const Stream& stream) {
  const auto with_width = [&]<int kWidth>(std::integral_constant<int, kWidth>) {
    if (g.transpose_a && g.transpose_b) return launch_tiles<kWidth, true, false>(op, a, b, product, stream);
    if (g.transpose_a) return launch_tiles<kWidth, true, true>(op, a, b, product, stream);
    if (g.transpose_b) return launch_tiles<kWidth, false, false>(op, a, b, product, stream);
    launch_tiles<kWidth, false, true>(op, a, b, product, stream);
  };
  if (wide)
    with_width(std::integral_constant<int, kWide>{});
  else
    with_width(std::integral_constant<int, kNarrow>{});
}

}  // namespace

bool has_warpgroup_products(Device device) { return !device.is_cpu() && warpgroup_device(device).usable; }

// What rounding first costs: it reads four bytes of an element and writes two, 1.5 ps at 4 TB/s.  What it
// saves: a multiply-add takes 2 / 300 T seconds on the tiles of mma.sync, which can reach at most two thirds
// of the 990 TFLOP/s of an H100 and hold float32 in shared memory, and 2 / 600 T seconds here, 3.3 fs less.
// So m n k 3.3 fs must be more than (m k + k n) 1.5 ps, that is m n > 450 (m + n); and the launches of two
// kernels more, 5 us, are worth 1.5 G multiply-adds.  These rates are expected, not measured.
bool takes_warpgroups(const Gemm<float>& g, int64_t count, Device device) {
  constexpr int64_t kMostSize = int64_t{1} << 30, kMostSteps = std::numeric_limits<int>::max();
  constexpr double kLeastSide = 512, kLeastProducts = 2e9;
  const ProductTier tier = product_tier;
  if (matmul_precision() != MatmulPrecision::medium || tier == ProductTier::warps) return false;
  if (g.m == 0 || g.n == 0 || g.k == 0 || count == 0 || !has_warpgroup_products(device)) return false;
  if (std::max({g.m, g.n, g.k}) > kMostSize || count * parts(g.k, kBulkDepth) > kMostSteps ||
      count * parts(g.m, kRows) * parts(g.n, kNarrow) > kMostSteps)
    return false;
  if (tier == ProductTier::warpgroups) return true;
  const auto m = static_cast<double>(g.m), n = static_cast<double>(g.n);
  return m * n >= kLeastSide * (m + n) &&
         m * n * static_cast<double>(g.k) * static_cast<double>(count) >= kLeastProducts;
}

void multiply_by_warpgroups(const char* op, const Gemm<float>& g, int64_t entries,
                            const std::vector<int64_t>& starts, const Stream& stream) {
  const bool is_stack = !starts.empty();
  const auto count = is_stack ? static_cast<int64_t>(starts.size()) / 3 : 1;
  const WarpgroupCut wide(g, count, entries, kWide), narrow(g, count, entries, kNarrow);
  const bool takes_wide = g.n > kNarrow && 4 * wide.tiles >= 3 * kMultiprocessors;
  const WarpgroupCut& cut = takes_wide ? wide : narrow;

  // 1. the numbers of a stack, on the device: where matrices of a and b are, which of them an entry
  // multiplies, where c's are
  const OwnMatrices a_own(starts, 0), b_own(starts, 1);
  std::vector<int64_t> numbers;
  const auto placed = [&](const auto& from, const auto& to) {
    numbers.insert(numbers.end(), from, to);
    return static_cast<int64_t>(numbers.size()) - (to - from);
  };
  const int64_t a_starts = placed(a_own.starts.begin(), a_own.starts.end()),
                b_starts = placed(b_own.starts.begin(), b_own.starts.end()),
                a_entries = placed(a_own.of_entry.begin(), a_own.of_entry.end()),
                b_entries = placed(b_own.of_entry.begin(), b_own.of_entry.end()),
                c_starts = placed(starts.begin() + (is_stack ? 2 * count : 0), starts.end());
  const Workspace<int64_t> on_device(static_cast<int64_t>(numbers.size()), stream);
  if (is_stack)
    copy_to_cuda(on_device.data(), stream.device(), numbers.data(), numbers.size() * sizeof(int64_t));
  const auto at = [&](int64_t place) { return is_stack ? on_device.data() + place : nullptr; };

  // 2. the factors
  const auto stacked = [&](const float* from, int64_t place, const OwnMatrices& own, int64_t rows,
                           int64_t columns, int64_t step) {
    const auto matrices = static_cast<int64_t>(std::max<size_t>(own.starts.size(), 1));
    const bool vectors = is_aligned(from) && step % kVector == 0 && are_multiples(own.starts, kVector);
    return RoundedStack{from, at(place), rows, columns, step, nullptr, matrices, vectors};
  };
  RoundedStack a =
      stacked(g.a, a_starts, a_own, g.transpose_a ? g.k : g.m, g.transpose_a ? g.m : g.k, g.a_step);
  RoundedStack b =
      stacked(g.b, b_starts, b_own, g.transpose_b ? g.n : g.k, g.transpose_b ? g.k : g.n, g.b_step);
  const Workspace<uint32_t> a_words(a.words(), stream), b_words(b.words(), stream);
  a.to = a_words.data();
  b.to = b_words.data();
  round_stack(op, a, stream);
  round_stack(op, b, stream);

  // 3. their products
  const int64_t problems = count / entries, part_elements = problems * cut.splits * g.m * g.n;
  const Workspace<float> kept(cut.splits > 1 ? part_elements : 0, stream);
  const StoreMatrix<float> store{g.c, g.c_step, at(c_starts), entries, g.bias, g.relu, g.accumulate};
  const auto number = [](int64_t value) { return static_cast<int>(value); };
  WarpgroupProduct product{};
  product.a_at = at(a_entries);
  product.b_at = at(b_entries);
  product.m = number(g.m);
  product.n = number(g.n);
  product.down = number(cut.down);
  product.across = number(cut.across);
  product.tiles = number(cut.tiles);
  product.splits = number(cut.splits);
  product.entries = number(entries);
  product.entry_steps = number(parts(g.k, kBulkDepth));
  product.split_steps = number(cut.split_steps);
  product.pairs =
      g.n % 2 == 0 &&
      (cut.splits > 1 || (g.c_step % 2 == 0 && reinterpret_cast<uintptr_t>(g.c) % sizeof(TwoFloats) == 0 &&
                          are_multiples({starts.end() - (is_stack ? count : 0), starts.end()}, 2)));
  product.store = {store, {kept.data(), g.m, g.n}};
  launch_product(op, takes_wide, g, a, b, product, stream);
  if (cut.splits > 1)
    launch_kernel(op, stream, {grid_for(problems * g.m * g.n), kThreads},
                  add_parts<float, StoreMatrix<float>>, kept.data(), store,
                  ProductSizes{problems, g.m, g.n, g.k}, cut.splits);
}

}  // namespace afina
