// Kernels with a mistake each, and one without: what the simulator must notice.  faults NAME runs one and
// prints what the launch said and what it computed.
#include <cstdio>
#include <string>
#include <thread>

#include "cuda/tensor_core.h"
#include "warpgroup_faults.h"

namespace {

constexpr int kThreads = 64;

struct Shared {
  float at[kThreads];
};

__device__ Shared& shared() {
  static const char tag = 0;
  return *static_cast<Shared*>(cudasim::shared_array(&tag, sizeof(Shared)));
}

// y[i] = x[n - 1 - i] by way of shared memory.
__global__ void turn_around(const float* x, float* y) {
  shared().at[threadIdx.x] = x[threadIdx.x];
  __syncthreads();
  y[threadIdx.x] = shared().at[kThreads - 1 - threadIdx.x];
}

__global__ void missing_barrier(const float* x, float* y) {
  shared().at[threadIdx.x] = x[threadIdx.x];
  y[threadIdx.x] = shared().at[kThreads - 1 - threadIdx.x];
}

__global__ void divergent_barrier(const float*, float*) {
  if (threadIdx.x < 32)
    __syncthreads();
  else
    __syncthreads();
}

__global__ void deserted_barrier(const float*, float*) {
  if (threadIdx.x == 5) return;
  __syncthreads();
}

__global__ void write_behind_the_end(const float*, float* y) { y[kThreads + threadIdx.x % 2] = 1; }

__global__ void write_behind_shared(const float*, float*) {
  volatile unsigned index = kThreads;
  shared().at[index] = 1;
}

__global__ void wrong_mask(const float*, float* y) {
  y[threadIdx.x] = __shfl_xor_sync(0x0000FFFF, static_cast<float>(threadIdx.x), 1);
}

__global__ void absent_lanes(const float*, float* y) {
  if (threadIdx.x % 32 < 16) y[threadIdx.x] = __shfl_xor_sync(0xFFFFFFFF, static_cast<float>(threadIdx.x), 1);
}

__global__ void sum_of_warp(const float* x, float* y) {
  float sum = x[threadIdx.x];
  for (int lanes = 16; lanes > 0; lanes /= 2) sum += __shfl_xor_sync(0xFFFFFFFF, sum, lanes);
  y[threadIdx.x] = sum;
}

// y = x x^T of x (8, 8) by the first warp, on tensor cores: y (8, 8), the upper half of a 16 x 8 product.  A
// lane reads its numbers where `group` and `within` say.
__device__ void multiply_by_itself(const float* x, float* y, int group, int within) {
  const int lane = static_cast<int>(threadIdx.x), g = lane / 4, t = lane % 4;
  const uint32_t zero = 0, low = afina::rounded_to_tf32(x[group * 8 + within]),
                 high = afina::rounded_to_tf32(x[group * 8 + within + 4]);
  const uint32_t a[4] = {low, zero, high, zero}, b[2] = {low, high};
  float c[4] = {};
  afina::multiply_tf32(c, a, b);
  y[g * 8 + 2 * t] = c[0];
  y[g * 8 + 2 * t + 1] = c[1];
}
__global__ void fragments(const float* x, float* y) {
  if (threadIdx.x < 32)
    multiply_by_itself(x, y, static_cast<int>(threadIdx.x) / 4, static_cast<int>(threadIdx.x) % 4);
}
__global__ void wrong_fragment_lane(const float* x, float* y) {
  if (threadIdx.x < 32)
    multiply_by_itself(x, y, static_cast<int>(threadIdx.x) % 8, static_cast<int>(threadIdx.x) / 8);
}

__global__ void fragments_of_half_a_warp(const float* x, float* y) {
  if (threadIdx.x < 16) multiply_by_itself(x, y, 0, 0);
}

// y = x by way of shared memory, in two groups of copies.
__device__ void copy_in_groups(const float* x, float* y, bool waits) {
  const unsigned thread = threadIdx.x;
  for (const unsigned first : {0U, 32U}) {
    if (thread / 32 == 0) afina::copy_async<4>(&shared().at[first + thread], x + first + thread, true);
    afina::close_copy_group();
  }
  if (waits)
    afina::wait_for_copies<0>();
  else
    afina::wait_for_copies<1>();  // the second group is still on its way
  __syncthreads();
  y[thread] = shared().at[thread];
}
__global__ void copies(const float* x, float* y) { copy_in_groups(x, y, true); }
__global__ void missing_wait(const float* x, float* y) { copy_in_groups(x, y, false); }

// Reads what the first copies brought while the second ones may overwrite it.
__global__ void copy_over_readers(const float* x, float* y) {
  const unsigned thread = threadIdx.x;
  afina::copy_async<4>(&shared().at[thread], x + thread, true);
  afina::close_copy_group();
  afina::wait_for_copies<0>();
  __syncthreads();
  y[thread] = shared().at[kThreads - 1 - thread];
  afina::copy_async<4>(&shared().at[thread], x, true);  // no barrier before it
  afina::close_copy_group();
}

__global__ void misaligned_copy(const float* x, float*) {
  afina::copy_async<16>(&shared().at[0], x + 1, true);
}

using Kernel = void (*)(const float*, float*);
struct Named {
  const char* name;
  Kernel kernel;
};
constexpr Named kKernels[] = {
    {"turn_around", turn_around},
    {"missing_barrier", missing_barrier},
    {"divergent_barrier", divergent_barrier},
    {"deserted_barrier", deserted_barrier},
    {"write_behind_the_end", write_behind_the_end},
    {"write_behind_shared", write_behind_shared},
    {"wrong_mask", wrong_mask},
    {"absent_lanes", absent_lanes},
    {"sum_of_warp", sum_of_warp},
    {"fragments", fragments},
    {"wrong_fragment_lane", wrong_fragment_lane},
    {"fragments_of_half_a_warp", fragments_of_half_a_warp},
    {"copies", copies},
    {"missing_wait", missing_wait},
    {"copy_over_readers", copy_over_readers},
    {"misaligned_copy", misaligned_copy},
};

cudaStream_t new_stream() {
  cudaStream_t stream{};
  cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking);
  return stream;
}

