// Sums and maxima of cuda/reduce.h, one a thread, for its test.
#pragma once

#include "core/real.h"

namespace longhand::test {

// Each of `threads` threads of one block gives x[thread]; what it gets is in y[thread].
void warp_sums(int threads, const real* x, real* y);
void warp_maxima(int threads, const real* x, real* y);
void block_sums(int threads, const real* x, real* y);
void block_maxima(int threads, const real* x, real* y);

// Two sums, a maximum and a sum right after each other: y = sum(x) + 2 sum(2 x) + max(x) + sum(1).
void several(int threads, const real* x, real* y);

}  // namespace longhand::test
