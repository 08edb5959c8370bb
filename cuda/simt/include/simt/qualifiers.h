// The words that CUDA adds to C++.
#pragma once

#define __global__
#define __device__
#define __host__
// In a section of its own, by which the race detector knows it.
#define __constant__ static __attribute__((section("simt_constant")))
// One block runs at a time, so one copy is enough for all of them. It is static and not local to
// an operating system thread so that AddressSanitizer puts red zones around it.
#define __shared__ static
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)
#define __align__(bytes) __attribute__((aligned(bytes)))
#define __grid_constant__

// Defined for code that must know that it runs on a CPU; nothing in a kernel should need to.
#define LONGHAND_SIMT 1
