#include "cuda/simt/memory.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>

#include "cuda/simt/sanitizer.h"
#include "cuda/simt/scheduler.h"
#include "cuda/simt/stream.h"

namespace longhand::simt {

namespace {

using Address = std::uintptr_t;
constexpr std::size_t alignment = 256;
// Of freed memory. AddressSanitizer keeps it itself, and knows who freed it.
constexpr std::size_t kept_bytes = address_sanitizer ? 0 : std::size_t{64} << 20;

std::map<Address, std::size_t> alive;  // start and size of what cudaMalloc gave out
// Freed ranges, the oldest first. They are given back only when they come to more than kept_bytes,
// so that until then nobody else gets them and messages can say what they were.
std::deque<std::pair<Address, std::size_t>> freed;
std::size_t freed_bytes = 0;
int accesses = 0;  // DeviceAccess objects that live

Address address(const void* memory) {
  return reinterpret_cast<Address>(memory);
}
void* pointer(Address a) {
  return reinterpret_cast<void*>(a);  // NOLINT(performance-no-int-to-ptr): it was one before
}

bool is_freed(Address a) {
  return std::any_of(freed.begin(), freed.end(), [&](const auto& range) {
    return range.first <= a && a < range.first + range.second;
  });
}

void keep_freed(Address start, std::size_t bytes) {
  std::memset(pointer(start), 0xFF, bytes);
  freed.emplace_back(start, bytes);
  freed_bytes += bytes;
  while (freed_bytes > kept_bytes) {
    std::free(pointer(freed.front().first));
    freed_bytes -= freed.front().second;
    freed.pop_front();
  }
}

// The range that starts at or before `a` and reaches it; its end counts too, where an empty range
// may stand.
const std::pair<const Address, std::size_t>* range_of(Address a) {
  auto next = alive.upper_bound(a);
  if (next == alive.begin()) return nullptr;
  --next;
  return a <= next->first + next->second ? &*next : nullptr;
}

const char* text_of(cudaMemcpyKind kind) {
  switch (kind) {
    case cudaMemcpyHostToHost:
      return "cudaMemcpyHostToHost";
    case cudaMemcpyHostToDevice:
      return "cudaMemcpyHostToDevice";
    case cudaMemcpyDeviceToHost:
      return "cudaMemcpyDeviceToHost";
    case cudaMemcpyDeviceToDevice:
      return "cudaMemcpyDeviceToDevice";
    case cudaMemcpyDefault:
      break;
  }
  return "cudaMemcpyDefault";
}

cudaError_t check_side(const char* side, const void* memory, std::size_t bytes, bool device,
                       cudaMemcpyKind kind) {
  const Where found = where(memory, bytes);
  const std::string text = std::string("cudaMemcpy ") + side + " " + describe(memory, bytes);
  if (found == Where::beyond) return note_error(cudaErrorInvalidValue, text);
  if (kind == cudaMemcpyDefault || (found == Where::device) == device) return cudaSuccess;
  return note_error(cudaErrorInvalidMemcpyDirection, text + ", but " + text_of(kind) + " says " +
                                                         (device ? "device" : "host") + " memory");
}

cudaError_t check_copy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind) {
  const bool to_device = kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice;
  const bool from_device = kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice;
  const cudaError_t error = check_side("to", to, bytes, to_device, kind);
  return error != cudaSuccess ? error : check_side("from", from, bytes, from_device, kind);
}

void copy(void* to, const void* from, std::size_t bytes) {
  const DeviceAccess access;
  std::memmove(to, from, bytes);
}

}  // namespace

std::recursive_mutex mutex;

Where where(const void* memory, std::size_t bytes) {
  const Lock lock(mutex);
  const Address a = address(memory);
  if (const auto* range = range_of(a); range != nullptr) {
    return a + bytes <= range->first + range->second ? Where::device : Where::beyond;
  }
  return Where::host;
}

std::string describe(const void* memory, std::size_t bytes) {
  char pointer[32];
  std::snprintf(pointer, sizeof pointer, "%p", memory);
  const std::string text = pointer;
  switch (where(memory, bytes)) {
    case Where::host:
      return text + (is_freed(address(memory)) ? ", which is device memory that was freed"
                                               : ", which is host memory");
    case Where::device:
      return text + ", which is device memory";
    case Where::beyond:
      break;
  }
  const auto* range = range_of(address(memory));
  return std::to_string(bytes) + " bytes at " + text + ", which is byte " +
         std::to_string(address(memory) - range->first) + " of " + std::to_string(range->second) +
         " of device memory: " +
         std::to_string(address(memory) + bytes - range->first - range->second) +
         " bytes lie beyond its end";
}

DeviceAccess::DeviceAccess() {
  if (accesses++ > 0) return;
  for (const auto& [start, bytes] : alive) unpoison(pointer(start), bytes);
}

