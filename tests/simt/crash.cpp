// A program that makes one of the mistakes that AddressSanitizer ends a program for; the argument
// says which. tests/simt/asan_test.cpp runs it.
#include <cstdio>
#include <string>

#include "tests/simt/device_array.h"
#include "tests/simt/kernels.h"

using namespace longhand::test;

int main(int argc, char** argv) {
  const std::string mistake = argc > 1 ? argv[1] : "";
  const DeviceArray<int> x(std::vector<int>(10, 1));
  DeviceArray<int> y(64);
  // A launch that ends in an error leaves stacks behind, whose use again must not be an error.
  try {
    return_before_barrier(y.data());
  } catch (const longhand::CudaError&) {
  }
  read_beyond(x.data(), 9, y.data());
  write_beyond_shared(0, y.data());
  write_beyond_dynamic_shared(0, y.data());
  std::puts("correct so far");
  std::fflush(stdout);
  if (mistake == "read beyond") read_beyond(x.data(), 10, y.data());
  if (mistake == "read before") read_beyond(x.data(), -1, y.data());
  if (mistake == "read freed") {
    int* memory = nullptr;
    CUDA_CHECK(cudaMalloc(&memory, 40));
    CUDA_CHECK(cudaFree(memory));
    read_held({memory}, y.data());
  }
  if (mistake == "write beyond shared") write_beyond_shared(1, y.data());
  if (mistake == "write beyond dynamic shared") write_beyond_dynamic_shared(1, y.data());
  if (mistake == "host reads device") std::printf("%d\n", x.data()[0]);
  if (mistake == "overflow of the stack") overflow_stack(y.data());
  std::puts("reached the end");
  return 0;
}
