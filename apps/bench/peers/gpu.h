// What the peers on a GPU share: numbers in its memory, and the time at which it is done.
#pragma once

#include <cuda_runtime.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "apps/bench/peers/peer.h"

namespace longhand::bench::gpu {

inline void check(cudaError_t error) {
  if (error != cudaSuccess) throw std::runtime_error(cudaGetErrorString(error));
}

// Whether there is a GPU. Where there is none it says so to bench.
inline bool found() {
  int count = 0;
  const cudaError_t error = cudaGetDeviceCount(&count);
  if (error == cudaSuccess && count > 0) return true;
  std::cout << "missing a GPU: " << cudaGetErrorString(error) << std::endl;
  return false;
}

// `bytes` of the GPU's memory, until the program ends.
inline void* allocate(std::size_t bytes) {
  void* memory = nullptr;
  if (bytes > 0) check(cudaMalloc(&memory, bytes));
  return memory;
}

// `size` numbers from -1 to 1, as the engine gets: how much power a GPU takes, and with it how fast
// it runs, depends on the numbers.
inline float* random_numbers(std::int64_t size, Random& random) {
  const std::vector<float> values = random_values(size, random);
  const std::size_t bytes = values.size() * sizeof(float);
  void* memory = allocate(bytes);
  check(cudaMemcpy(memory, values.data(), bytes, cudaMemcpyHostToDevice));
  return static_cast<float*>(memory);
}

// serve() for steps that only tell the GPU what to do.
template <class Step>
int serve(const std::string& version, Step&& step) {
  return bench::serve(
      version, step, [] { return 0.0; }, [] { check(cudaDeviceSynchronize()); });
}

}  // namespace longhand::bench::gpu
