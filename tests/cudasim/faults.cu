// Kernels with a mistake each, and one without: what the simulator must notice.  faults NAME runs one and
// prints what the launch said and what it computed.
#include <cstdio>
#include <string>

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
};

}  // namespace

int main(int, char** arguments) {
  float host[kThreads];
  for (int i = 0; i < kThreads; ++i) host[i] = static_cast<float>(i);
  float *x = nullptr, *y = nullptr;
  cudaMallocAsync(reinterpret_cast<void**>(&x), sizeof host, nullptr);
  cudaMallocAsync(reinterpret_cast<void**>(&y), sizeof host, nullptr);
  cudaMemcpyAsync(x, host, sizeof host, cudaMemcpyHostToDevice, nullptr);
  const std::string wanted = arguments[1];
  cudaLaunchConfig_t config;
  config.gridDim = dim3(1);
  config.blockDim = dim3(kThreads);
  cudaError_t error = cudaSuccess;
  if (wanted == "host_pointer") {
    error = cudaLaunchKernelEx(&config, turn_around, static_cast<const float*>(host), y);
  } else if (wanted == "host_reads_device") {
    std::printf("%g\n", static_cast<double>(x[0]));
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
