// What AddressSanitizer and ThreadSanitizer must be told; nothing in a build without them.
#pragma once

#include <cstddef>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LONGHAND_SIMT_ASAN
#endif
#if __has_feature(thread_sanitizer)
#define LONGHAND_SIMT_TSAN
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define LONGHAND_SIMT_ASAN
#endif

#if defined(__SANITIZE_THREAD__)
#define LONGHAND_SIMT_TSAN
#endif

#if defined(LONGHAND_SIMT_ASAN)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#elif defined(LONGHAND_SIMT_TSAN)
#include <sanitizer/tsan_interface.h>
#endif

namespace longhand::simt {

#if defined(LONGHAND_SIMT_ASAN)
inline constexpr bool address_sanitizer = true;

// Before a switch to the stack [bottom, bottom + size), and after it, on the new stack: `bottom`
// and `size` become those of the stack that was left.
inline void start_switch(void** fake_stack, const void* bottom, std::size_t size) {
  __sanitizer_start_switch_fiber(fake_stack, bottom, size);
}
inline void finish_switch(void* fake_stack, const void*& bottom, std::size_t& size) {
  __sanitizer_finish_switch_fiber(fake_stack, &bottom, &size);
}
inline void poison(const void* memory, std::size_t bytes) {
  __asan_poison_memory_region(memory, bytes);
}
inline void unpoison(const void* memory, std::size_t bytes) {
  __asan_unpoison_memory_region(memory, bytes);
}
#else
inline constexpr bool address_sanitizer = false;
inline void start_switch(void**, const void*, std::size_t) {}
inline void finish_switch(void*, const void*&, std::size_t&) {}
inline void poison(const void*, std::size_t) {}
inline void unpoison(const void*, std::size_t) {}
#endif

// ThreadSanitizer follows the calls of each fiber, so it must know one from another.
#if defined(LONGHAND_SIMT_TSAN)
inline void* make_tsan_fiber() {
  return __tsan_create_fiber(0);
}
inline void drop_tsan_fiber(void* fiber) {
  __tsan_destroy_fiber(fiber);
}
inline void* this_tsan_fiber() {
  return __tsan_get_current_fiber();
}
inline void switch_tsan_fiber(void* fiber) {
  __tsan_switch_to_fiber(fiber, 0);
}
#else
inline void* make_tsan_fiber() {
  return nullptr;
}
inline void drop_tsan_fiber(void*) {}
inline void* this_tsan_fiber() {
  return nullptr;
}
inline void switch_tsan_fiber(void*) {}
#endif

}  // namespace longhand::simt
