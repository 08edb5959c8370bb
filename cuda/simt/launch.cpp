// The way of a launch: its checks, its run, its error.
#include "simt/launch.h"

#include <cstring>
#include <map>
#include <string>

#include "cuda/simt/memory.h"
#include "cuda/simt/scheduler.h"
#include "cuda/simt/stream.h"

namespace longhand::simt {

namespace {

// The limits of compute capability 7.5, the least that Longhand's kernels are built for.
constexpr unsigned max_block_threads = 1024;
constexpr dim3 max_block(1024, 1024, 64);
constexpr dim3 max_grid(0x7fffffff, 65535, 65535);
constexpr std::size_t max_blocks = 0x7fffffff;  // of this runtime, which runs them one by one
constexpr std::size_t default_shared_bytes = 48 * 1024;
constexpr std::size_t most_shared_bytes = 64 * 1024;

struct Error {
  cudaError_t code = cudaSuccess;
  std::string text;
};
// Each host thread has its own, as with CUDA.
thread_local Error last;
thread_local Error
    told;  // the error that cudaGetErrorString speaks of once cudaGetLastError has taken it

std::map<const void*, std::size_t> shared_limit;  // of the kernels for which it was raised

std::string text_of(dim3 size) {
  return "(" + std::to_string(size.x) + "," + std::to_string(size.y) + "," +
         std::to_string(size.z) + ")";
}

bool outside(dim3 size, dim3 most) {
  return size.x < 1 || size.y < 1 || size.z < 1 || size.x > most.x || size.y > most.y ||
         size.z > most.z;
}

// What of the launch no GPU would take; empty when it is sound.
std::string beyond_limits(const LaunchRequest& r) {
  if (outside(r.grid, max_grid)) {
    return "grid " + text_of(r.grid) + " is not within 1 and " + text_of(max_grid);
  }
  if (std::size_t{r.grid.x} * r.grid.y > max_blocks / r.grid.z) {
    return "grid " + text_of(r.grid) + " has more blocks than this runtime can count, " +
           std::to_string(max_blocks);
  }
  const std::size_t threads = std::size_t{r.block.x} * r.block.y * r.block.z;
  if (outside(r.block, max_block) || threads > max_block_threads) {
    return "block " + text_of(r.block) + " of " + std::to_string(threads) +
           " threads is not within 1 and " + text_of(max_block) + " and " +
           std::to_string(max_block_threads) + " threads";
  }
  const auto raised = shared_limit.find(r.function);
  const std::size_t limit = raised == shared_limit.end() ? default_shared_bytes : raised->second;
  if (r.shared_bytes > limit) {
    return std::to_string(r.shared_bytes) + " bytes of dynamic shared memory are more than " +
           std::to_string(limit) + "; up to " + std::to_string(most_shared_bytes) +
           " can be asked for by cudaFuncSetAttribute";
  }
  return "";
}

// The first pointer among the arguments that is not the device's.
std::string wrong_pointer(const LaunchRequest& r) {
  for (std::size_t i = 0; i < r.pointers.size(); ++i) {
    const void* pointer = r.pointers[i];
    if (pointer == nullptr || where(pointer, 0) == Where::device) continue;
    return "its pointer argument number " + std::to_string(i + 1) + " is " + describe(pointer, 0) +
           "; give kernels pointers from cudaMalloc";
  }
  return "";
}

}  // namespace

cudaError_t note_error(cudaError_t code, const std::string& text) {
  last = told = {code, text};
  return code;
}

void launch(const LaunchRequest& request, void (*call)(const void*),
            std::shared_ptr<const void> arguments) {
  const std::string name = "kernel " + std::string(request.kernel) + ": ";
  if (const std::string text = beyond_limits(request); !text.empty()) {
    note_error(cudaErrorInvalidConfiguration, "launch beyond the limits: " + name + text);
    return;
  }
  if (const std::string text = wrong_pointer(request); !text.empty()) {
    note_error(cudaErrorIllegalAddress, "host pointer passed to a kernel: " + name + text);
    return;
  }
  const Launch launch{.kernel = request.kernel,  // a copy: a graph may outlive the request
                      .grid = request.grid,
                      .block = request.block,
                      .shared_bytes = request.shared_bytes,
                      .call = call,
                      .arguments = arguments.get()};
  now_or_captured("a launch", request.stream, [launch, owner = std::move(arguments)] {
    const DeviceAccess access;
    const Fault fault = run(launch);
    if (!fault.name.empty()) note_error(cudaErrorLaunchFailure, fault.message);
  });
}

}  // namespace longhand::simt

