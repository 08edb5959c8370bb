// The CUDA runtime's calls: memory, copies, launches' limits, streams, events, graphs and errors.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "tests/simt/device_array.h"
#include "tests/simt/kernels.h"
#include "tests/support/environment.h"

using namespace longhand::test;

namespace {

// The text of the CudaError that f throws, which must have that code; empty when it throws none.
template <class F>
std::string error_of(cudaError_t code, F f) {
  try {
    f();
  } catch (const longhand::CudaError& error) {
    CHECK(error.code == code);
    return error.what();
  }
  return "";
}

bool holds(const std::string& text, const std::string& part) {
  CAPTURE(text);
  CAPTURE(part);
  const bool found = text.find(part) != std::string::npos;
  CHECK(found);
  return found;
}

}  // namespace

TEST_CASE("device memory is aligned and not zero") {
  for (const std::size_t bytes : {1U, 100U, 100000U}) {
    unsigned char* memory = nullptr;
    CUDA_CHECK(cudaMalloc(&memory, bytes));
    CHECK(reinterpret_cast<std::uintptr_t>(memory) % 256 == 0);
    std::vector<unsigned char> copy(bytes);
    CUDA_CHECK(cudaMemcpy(copy.data(), memory, bytes, cudaMemcpyDeviceToHost));
    CHECK(copy == std::vector<unsigned char>(bytes, 0xFF));
    CUDA_CHECK(cudaMemset(memory, 7, bytes));
    CUDA_CHECK(cudaMemcpy(copy.data(), memory, bytes, cudaMemcpyDefault));
    CHECK(copy == std::vector<unsigned char>(bytes, 7));
    CUDA_CHECK(cudaFree(memory));
  }
  CHECK(cudaFree(nullptr) == cudaSuccess);
}

TEST_CASE("copies have a range and a direction") {
  const DeviceArray<int> device(std::vector<int>(10, 1));
  std::vector<int> host(20);
  int* const d = device.data();
  const auto copy = [](void* to, const void* from, std::size_t count, cudaMemcpyKind kind) {
    CUDA_CHECK(cudaMemcpy(to, from, count * sizeof(int), kind));
  };
  holds(error_of(cudaErrorInvalidValue,
                 [&] { copy(host.data(), d + 2, 10, cudaMemcpyDeviceToHost); }),
        "cudaMemcpy from 40 bytes at ");
  holds(error_of(cudaErrorInvalidValue, [&] { copy(d, host.data(), 11, cudaMemcpyHostToDevice); }),
        "which is byte 0 of 40 of device memory: 4 bytes lie beyond its end");
  holds(error_of(cudaErrorInvalidMemcpyDirection,
                 [&] { copy(d, host.data(), 10, cudaMemcpyDeviceToHost); }),
        "which is device memory, but cudaMemcpyDeviceToHost says host memory");
  holds(error_of(cudaErrorInvalidMemcpyDirection,
                 [&] { copy(d, host.data(), 10, cudaMemcpyDeviceToDevice); }),
        "which is host memory, but cudaMemcpyDeviceToDevice says device memory");
  holds(error_of(cudaErrorInvalidValue, [&] { CUDA_CHECK(cudaMemset(host.data(), 0, 4)); }),
        "cudaMemset of ");
  holds(error_of(cudaErrorInvalidValue, [&] { CUDA_CHECK(cudaFree(d + 1)); }),
        "not a pointer that cudaMalloc gave");
  holds(error_of(cudaErrorInvalidValue, [&] { CUDA_CHECK(cudaFree(host.data())); }),
        "which is host memory");
  CHECK(device.values() == std::vector<int>(10, 1));
}

TEST_CASE("kernels are given device memory only") {
  std::vector<float> host(64);
  const std::string text = error_of(cudaErrorIllegalAddress, [&] { barriers(1, 64, host.data()); });
  holds(text,
        "host pointer passed to a kernel: kernel barriers_kernel: its pointer argument "
        "number 1 is ");
  holds(text, "which is host memory; give kernels pointers from cudaMalloc");

  float* freed = nullptr;
  CUDA_CHECK(cudaMalloc(&freed, 64 * sizeof(float)));
  CUDA_CHECK(cudaFree(freed));
  holds(error_of(cudaErrorIllegalAddress, [&] { barriers(1, 64, freed); }),
        "pointer argument number 1 is ");
}

