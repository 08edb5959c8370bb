// Device memory: what belongs to it, and the last error.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>

#include "simt/runtime_api.h"

namespace longhand::simt {

// Notes an error for cudaGetLastError and gives back its code.
cudaError_t note_error(cudaError_t code, const std::string& text);

// Where `bytes` bytes at `memory` lie. Beyond: they begin in device memory and pass its end.
enum class Where { host, device, beyond };
Where where(const void* memory, std::size_t bytes);

// "0x7f..., which is host memory"
std::string describe(const void* memory, std::size_t bytes);

// Held by every call that looks at device memory or runs a kernel: the host may have several
// threads.
using Lock = std::lock_guard<std::recursive_mutex>;
extern std::recursive_mutex mutex;

// While one lives, AddressSanitizer lets device memory be touched: in kernels and in copies. At
// other times it takes such an access for the mistake that it would be on a GPU.
class DeviceAccess {
 public:
  DeviceAccess();
  ~DeviceAccess();
  DeviceAccess(const DeviceAccess&) = delete;
  DeviceAccess& operator=(const DeviceAccess&) = delete;

 private:
  const Lock lock_{mutex};
};

}  // namespace longhand::simt
