#include "simt/atomics.h"

#include "cuda/simt/scheduler.h"

namespace {

// Puts f(old) in the place of old, and gives back old.
template <class T, class F>
inline T change(T* address, const void* caller, F f) {
  if (longhand::simt::observer != nullptr) {
    longhand::simt::observer->atomic(address, sizeof(T), caller);
  }
  const T old = *address;
  *address = f(old);
  return old;
}

}  // namespace

// NOLINTBEGIN(bugprone-macro-parentheses): the arguments are types and names
#define LONGHAND_SIMT_ATOMIC(name, type, expression)                            \
  type name(type* address, type value) {                                        \
    return change(address, __builtin_return_address(0), [=](type old) -> type { \
      static_cast<void>(old);                                                   \
      return expression;                                                        \
    });                                                                         \
  }
#define LONGHAND_SIMT_ATOMICS_ADD(type)              \
  LONGHAND_SIMT_ATOMIC(atomicAdd, type, old + value) \
  LONGHAND_SIMT_ATOMIC(atomicExch, type, value)
#define LONGHAND_SIMT_ATOMICS_INTEGER(type)                                        \
  LONGHAND_SIMT_ATOMICS_ADD(type)                                                  \
  LONGHAND_SIMT_ATOMIC(atomicMin, type, old < value ? old : value)                 \
  LONGHAND_SIMT_ATOMIC(atomicMax, type, old > value ? old : value)                 \
  LONGHAND_SIMT_ATOMIC(atomicAnd, type, old& value)                                \
  LONGHAND_SIMT_ATOMIC(atomicOr, type, old | value)                                \
  LONGHAND_SIMT_ATOMIC(atomicXor, type, old ^ value)                               \
  type atomicCAS(type* address, type compare, type value) {                        \
    return change(address, __builtin_return_address(0),                            \
                  [=](type old) -> type { return old == compare ? value : old; }); \
  }

// NOLINTEND(bugprone-macro-parentheses)

LONGHAND_SIMT_ATOMICS_INTEGER(int)
LONGHAND_SIMT_ATOMICS_INTEGER(unsigned)
LONGHAND_SIMT_ATOMICS_INTEGER(unsigned long long)
LONGHAND_SIMT_ATOMICS_ADD(float)
LONGHAND_SIMT_ATOMICS_ADD(double)
LONGHAND_SIMT_ATOMIC(atomicSub, int, old - value)
LONGHAND_SIMT_ATOMIC(atomicSub, unsigned, old - value)
LONGHAND_SIMT_ATOMIC(atomicInc, unsigned, old >= value ? 0 : old + 1)
LONGHAND_SIMT_ATOMIC(atomicDec, unsigned, old == 0 || old > value ? value : old - 1)
