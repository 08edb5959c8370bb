// The functions that code compiled with -fsanitize=thread calls at each access to memory. They are
// ThreadSanitizer's in name only: the program is linked without its library.
#include <cstddef>
#include <cstring>

#include "cuda/simt/race/detector.h"

using longhand::simt::touch;
using longhand::simt::Touch;

#define LONGHAND_SIMT_CALLBACK(name, bytes, how)                    \
  extern "C" void __tsan_##name(void* address) {                    \
    touch(address, bytes, Touch::how, __builtin_return_address(0)); \
  }
#define LONGHAND_SIMT_CALLBACKS(bytes)                       \
  LONGHAND_SIMT_CALLBACK(read##bytes, bytes, read)           \
  LONGHAND_SIMT_CALLBACK(write##bytes, bytes, write)         \
  LONGHAND_SIMT_CALLBACK(unaligned_read##bytes, bytes, read) \
  LONGHAND_SIMT_CALLBACK(unaligned_write##bytes, bytes, write)

LONGHAND_SIMT_CALLBACKS(1)
LONGHAND_SIMT_CALLBACKS(2)
LONGHAND_SIMT_CALLBACKS(4)
LONGHAND_SIMT_CALLBACKS(8)
LONGHAND_SIMT_CALLBACKS(16)

extern "C" {
void __tsan_read_range(void* address, unsigned long bytes) {
  touch(address, bytes, Touch::read, __builtin_return_address(0));
}
void __tsan_write_range(void* address, unsigned long bytes) {
  touch(address, bytes, Touch::write, __builtin_return_address(0));
}
// clang leaves copies of structures to memcpy, for which the linker puts this one (--wrap).
void* __real_memcpy(void* to, const void* from, std::size_t bytes);
void* __wrap_memcpy(void* to, const void* from, std::size_t bytes) {
  touch(from, bytes, Touch::read, __builtin_return_address(0));
  touch(to, bytes, Touch::write, __builtin_return_address(0));
  return __real_memcpy(to, from, bytes);
}
[[gnu::weak]] void* __real_memcpy(void* to, const void* from, std::size_t bytes) {
  return std::memmove(to, from, bytes);
}

void __tsan_init() {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
void __tsan_vptr_read(void**) {}
void __tsan_vptr_update(void**, void*) {}
}
