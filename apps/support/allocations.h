// Counts every request for memory of the program, operator new and its libraries' included. To be
// included by one file of a program only.
#pragma once

#include <atomic>
#include <cerrno>
#include <cstddef>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LONGHAND_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define LONGHAND_SANITIZED 1
#endif
#endif
#ifndef LONGHAND_SANITIZED
#define LONGHAND_SANITIZED 0
#endif

namespace longhand {

// Sanitizers bring their own memory functions: in their builds nothing is counted.
inline constexpr bool allocations_are_counted = LONGHAND_SANITIZED == 0;

struct Allocations {
  std::atomic<std::size_t> count{0};
  std::atomic<std::size_t> largest{0};  // bytes of the largest one

  void reset() { count = largest = 0; }
  void add(std::size_t size) {
    ++count;
    if (size > largest) largest = size;
  }
};

inline Allocations allocations;

}  // namespace longhand

#if !LONGHAND_SANITIZED
// NOLINTBEGIN(misc-definitions-in-headers, bugprone-reserved-identifier)
// glibc's own functions under the names that it keeps for this purpose.
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);

void* malloc(std::size_t size) {
  longhand::allocations.add(size);
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) {
  longhand::allocations.add(count * size);
  return __libc_calloc(count, size);
}
void* realloc(void* memory, std::size_t size) {
  longhand::allocations.add(size);
  return __libc_realloc(memory, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  longhand::allocations.add(size);
  return __libc_memalign(alignment, size);
}
void* memalign(std::size_t alignment, std::size_t size) {
  longhand::allocations.add(size);
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** memory, std::size_t alignment, std::size_t size) {
  longhand::allocations.add(size);
  *memory = __libc_memalign(alignment, size);
  return *memory == nullptr ? ENOMEM : 0;
}
}
// NOLINTEND(misc-definitions-in-headers, bugprone-reserved-identifier)
#endif
