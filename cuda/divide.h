// Division by a number that is known only at run time, but is the same for all threads. A GPU has
// no instruction for it, and needs some 20; a multiplication and a shift do the same when somebody
// has worked out the multiplier before (Granlund, Montgomery 1994).
#pragma once

#include <cstdint>

#include <cuda_runtime.h>

namespace longhand::cuda {

struct Divisor {
  int divisor = 1;
  int shift = 31;
  std::uint32_t multiplier = (std::uint32_t{1} << 31) + 1;

  Divisor() = default;
  // `by` is at least 1. The multiplier is 2^shift / by, rounded up, with so many digits that the
  // error stays below 1 in the quotient of every number below 2^31: 32 digits, so the product is
  // one instruction.
  explicit Divisor(int by) : divisor(by) {
    while ((std::int64_t{1} << (shift - 31)) < by) ++shift;
    multiplier = static_cast<std::uint32_t>((std::int64_t{1} << shift) / by + 1);
  }
};

// n / d for n >= 0
__host__ __device__ inline int operator/(int n, const Divisor& d) {
  return static_cast<int>(std::uint64_t{static_cast<std::uint32_t>(n)} * d.multiplier >> d.shift);
}

// n % d for n >= 0
__host__ __device__ inline int operator%(int n, const Divisor& d) {
  return n - n / d * d.divisor;
}

}  // namespace longhand::cuda
