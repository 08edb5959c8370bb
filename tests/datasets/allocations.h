// Watches every operator new of the program. To be included by one file of a test program only.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace longhand::test {

struct Allocations {
  std::size_t count = 0;
  std::size_t largest = 0;  // bytes of the largest one
};

inline Allocations allocations;  // since it was last set to {}

inline void* watched(void* memory, std::size_t size) {
  if (memory == nullptr) throw std::bad_alloc();
  ++allocations.count;
  allocations.largest = std::max(allocations.largest, size);
  return memory;
}

}  // namespace longhand::test

// Not inlined: g++ would take the malloc of one and the delete of the other for a mismatch.
[[gnu::noinline]] void* operator new(std::size_t size) {
  return longhand::test::watched(std::malloc(std::max<std::size_t>(size, 1)), size);
}
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment) {
  const auto step = static_cast<std::size_t>(alignment);
  const std::size_t whole = (std::max<std::size_t>(size, 1) + step - 1) / step * step;
  return longhand::test::watched(std::aligned_alloc(step, whole), size);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}