TEST_CASE("a launch beyond a GPU's limits") {
  DeviceArray<float> x(1024);
  CHECK_NOTHROW(barriers(0, 1024, x.data()));
  for (const int threads : {0, 1025}) {
    holds(error_of(cudaErrorInvalidConfiguration, [&] { barriers(0, threads, x.data()); }),
          "launch beyond the limits: kernel barriers_kernel: block (" + std::to_string(threads) +
              ",1,1)");
  }
  holds(error_of(cudaErrorInvalidConfiguration, [&] { launch_grid(dim3(1, 65536), 0, x.data()); }),
        "grid (1,65536,1) is not within 1 and (2147483647,65535,65535)");
  holds(error_of(cudaErrorInvalidConfiguration, [&] { launch_grid(1, 49153, x.data()); }),
        "49153 bytes of dynamic shared memory are more than 49152");
  holds(error_of(cudaErrorInvalidConfiguration,
                 [&] { launch_grid(dim3(2147483647, 2, 1), 0, x.data()); }),
        "has more blocks than this runtime can count");
  allow_shared(65536);
  CHECK_NOTHROW(launch_grid(1, 65536, x.data()));
  holds(error_of(cudaErrorInvalidValue, [&] { allow_shared(65537); }), "65537 bytes");
}

TEST_CASE("graphs keep what a stream was given, and do it at each launch") {
  const std::vector<float> start(64, 0.0F);
  const DeviceArray<float> x(start);
  std::vector<float> result(64, -1.0F);
  cudaStream_t stream = nullptr;
  cudaGraph_t graph = nullptr;
  cudaGraphExec_t exec = nullptr;
  CUDA_CHECK(cudaStreamCreate(&stream));
  CUDA_CHECK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));
  add_one(x.data(), stream);
  add_one(x.data(), stream);
  CUDA_CHECK(
      cudaMemcpyAsync(result.data(), x.data(), 64 * sizeof(float), cudaMemcpyDeviceToHost, stream));
  CUDA_CHECK(cudaStreamEndCapture(stream, &graph));
  std::size_t nodes = 0;
  CUDA_CHECK(cudaGraphGetNodes(graph, nullptr, &nodes));
  CHECK(nodes == 3);
  CHECK(x.values() == start);
  CHECK(result[0] == -1.0F);
  CUDA_CHECK(cudaGraphInstantiate(&exec, graph, 0));
  CUDA_CHECK(cudaGraphDestroy(graph));
  for (const float sum : {2.0F, 4.0F, 6.0F}) {
    CUDA_CHECK(cudaGraphLaunch(exec, stream));
    CUDA_CHECK(cudaStreamSynchronize(stream));
    CHECK(result == std::vector<float>(64, sum));
  }
  CUDA_CHECK(cudaGraphExecDestroy(exec));
  CUDA_CHECK(cudaStreamDestroy(stream));
}

TEST_CASE("what waits, takes memory or uses the default stream breaks a capture, as on a GPU") {
  const DeviceArray<float> x(std::vector<float>(64, 0.0F));
  std::vector<float> host(64);
  cudaStream_t stream = nullptr;
  CUDA_CHECK(cudaStreamCreate(&stream));
  float* spare = nullptr;
  const auto broken = [&](cudaError_t code, const std::string& text, auto&& call) {
    CAPTURE(text);
    cudaGraph_t graph = nullptr;
    CUDA_CHECK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));
    add_one(x.data(), stream);
    holds(error_of(code, call), text + " while a stream is being captured");
    holds(error_of(cudaErrorStreamCaptureInvalidated,
                   [&] { CUDA_CHECK(cudaStreamEndCapture(stream, &graph)); }),
          "cudaStreamEndCapture of a capture that did not survive " + text);
    CHECK(graph == nullptr);
  };
  const cudaError_t unsupported = cudaErrorStreamCaptureUnsupported;
  const cudaError_t implicit = cudaErrorStreamCaptureImplicit;
  broken(unsupported, "cudaMalloc", [&] { CUDA_CHECK(cudaMalloc(&spare, 4)); });
  CHECK(spare == nullptr);
  broken(unsupported, "cudaFree", [&] { CUDA_CHECK(cudaFree(x.data())); });
  broken(unsupported, "cudaStreamSynchronize", [&] { CUDA_CHECK(cudaStreamSynchronize(stream)); });
  broken(unsupported, "cudaDeviceSynchronize", [] { CUDA_CHECK(cudaDeviceSynchronize()); });
  broken(unsupported, "cudaStreamBeginCapture",
         [&] { CUDA_CHECK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal)); });
  broken(implicit, "cudaMemcpy on the default stream",
         [&] { CUDA_CHECK(cudaMemcpy(host.data(), x.data(), 4, cudaMemcpyDeviceToHost)); });
  broken(implicit, "a launch on the default stream", [&] { add_one(x.data(), nullptr); });
  CHECK(x.values() == std::vector<float>(64, 0.0F));
  CUDA_CHECK(cudaStreamDestroy(stream));

  // A stream that does not wait for the default one lets it go on.
  cudaGraph_t graph = nullptr;
  CUDA_CHECK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
  CUDA_CHECK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));
  add_one(x.data(), nullptr);
  CUDA_CHECK(cudaStreamEndCapture(stream, &graph));
  CUDA_CHECK(cudaGraphDestroy(graph));
  CUDA_CHECK(cudaStreamDestroy(stream));
  CHECK(x.values() == std::vector<float>(64, 1.0F));
}