cudaEvent_t new_event() {
  cudaEvent_t event{};
  cudaEventCreateWithFlags(&event, cudaEventDisableTiming);
  return event;
}

// A copy on a second stream, of what a kernel on the first one reads.
cudaError_t upload(const std::string& fault, cudaLaunchConfig_t config, float* y) {
  constexpr size_t kBytes = kThreads * sizeof(float);
  const cudaStream_t first = new_stream(), second = new_stream();
  const cudaEvent_t arrived = new_event();
  float *pinned = nullptr, *x = nullptr;
  cudaHostAlloc(reinterpret_cast<void**>(&pinned), kBytes, cudaHostAllocDefault);
  cudaMallocAsync(reinterpret_cast<void**>(&x), kBytes, second);
  for (int i = 0; i < kThreads; ++i) pinned[i] = static_cast<float>(i);
  cudaMemcpyAsync(x, pinned, kBytes, cudaMemcpyHostToDevice, second);
  cudaEventRecord(arrived, second);
  if (fault == "upload_from_memory_used_again") pinned[0] = -1;
  if (fault == "upload_to_memory_freed") cudaFreeAsync(x, first);
  if (fault != "upload_not_awaited") cudaStreamWaitEvent(first, arrived, 0);
  config.stream = first;
  return cudaLaunchKernelEx(&config, turn_around, static_cast<const float*>(x), y);
}

// A kernel on a second stream, and what a first one does with its memory before it has run.
cudaError_t second_stream(const std::string& fault, cudaLaunchConfig_t config, float* x, float* y) {
  constexpr size_t kBytes = kThreads * sizeof(float);
  const cudaStream_t first = new_stream(), second = new_stream();
  const cudaEvent_t event = new_event();
  float* z = nullptr;
  cudaMallocAsync(reinterpret_cast<void**>(&z), kBytes, first);
  config.stream = second;
  cudaLaunchKernelEx(&config, turn_around, static_cast<const float*>(x), z);
  cudaEventRecord(event, second);
  if (fault == "stream_whose_memory_is_freed") cudaFreeAsync(x, first);
  if (fault == "stream_whose_memory_is_written")
    cudaMemcpyAsync(x, y, kBytes, cudaMemcpyDeviceToDevice, first);
  if (fault != "stream_not_awaited") cudaStreamWaitEvent(first, event, 0);
  config.stream = first;
  const cudaError_t error = cudaLaunchKernelEx(&config, turn_around, static_cast<const float*>(z), y);
  const cudaError_t before = cudaStreamSynchronize(second);
  return error == cudaSuccess ? before : error;
}

__global__ void scale(const float* x, float* y, float factor) { y[threadIdx.x] = x[threadIdx.x] * factor; }

