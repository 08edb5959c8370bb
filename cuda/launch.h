// How kernels are launched and CUDA's errors noticed, the same for nvcc and for the CPU runtime.
#pragma once

#include <cuda_runtime.h>

#include <string>

#include "core/error.h"

namespace longhand {

// A call of CUDA's runtime or a launch that failed: which, in what file and line, and why.
struct CudaError : Error {
  CudaError(cudaError_t error, const std::string& text) : Error(text), code(error) {}
  cudaError_t code;
};

namespace cuda {

// The stream of all the engine's work, made at the first call (memory.cu). What is launched there
// runs in the order of the launches. It is not the default stream, because that one cannot be
// captured into a graph; the default stream's work and copies still wait for it.
cudaStream_t stream();

// Throws CudaError when `error` is one.
inline void check(cudaError_t error, const char* what, const char* file, int line) {
  if (error == cudaSuccess) return;
  const std::string text = cudaGetErrorString(error);
  cudaGetLastError();  // reported, so forgotten
  throw CudaError(
      error, std::string(what) + " at " + file + ":" + std::to_string(line) + " failed: " + text);
}

#if defined(__CUDACC__)
template <class... Parameters, class... Arguments>
void launch_kernel(const char* /*name*/, void (*kernel)(Parameters...), dim3 grid, dim3 block,
                   std::size_t shared_bytes, cudaStream_t stream, Arguments... arguments) {
  kernel<<<grid, block, shared_bytes, stream>>>(arguments...);
}
#else
using simt::launch_kernel;
#endif

}  // namespace cuda
}  // namespace longhand

// CUDA_CHECK(cudaMalloc(&x, bytes)): throws CudaError, naming the call, where it fails.
#define CUDA_CHECK(call) ::longhand::cuda::check((call), #call, __FILE__, __LINE__)

// LAUNCH(kernel, grid, block, shared_bytes, stream, arguments...) is
// kernel<<<grid, block, shared_bytes, stream>>>(arguments...), and throws CudaError, naming the
// kernel, where the launch fails. What goes wrong inside the kernel is known at once on the CPU
// runtime, on a GPU at the next call that waits for it. A template's name stands in parentheses:
// LAUNCH((sgemm<16>), ...).
#define LAUNCH(kernel, grid, block, shared_bytes, stream, ...)                             \
  do {                                                                                     \
    ::longhand::cuda::launch_kernel(#kernel, kernel, grid, block, shared_bytes,            \
                                    stream __VA_OPT__(, ) __VA_ARGS__);                    \
    ::longhand::cuda::check(cudaGetLastError(), "launch of " #kernel, __FILE__, __LINE__); \
  } while (false)

// In a kernel: `name`, a pointer to the shared memory that the launch asked for as shared_bytes,
// aligned to 16 bytes.
#if defined(__CUDACC__)
#define DYNAMIC_SHARED(type, name)                                 \
  extern __shared__ __align__(16) unsigned char longhand_shared[]; \
  type* const name = reinterpret_cast<type*>(longhand_shared)
#else
#define DYNAMIC_SHARED(type, name) \
  type* const name = static_cast<type*>(::longhand::simt::dynamic_shared())
#endif