TEST_CASE("events measure time, devices have properties, errors are forgotten once told") {
  cudaEvent_t start = nullptr, end = nullptr;
  CUDA_CHECK(cudaEventCreate(&start));
  CUDA_CHECK(cudaEventCreate(&end));
  float milliseconds = -1;
  CHECK(cudaEventElapsedTime(&milliseconds, start, end) == cudaErrorInvalidResourceHandle);
  CHECK(std::strcmp(cudaGetErrorString(cudaErrorInvalidResourceHandle),
                    "cudaEventElapsedTime: no two recorded events") == 0);
  CHECK(cudaPeekAtLastError() == cudaErrorInvalidResourceHandle);
  CHECK(cudaGetLastError() == cudaErrorInvalidResourceHandle);
  CHECK(cudaGetLastError() == cudaSuccess);
  CUDA_CHECK(cudaEventRecord(start));
  CUDA_CHECK(cudaEventRecord(end));
  CUDA_CHECK(cudaEventSynchronize(end));
  CUDA_CHECK(cudaEventElapsedTime(&milliseconds, start, end));
  CHECK(milliseconds >= 0.0F);
  CUDA_CHECK(cudaEventDestroy(start));
  CUDA_CHECK(cudaEventDestroy(end));

  int devices = 0;
  CUDA_CHECK(cudaGetDeviceCount(&devices));
  CHECK(devices == 1);
  cudaDeviceProp properties;
  CUDA_CHECK(cudaGetDeviceProperties(&properties, 0));
  CHECK(properties.warpSize == 32);
  CHECK(properties.maxThreadsPerBlock == 1024);
  holds(error_of(cudaErrorInvalidDevice, [] { CUDA_CHECK(cudaSetDevice(1)); }),
        "there is no device 1");
}

TEST_CASE("threads and blocks come in the order that was asked for") {
  using Tickets = std::vector<unsigned>;
  const auto draw = [](const std::string& order) {
    const Environment environment("LONGHAND_SIMT_ORDER", order);
    const DeviceArray<unsigned> tickets(Tickets{0});
    DeviceArray<unsigned> before(192), after(192);
    arrivals(tickets.data(), before.data(), after.data());
    return std::pair{before.values(), after.values()};
  };
  Tickets forward(192), reverse(192);
  for (unsigned i = 0; i < 192; ++i) {
    forward[i] = i / 64 * 128 + i % 64;
    reverse[i] = (191 - i) / 64 * 128 + (191 - i) % 64;
  }
  const auto second = [](Tickets tickets) {
    for (unsigned& ticket : tickets) ticket += 64;
    return tickets;
  };
  CHECK(draw("forward") == std::pair{forward, second(forward)});
  CHECK(draw("reverse") == std::pair{reverse, second(reverse)});
  const auto random = draw("random:7");
  CHECK(random.first != forward);
  CHECK(random.second != second(random.first));  // another order after the barrier
  CHECK(draw("random:8") != random);
  CHECK(draw("random:7") == random);
  Tickets all = random.first;
  all.insert(all.end(), random.second.begin(), random.second.end());
  std::sort(all.begin(), all.end());
  for (unsigned i = 0; i < all.size(); ++i) CHECK(all[i] == i);
}

TEST_CASE("constant memory, three dimensions and the fast arithmetic") {
  const DeviceArray<float> y(std::vector<float>(8, 0.0F));
  set_constants();
  arithmetic(y.data());
  const std::vector<float> found = y.values();
  CHECK(found == std::vector<float>{321, 3, 0.5F, 1, 3, 12, 6, 5});
}