// A graph of y = x 2 and x = y 2, launched twice; and what CUDA does not permit while it is recorded, or
// after.
cudaError_t graph(const std::string& fault, cudaLaunchConfig_t config, float* x, float* y) {
  constexpr size_t kBytes = kThreads * sizeof(float);
  const cudaStream_t first = new_stream(), recorded = new_stream();
  const cudaEvent_t event = new_event();
  cudaEventRecord(event, first);
  float *pinned = nullptr, *block = nullptr, pageable[kThreads];
  cudaHostAlloc(reinterpret_cast<void**>(&pinned), kBytes, cudaHostAllocDefault);
  float factor = 2;
  config.stream = recorded;
  cudaStreamBeginCapture(recorded, cudaStreamCaptureModeThreadLocal);
  cudaLaunchKernelEx(&config, scale, x, y, factor);
  cudaLaunchKernelEx(&config, scale, y, x, factor);
  if (fault == "graph_that_copies") cudaMemcpyAsync(pinned, y, kBytes, cudaMemcpyDeviceToHost, recorded);
  cudaError_t refused = cudaSuccess;
  if (fault == "graph_that_waits") refused = cudaStreamSynchronize(recorded);
  if (fault == "graph_that_allocates")
    refused = cudaMallocAsync(reinterpret_cast<void**>(&block), kBytes, recorded);
  if (fault == "graph_that_frees") refused = cudaFreeAsync(x, recorded);
  if (fault == "graph_that_pins")
    refused = cudaHostAlloc(reinterpret_cast<void**>(&block), kBytes, cudaHostAllocDefault);
  if (fault == "graph_that_copies_pageable_memory")
    refused = cudaMemcpyAsync(x, pageable, kBytes, cudaMemcpyHostToDevice, recorded);
  if (fault == "graph_that_waits_for_others") refused = cudaStreamWaitEvent(recorded, event, 0);
  if (fault == "graph_whose_event_is_awaited") {
    cudaEventRecord(event, recorded);
    refused = cudaEventSynchronize(event);
  }
  if (refused != cudaSuccess) std::printf("%s; ", cudaGetErrorString(refused));
  factor = 100;
  cudaGraph_t graph{};
  cudaError_t error = cudaSuccess;
  if (fault == "graph_of_another_thread")
    std::thread([&] { error = cudaStreamEndCapture(recorded, &graph); }).join();
  else
    error = cudaStreamEndCapture(recorded, &graph);
  cudaGraphExec_t executable{};
  if (error != cudaSuccess || fault == "graph_not_launched") return error;
  cudaGraphInstantiateWithFlags(&executable, graph, 0);
  cudaGraphDestroy(graph);
  if (fault == "graph_with_a_stale_pointer") cudaFreeAsync(x, first);
  for (int i = 0; i < 2 && error == cudaSuccess; ++i) error = cudaGraphLaunch(executable, first);
  if (fault == "graph_that_copies") std::printf("%g; ", static_cast<double>(pinned[1]));
  cudaGraphExecDestroy(executable);
  return error;
}

}  // namespace

int main(int, char** arguments) {
  const std::string wanted = arguments[1];
  if (wanted.starts_with("warpgroup")) {
    run_warpgroups(wanted);
    return 0;
  }
  float host[kThreads];
  for (int i = 0; i < kThreads; ++i) host[i] = static_cast<float>(i);
  float *x = nullptr, *y = nullptr;
  cudaMallocAsync(reinterpret_cast<void**>(&x), sizeof host, nullptr);
  cudaMallocAsync(reinterpret_cast<void**>(&y), sizeof host, nullptr);
  cudaMemcpyAsync(x, host, sizeof host, cudaMemcpyHostToDevice, nullptr);
  cudaLaunchConfig_t config;
  config.gridDim = dim3(1);
  config.blockDim = dim3(kThreads);
  cudaError_t error = cudaSuccess;
  if (wanted == "host_pointer") {
    error = cudaLaunchKernelEx(&config, turn_around, static_cast<const float*>(host), y);
  } else if (wanted == "host_reads_device") {
    std::printf("%g\n", static_cast<double>(x[0]));
  } else if (wanted.starts_with("upload")) {
    error = upload(wanted, config, y);
  } else if (wanted.starts_with("stream")) {
    error = second_stream(wanted, config, x, y);
  } else if (wanted.starts_with("graph")) {
    error = graph(wanted, config, x, y);
  } else if (wanted == "freed_pointer") {
    cudaFreeAsync(x, nullptr);
    error = cudaLaunchKernelEx(&config, turn_around, static_cast<const float*>(x), y);
  } else if (wanted == "too_many_threads") {
    config.blockDim = dim3(2048);
    error = cudaLaunchKernelEx(&config, turn_around, static_cast<const float*>(x), y);
  } else {
    for (const Named& named : kKernels)
      if (wanted == named.name)
        error = cudaLaunchKernelEx(&config, named.kernel, static_cast<const float*>(x), y);
  }
  std::printf("%s\n", cudaGetErrorString(error));
  cudaMemcpyAsync(host, y, sizeof host, cudaMemcpyDeviceToHost, nullptr);
  for (const float value : host) std::printf("%g ", static_cast<double>(value));
  std::printf("\n");
}
