#include "core/memory.h"

#include <cstdlib>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace longhand {

std::string to_string(Memory memory) {
  return memory == Memory::cuda ? "cuda" : "host";
}

namespace host {

void* allocate(std::size_t bytes) {
  constexpr std::size_t line = 64, huge_page = 2 << 20;
  const std::size_t alignment = bytes < huge_page ? line : huge_page;
  void* memory = std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  if (memory == nullptr) throw std::bad_alloc();
    // Large tensors begin at a huge page, and the system is asked for such pages, as far as they
    // are filled: where rows lie far apart every one of them is in a page of its own, and the CPU
    // remembers only so many pages.
#if defined(__linux__)
  if (bytes >= huge_page) madvise(memory, bytes / huge_page * huge_page, MADV_HUGEPAGE);
#endif
  return memory;
}

void release(void* memory) noexcept {
  std::free(memory);  // NOLINT(cppcoreguidelines-no-malloc): from aligned_alloc
}

}  // namespace host

}  // namespace longhand