using namespace longhand::simt;

cudaError_t cudaPeekAtLastError() {
  return last.code;
}

cudaError_t cudaGetLastError() {
  const cudaError_t code = last.code;
  last = {};
  return code;
}

const char* cudaGetErrorName(cudaError_t error) {
  switch (error) {
    case cudaSuccess:
      return "cudaSuccess";
    case cudaErrorInvalidValue:
      return "cudaErrorInvalidValue";
    case cudaErrorMemoryAllocation:
      return "cudaErrorMemoryAllocation";
    case cudaErrorInvalidConfiguration:
      return "cudaErrorInvalidConfiguration";
    case cudaErrorInvalidMemcpyDirection:
      return "cudaErrorInvalidMemcpyDirection";
    case cudaErrorInvalidDevice:
      return "cudaErrorInvalidDevice";
    case cudaErrorInvalidResourceHandle:
      return "cudaErrorInvalidResourceHandle";
    case cudaErrorNotReady:
      return "cudaErrorNotReady";
    case cudaErrorIllegalAddress:
      return "cudaErrorIllegalAddress";
    case cudaErrorLaunchFailure:
      return "cudaErrorLaunchFailure";
    case cudaErrorStreamCaptureUnsupported:
      return "cudaErrorStreamCaptureUnsupported";
    case cudaErrorStreamCaptureImplicit:
      return "cudaErrorStreamCaptureImplicit";
    case cudaErrorStreamCaptureInvalidated:
      return "cudaErrorStreamCaptureInvalidated";
  }
  return "an unknown error";
}

const char* cudaGetErrorString(cudaError_t error) {
  if (error == cudaSuccess) return "no error";
  return error == told.code ? told.text.c_str() : cudaGetErrorName(error);
}

cudaError_t longhand_simt_set_attribute(const void* kernel, cudaFuncAttribute which, int value) {
  if (which != cudaFuncAttributeMaxDynamicSharedMemorySize) return cudaSuccess;
  if (value < 0 || static_cast<std::size_t>(value) > most_shared_bytes) {
    return note_error(cudaErrorInvalidValue,
                      "cudaFuncSetAttribute: " + std::to_string(value) +
                          " bytes of dynamic shared memory are not within 0 and " +
                          std::to_string(most_shared_bytes));
  }
  shared_limit[kernel] = static_cast<std::size_t>(value);
  return cudaSuccess;
}

cudaError_t cudaGetDeviceCount(int* count) {
  *count = 1;
  return cudaSuccess;
}

cudaError_t cudaGetDevice(int* device) {
  *device = 0;
  return cudaSuccess;
}

cudaError_t cudaSetDevice(int device) {
  if (device == 0) return cudaSuccess;
  return note_error(cudaErrorInvalidDevice, "cudaSetDevice: there is no device " +
                                                std::to_string(device) + ", only device 0");
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device) {
  if (const cudaError_t error = cudaSetDevice(device); error != cudaSuccess) return error;
  *properties = {};
  std::strncpy(properties->name, "CPU running CUDA kernels", sizeof properties->name - 1);
  properties->totalGlobalMem = std::size_t{8} << 30;
  properties->sharedMemPerBlock = default_shared_bytes;
  properties->sharedMemPerBlockOptin = most_shared_bytes;
  properties->regsPerBlock = 65536;
  properties->warpSize = warpSize;
  properties->maxThreadsPerBlock = max_block_threads;
  properties->major = 7;
  properties->minor = 5;
  properties->multiProcessorCount = 1;
  properties->maxThreadsPerMultiProcessor = max_block_threads;
  properties->totalConstMem = 65536;
  const unsigned block[] = {max_block.x, max_block.y, max_block.z};
  const unsigned grid[] = {max_grid.x, max_grid.y, max_grid.z};
  for (int i = 0; i < 3; ++i) {
    properties->maxThreadsDim[i] = static_cast<int>(block[i]);
    properties->maxGridSize[i] = static_cast<int>(grid[i]);
  }
  return cudaSuccess;
}

cudaError_t cudaDeviceSynchronize() {
  if (const cudaError_t error = refuse_in_capture("cudaDeviceSynchronize"); error != cudaSuccess) {
    return error;
  }
  return cudaPeekAtLastError();
}
cudaError_t cudaRuntimeGetVersion(int* version) {
  *version = 13000;
  return cudaSuccess;
}
cudaError_t cudaDriverGetVersion(int* version) {
  return cudaRuntimeGetVersion(version);
}
