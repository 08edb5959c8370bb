// Atomic functions. Threads run one at a time, so nothing here needs the CPU's atomics; they stand
// in the library so that the race detector sees them as what they are.
#pragma once

#define LONGHAND_SIMT_ATOMICS_ADD(type)      \
  type atomicAdd(type* address, type value); \
  type atomicExch(type* address, type value);
#define LONGHAND_SIMT_ATOMICS_INTEGER(type)  \
  LONGHAND_SIMT_ATOMICS_ADD(type)            \
  type atomicMin(type* address, type value); \
  type atomicMax(type* address, type value); \
  type atomicAnd(type* address, type value); \
  type atomicOr(type* address, type value);  \
  type atomicXor(type* address, type value); \
  type atomicCAS(type* address, type compare, type value);

LONGHAND_SIMT_ATOMICS_INTEGER(int)
LONGHAND_SIMT_ATOMICS_INTEGER(unsigned)
LONGHAND_SIMT_ATOMICS_INTEGER(unsigned long long)
LONGHAND_SIMT_ATOMICS_ADD(float)
LONGHAND_SIMT_ATOMICS_ADD(double)
#undef LONGHAND_SIMT_ATOMICS_ADD
#undef LONGHAND_SIMT_ATOMICS_INTEGER

int atomicSub(int* address, int value);
unsigned atomicSub(unsigned* address, unsigned value);
unsigned atomicInc(unsigned* address, unsigned limit);  // to 0 after limit
unsigned atomicDec(unsigned* address, unsigned limit);  // to limit after 0
