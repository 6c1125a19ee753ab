#pragma once

// Plays CUDA for g++: what csrc/cuda and the *_cuda.cu files use of the runtime, and nothing more.  A kernel
// is a plain function; block.h runs it once a thread.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <tuple>

#include "async_copies.h"
#include "block.h"
#include "bulk_copies.h"
#include "device_memory.h"
#include "graphs.h"
#include "shared_arrays.h"
#include "streams.h"
#include "warp_products.h"
#include "warpgroup_products.h"

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)
#define __grid_constant__

inline constexpr const uint3& threadIdx = cudasim::now.thread;
inline constexpr const uint3& blockIdx = cudasim::now.block;
inline constexpr const dim3& blockDim = cudasim::now.block_size;
inline constexpr const dim3& gridDim = cudasim::now.grid_size;

// Vector types.

struct alignas(16) float4 {
  float x, y, z, w;
};
struct alignas(16) double2 {
  double x, y;
};
struct alignas(16) int4 {
  int x, y, z, w;
};

// Barriers and collectives; the defaults are the caller's place in the source.

inline void __syncthreads(const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
  cudasim::barrier({file, line});
}
inline void __syncwarp(unsigned mask = 0xFFFFFFFF, const char* file = __builtin_FILE(),
                       int line = __builtin_LINE()) {
  cudasim::collective("__syncwarp", mask, nullptr, 0, {file, line});
}
template <class T>
T __shfl_sync(unsigned mask, T value, int lane, const char* file = __builtin_FILE(),
              int line = __builtin_LINE()) {
  return cudasim::exchange("__shfl_sync", mask, value, lane & 31, {file, line});
}
template <class T>
T __shfl_xor_sync(unsigned mask, T value, int lanes, const char* file = __builtin_FILE(),
                  int line = __builtin_LINE()) {
  return cudasim::exchange("__shfl_xor_sync", mask, value, cudasim::lane() ^ lanes, {file, line});
}
template <class T>
T __shfl_down_sync(unsigned mask, T value, int delta, const char* file = __builtin_FILE(),
                   int line = __builtin_LINE()) {
  const int from = cudasim::lane() + delta;
  return cudasim::exchange("__shfl_down_sync", mask, value, from < 32 ? from : cudasim::lane(), {file, line});
}
template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta, const char* file = __builtin_FILE(),
                 int line = __builtin_LINE()) {
  const int from = cudasim::lane() - static_cast<int>(delta);
  return cudasim::exchange("__shfl_up_sync", mask, value, from >= 0 ? from : cudasim::lane(), {file, line});
}
inline unsigned __ballot_sync(unsigned mask, int truth, const char* file = __builtin_FILE(),
                              int line = __builtin_LINE()) {
  const auto* const lanes =
      static_cast<const int*>(cudasim::collective("__ballot_sync", mask, &truth, sizeof truth, {file, line}));
  unsigned votes = 0;
  for (int lane = 0; lane < 32; ++lane)
    if ((mask >> lane & 1U) != 0 && lanes[lane] != 0) votes |= 1U << lane;
  return votes;
}

inline void __threadfence_system() {}  // everybody sees everything at once

inline int __ffs(unsigned word) { return __builtin_ffs(static_cast<int>(word)); }

// Atomics: blocks run one after the other, but ThreadSanitizer wants to see them.

template <class T>
T atomicCAS(T* address, T expected, T desired) {
  __atomic_compare_exchange_n(address, &expected, desired, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
  return expected;
}

// Arithmetic that g++ has no name for.

inline float rsqrtf(float x) { return 1.0F / std::sqrt(x); }
inline double rsqrt(double x) { return 1.0 / std::sqrt(x); }

// The runtime's functions.

enum cudaError_t : int {
  cudaSuccess = 0,
  cudaErrorInvalidValue = 1,
  cudaErrorMemoryAllocation = 2,
  cudaErrorInvalidConfiguration = 9,
  cudaErrorInsufficientDriver = 35,
  cudaErrorNoDevice = 100,
  cudaErrorLaunchFailure = 719,
  cudaErrorStreamCaptureUnsupported = 900,
  cudaErrorStreamCaptureInvalidated = 901,
  cudaErrorStreamCaptureIsolation = 905,
  cudaErrorCapturedEvent = 907,
  cudaErrorStreamCaptureWrongThread = 908,
};
const char* cudaGetErrorString(cudaError_t error);  // for a failed launch: what the simulator saw
const char* cudaGetErrorName(cudaError_t error);
inline cudaError_t cudaGetLastError() { return cudaSuccess; }

struct cudaDeviceProp {
  char name[256];
  size_t totalGlobalMem;
  int major, minor, multiProcessorCount;
};
cudaError_t cudaGetDeviceCount(int* count);
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device);
inline cudaError_t cudaSetDevice(int device) { return device == 0 ? cudaSuccess : cudaErrorInvalidValue; }

enum cudaDriverEntryPointQueryResult {
  cudaDriverEntryPointSuccess = 0,
  cudaDriverEntryPointSymbolNotFound = 1
};
inline constexpr unsigned long long cudaEnableDefault = 0;
cudaError_t cudaGetDriverEntryPointByVersion(const char* name, void** function, unsigned version,
                                             unsigned long long flags,
                                             cudaDriverEntryPointQueryResult* found);

