// The GPU's memory: what core/memory.h declares.
#include "core/memory.h"

#include <atomic>

#include "cuda/elementwise.h"
#include "cuda/launch.h"

namespace longhand::cuda {

namespace {

struct Constant {
  real value;
  __device__ real operator()() const { return value; }
};

std::atomic<std::int64_t> allocations{0}, copies{0};

}  // namespace

cudaStream_t stream() {
  static cudaStream_t const the_stream = [] {
    cudaStream_t fresh = nullptr;
    CUDA_CHECK(cudaStreamCreate(&fresh));
    return fresh;
  }();
  return the_stream;
}

void* allocate(std::size_t bytes) {
  ++allocations;
  void* memory = nullptr;
  CUDA_CHECK(cudaMalloc(&memory, bytes));
  return memory;
}

std::int64_t allocation_count() {
  return allocations;
}

std::int64_t copy_count() {
  return copies;
}

void release(void* memory) noexcept {
  // Nobody can be told of an error here: the next call reports it again.
  static_cast<void>(cudaFree(memory));
}

void copy(std::size_t bytes, const void* from, Memory from_memory, void* to, Memory to_memory) {
  if (from_memory == Memory::cuda && to_memory == Memory::cuda) {
    CUDA_CHECK(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, stream()));
    return;
  }
  ++copies;
  const cudaMemcpyKind kind = to_memory == Memory::cuda     ? cudaMemcpyHostToDevice
                              : from_memory == Memory::cuda ? cudaMemcpyDeviceToHost
                                                            : cudaMemcpyHostToHost;
  CUDA_CHECK(cudaMemcpy(to, from, bytes, kind));
}

void fill(std::int64_t size, real value, real* y) {
  elementwise(Constant{value}, size, y);
}

void synchronize() {
  CUDA_CHECK(cudaDeviceSynchronize());
}

std::string describe() {
#if defined(__CUDACC__)
  cudaDeviceProp properties;
  CUDA_CHECK(cudaGetDeviceProperties(&properties, 0));
  return properties.name;
#else
  return "kernels run on the CPU";
#endif
}

}  // namespace longhand::cuda