DeviceAccess::~DeviceAccess() {
  if (--accesses > 0) return;
  for (const auto& [start, bytes] : alive) poison(pointer(start), bytes);
}

}  // namespace longhand::simt

using namespace longhand::simt;

cudaError_t cudaMalloc(void** memory, std::size_t bytes) {
  *memory = nullptr;
  if (const cudaError_t error = refuse_in_capture("cudaMalloc"); error != cudaSuccess) {
    return error;
  }
  if (bytes == 0) return cudaSuccess;
  const Lock lock(mutex);
  // With something after it, so that the end of a range is not where the host's memory begins.
  const std::size_t gap = address_sanitizer ? 0 : alignment;
  if (posix_memalign(memory, alignment, bytes + gap) != 0) {
    *memory = nullptr;
    return note_error(cudaErrorMemoryAllocation,
                      "cudaMalloc: no room for " + std::to_string(bytes) + " bytes");
  }
  std::memset(*memory, 0xFF, bytes);
  alive[address(*memory)] = bytes;
  if (observer != nullptr) observer->memory(*memory, bytes, true);
  if (accesses == 0) poison(*memory, bytes);
  return cudaSuccess;
}

cudaError_t cudaFree(void* memory) {
  if (memory == nullptr) return cudaSuccess;
  if (const cudaError_t error = refuse_in_capture("cudaFree"); error != cudaSuccess) {
    return error;
  }
  const Lock lock(mutex);
  const auto found = alive.find(address(memory));
  if (found == alive.end()) {
    return note_error(cudaErrorInvalidValue, "cudaFree of " + describe(memory, 0) +
                                                 ", not a pointer that cudaMalloc gave");
  }
  if (observer != nullptr) observer->memory(memory, found->second, false);
  const auto [start, bytes] = *found;
  unpoison(memory, bytes);
  alive.erase(found);
  keep_freed(start, bytes);
  return cudaSuccess;
}

cudaError_t cudaMallocAsync(void** memory, std::size_t bytes, cudaStream_t /*stream*/) {
  return cudaMalloc(memory, bytes);
}

cudaError_t cudaFreeAsync(void* memory, cudaStream_t /*stream*/) {
  return cudaFree(memory);
}

cudaError_t cudaMallocHost(void** memory, std::size_t bytes) {
  *memory = nullptr;
  if (const cudaError_t error = refuse_in_capture("cudaMallocHost"); error != cudaSuccess) {
    return error;
  }
  *memory = std::malloc(bytes);
  if (*memory != nullptr || bytes == 0) return cudaSuccess;
  return note_error(cudaErrorMemoryAllocation,
                    "cudaMallocHost: no room for " + std::to_string(bytes) + " bytes");
}

cudaError_t cudaFreeHost(void* memory) {
  if (const cudaError_t error = refuse_in_capture("cudaFreeHost"); error != cudaSuccess) {
    return error;
  }
  std::free(memory);
  return cudaSuccess;
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream) {
  if (bytes == 0) return cudaSuccess;
  if (const cudaError_t error = check_copy(to, from, bytes, kind); error != cudaSuccess) {
    return error;
  }
  return now_or_captured("cudaMemcpy", stream, [=] { copy(to, from, bytes); });
}

cudaError_t cudaMemcpy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind) {
  return cudaMemcpyAsync(to, from, bytes, kind, nullptr);
}

cudaError_t cudaMemsetAsync(void* memory, int byte, std::size_t bytes, cudaStream_t stream) {
  if (bytes == 0) return cudaSuccess;
  if (where(memory, bytes) != Where::device) {
    return note_error(cudaErrorInvalidValue, "cudaMemset of " + describe(memory, bytes));
  }
  return now_or_captured("cudaMemset", stream, [=] {
    const DeviceAccess access;
    std::memset(memory, byte, bytes);
  });
}

cudaError_t cudaMemset(void* memory, int byte, std::size_t bytes) {
  return cudaMemsetAsync(memory, byte, bytes, nullptr);
}

cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total) {
  const Lock lock(mutex);
  *total = std::size_t{8} << 30;
  *free = *total;
  for (const auto& range : alive) *free -= std::min(*free, range.second);
  return cudaSuccess;
}

cudaError_t longhand_simt_copy_to_symbol(void* symbol, std::size_t size, const void* from,
                                         std::size_t bytes, std::size_t offset) {
  if (const cudaError_t error = refuse_in_capture("cudaMemcpyToSymbol"); error != cudaSuccess) {
    return error;
  }
  if (offset > size || bytes > size - offset) {
    return note_error(cudaErrorInvalidValue, "cudaMemcpyToSymbol: " + std::to_string(bytes) +
                                                 " bytes at " + std::to_string(offset) +
                                                 " do not fit into a symbol of " +
                                                 std::to_string(size));
  }
  if (observer != nullptr) observer->memory(symbol, size, true);
  copy(static_cast<std::byte*>(symbol) + offset, from, bytes);
  return cudaSuccess;
}