using cudaStream_t = CudasimStream*;
inline constexpr unsigned cudaStreamNonBlocking = 1;
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags);
cudaError_t cudaStreamDestroy(cudaStream_t stream);
cudaError_t cudaStreamSynchronize(cudaStream_t stream);

using cudaEvent_t = CudasimEvent*;
inline constexpr unsigned cudaEventDisableTiming = 2;
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags);
cudaError_t cudaEventDestroy(cudaEvent_t event);
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream);
cudaError_t cudaEventSynchronize(cudaEvent_t event);
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned flags);

enum cudaMemcpyKind { cudaMemcpyHostToDevice = 1, cudaMemcpyDeviceToHost = 2, cudaMemcpyDeviceToDevice = 3 };
cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream);
cudaError_t cudaMallocAsync(void** block, size_t bytes, cudaStream_t stream);
cudaError_t cudaFreeAsync(void* block, cudaStream_t stream);
cudaError_t cudaMemGetInfo(size_t* free, size_t* total);

inline constexpr unsigned cudaHostAllocDefault = 0, cudaHostAllocMapped = 2;
cudaError_t cudaHostAlloc(void** block, size_t bytes, unsigned flags);

using cudaMemPool_t = struct CudasimPool*;
enum cudaMemPoolAttr { cudaMemPoolAttrReleaseThreshold = 4, cudaMemPoolAttrReservedMemCurrent = 5 };
inline cudaError_t cudaDeviceGetDefaultMemPool(cudaMemPool_t* pool, int) {
  *pool = nullptr;
  return cudaSuccess;
}
inline cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t, cudaMemPoolAttr, void*) { return cudaSuccess; }
cudaError_t cudaMemPoolGetAttribute(cudaMemPool_t pool, cudaMemPoolAttr attribute, void* value);
inline cudaError_t cudaMemPoolTrimTo(cudaMemPool_t, size_t) { return cudaSuccess; }

struct cudaLaunchConfig_t {
  dim3 gridDim, blockDim;
  size_t dynamicSmemBytes = 0;
  cudaStream_t stream = nullptr;
};

enum cudaFuncAttribute { cudaFuncAttributeMaxDynamicSharedMemorySize = 8 };
namespace cudasim {
size_t& allowed_dynamic_shared(const void* kernel);
}
template <class Kernel>
cudaError_t cudaFuncSetAttribute(Kernel* kernel, cudaFuncAttribute, int bytes) {
  cudasim::allowed_dynamic_shared(reinterpret_cast<const void*>(kernel)) = static_cast<size_t>(bytes);
  return cudaSuccess;
}

enum cudaStreamCaptureMode { cudaStreamCaptureModeThreadLocal = 1 };
enum cudaStreamCaptureStatus {
  cudaStreamCaptureStatusNone,
  cudaStreamCaptureStatusActive,
  cudaStreamCaptureStatusInvalidated
};
using cudaGraph_t = struct CudasimGraph*;
using cudaGraphExec_t = struct CudasimGraph*;
cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode);
cudaError_t cudaStreamIsCapturing(cudaStream_t stream, cudaStreamCaptureStatus* status);
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph);
cudaError_t cudaGraphInstantiateWithFlags(cudaGraphExec_t* executable, cudaGraph_t graph,
                                          unsigned long long flags);
cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t stream);
cudaError_t cudaGraphDestroy(cudaGraph_t graph);
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t executable);

namespace cudasim {

template <class... Parameters>
cudaError_t run_kernel(dim3 grid, dim3 block, size_t dynamic_shared, void (*kernel)(Parameters...),
                       const Parameters&... arguments) {
  if (!(visible_on_device(arguments) && ...)) return cudaErrorInvalidConfiguration;
  const DeviceOpen device_memory;  // a kernel may touch it, the host may not
  const auto thread = [&] { kernel(arguments...); };
  const bool ran = run_grid(
      grid, block, dynamic_shared, [](const void* body) { (*static_cast<const decltype(thread)*>(body))(); },
      &thread);
  return ran && guards_are_whole() ? cudaSuccess : cudaErrorLaunchFailure;
}

}  // namespace cudasim

template <class... Parameters, class... Arguments>
cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t* config, void (*kernel)(Parameters...),
                               Arguments&&... arguments) {
  const dim3 grid = config->gridDim, block = config->blockDim;
  const size_t dynamic_shared = config->dynamicSmemBytes;
  const size_t allowed = cudasim::allowed_dynamic_shared(reinterpret_cast<const void*>(kernel));
  if (!cudasim::launchable(grid, block) || !cudasim::is_dynamic_shared_allowed(dynamic_shared, allowed))
    return cudaErrorInvalidConfiguration;
  const std::tuple<Parameters...> values(static_cast<Parameters>(arguments)...);
  const auto launch = [=] {
    return std::apply(
        [&](const auto&... own) { return cudasim::run_kernel(grid, block, dynamic_shared, kernel, own...); },
        values);
  };
  if (!cudasim::is_captured(config->stream)) return cudasim::in_turn(config->stream, launch);
  cudasim::write_down(config->stream, launch);
  return cudaSuccess;
}
