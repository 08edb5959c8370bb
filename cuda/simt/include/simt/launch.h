// Launching a kernel. Code that nvcc compiles too uses LAUNCH of cuda/launch.h.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>

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

// Checks the launch, then calls `call(arguments.get())` for every thread, or keeps that for later
// where the stream is being captured into a graph. What is wrong is left for cudaGetLastError.
void launch(const LaunchRequest& request, void (*call)(const void*),
            std::shared_ptr<const void> arguments);

// A kernel and what each of its threads is called with.
template <class... Parameters>
struct KernelCall {
  void (*kernel)(Parameters...);
  std::tuple<std::remove_cv_t<Parameters>...> values;

  template <std::size_t... i>
  void each(std::index_sequence<i...>) const {
    kernel(std::get<i>(values)...);
  }
  static void run(const void* self) {
    static_cast<const KernelCall*>(self)->each(std::index_sequence_for<Parameters...>());
  }
};

// Converts the arguments to the kernel's parameters, as a call would.
template <class... Parameters, class... Arguments>
void launch_kernel(const char* name, void (*kernel)(Parameters...), dim3 grid, dim3 block,
                   std::size_t shared_bytes, cudaStream_t stream, Arguments&&... arguments) {
  static_assert(sizeof...(Parameters) == sizeof...(Arguments),
                "the launch must give the kernel as many arguments as it has parameters");
  static_assert((!std::is_reference_v<Parameters> && ...),
                "a kernel's parameters are copied to the device: references cannot be");
  using Call = KernelCall<Parameters...>;
  const auto call =
      std::make_shared<const Call>(Call{kernel, {static_cast<Parameters>(arguments)...}});
  const void* pointers[sizeof...(Parameters) + 1];
  std::size_t count = 0;
  const auto note = [&](const auto& value) {
    if constexpr (std::is_pointer_v<std::remove_cvref_t<decltype(value)>>) {
      pointers[count++] = value;
    }
  };
  std::apply([&](const auto&... value) { (note(value), ...); }, call->values);
  launch({name, reinterpret_cast<const void*>(kernel), grid, block, shared_bytes, stream,
          std::span(pointers, count)},
         Call::run, call);
}

}  // namespace longhand::simt
