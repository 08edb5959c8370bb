#include "core/memory.h"

#include <cstdlib>
#include <new>

namespace longhand {

std::string to_string(Memory memory) {
  return memory == Memory::cuda ? "cuda" : "host";
}

namespace host {

void* allocate(std::size_t bytes) {
  constexpr std::size_t line = 64;
  void* memory = std::aligned_alloc(line, (bytes + line - 1) / line * line);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

void release(void* memory) noexcept {
  std::free(memory);  // NOLINT(cppcoreguidelines-no-malloc): from aligned_alloc
}

}  // namespace host

}  // namespace longhand
