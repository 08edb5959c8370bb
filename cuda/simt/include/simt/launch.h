// Launching a kernel. Code that nvcc compiles too uses LAUNCH of cuda/launch.h.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <tuple>
#include <type_traits>

#include "simt/runtime_api.h"
#include "simt/scheduler.h"

namespace longhand::simt {

struct LaunchRequest {
  const char* kernel;    // its name
  const void* function;  // its address
  dim3 grid, block;
  std::size_t shared_bytes;
  cudaStream_t stream;
  std::span<const void* const> pointers;  // those among the arguments
};

// Checks the launch, then runs `call` for every thread, or keeps it where the stream is being
// captured into a graph. What is wrong is left for cudaGetLastError.
void launch(const LaunchRequest& request, std::function<void()> call);

// Converts the arguments to the kernel's parameters, as a call would.
template <class... Parameters, class... Arguments>
void launch_kernel(const char* name, void (*kernel)(Parameters...), dim3 grid, dim3 block,
                   std::size_t shared_bytes, cudaStream_t stream, Arguments&&... arguments) {
  static_assert(sizeof...(Parameters) == sizeof...(Arguments),
                "the launch must give the kernel as many arguments as it has parameters");
  static_assert((!std::is_reference_v<Parameters> && ...),
                "a kernel's parameters are copied to the device: references cannot be");
  const std::tuple<std::remove_cv_t<Parameters>...> values{static_cast<Parameters>(arguments)...};
  const void* pointers[sizeof...(Parameters) + 1];
  std::size_t count = 0;
  const auto note = [&](const auto& value) {
    if constexpr (std::is_pointer_v<std::remove_cvref_t<decltype(value)>>)
      pointers[count++] = value;
  };
  std::apply([&](const auto&... value) { (note(value), ...); }, values);
  launch({name, reinterpret_cast<const void*>(kernel), grid, block, shared_bytes, stream,
          std::span(pointers, count)},
         [kernel, values] { std::apply(kernel, values); });
}

}  // namespace longhand::simt
