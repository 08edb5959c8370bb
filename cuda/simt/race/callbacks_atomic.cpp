// What -fsanitize=thread makes of the C++ atomics in kernel files: the host code there has some, in
// shared pointers and guards of static variables. Kernels use CUDA's atomic functions.
#include <cstdint>

#define LONGHAND_SIMT_FETCH(bits, type, name)                                        \
  type __tsan_atomic##bits##_fetch_##name(volatile type* address, type value, int) { \
    return __atomic_fetch_##name(address, value, __ATOMIC_SEQ_CST);                  \
  }
#define LONGHAND_SIMT_COMPARE(bits, type, kind, weak)                                       \
  int __tsan_atomic##bits##_compare_exchange_##kind(volatile type* address, type* expected, \
                                                    type value, int, int) {                 \
    return __atomic_compare_exchange_n(address, expected, value, weak, __ATOMIC_SEQ_CST,    \
                                       __ATOMIC_SEQ_CST);                                   \
  }
// The memory order asked for, the last argument, is never stronger than this one.
#define LONGHAND_SIMT_ATOMICS(bits, type)                                                \
  type __tsan_atomic##bits##_load(const volatile type* address, int) {                   \
    return __atomic_load_n(address, __ATOMIC_SEQ_CST);                                   \
  }                                                                                      \
  void __tsan_atomic##bits##_store(volatile type* address, type value, int) {            \
    __atomic_store_n(address, value, __ATOMIC_SEQ_CST);                                  \
  }                                                                                      \
  type __tsan_atomic##bits##_exchange(volatile type* address, type value, int) {         \
    return __atomic_exchange_n(address, value, __ATOMIC_SEQ_CST);                        \
  }                                                                                      \
  LONGHAND_SIMT_FETCH(bits, type, add)                                                   \
  LONGHAND_SIMT_FETCH(bits, type, sub)                                                   \
  LONGHAND_SIMT_FETCH(bits, type, and)                                                   \
  LONGHAND_SIMT_FETCH(bits, type, or)                                                    \
  LONGHAND_SIMT_FETCH(bits, type, xor)                                                   \
  LONGHAND_SIMT_COMPARE(bits, type, strong, false)                                       \
  LONGHAND_SIMT_COMPARE(bits, type, weak, true)                                          \
  type __tsan_atomic##bits##_compare_exchange_val(volatile type* address, type expected, \
                                                  type value, int, int) {                \
    __atomic_compare_exchange_n(address, &expected, value, false, __ATOMIC_SEQ_CST,      \
                                __ATOMIC_SEQ_CST);                                       \
    return expected;                                                                     \
  }

extern "C" {
LONGHAND_SIMT_ATOMICS(8, std::uint8_t)
LONGHAND_SIMT_ATOMICS(16, std::uint16_t)
LONGHAND_SIMT_ATOMICS(32, std::uint32_t)
LONGHAND_SIMT_ATOMICS(64, std::uint64_t)
void __tsan_atomic_thread_fence(int) {
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
}
void __tsan_atomic_signal_fence(int) {}
}
