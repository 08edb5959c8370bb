// The indices of an element from its place in memory, without a division where 32 bits do.
#pragma once

#include <cstdint>
#include <limits>

#include "core/shape.h"
#include "cuda/launch.h"

namespace longhand::cuda {

// Division of a number below 2^31 by one that is known before the launch. A GPU has no instruction
// for division: 32 bits take about twenty others, 64 bits about seventy. Instead n / divisor is
// (n + high half of n * multiplier) >> shift, three instructions, with
//   shift = the smallest s with 2^s >= divisor
//   multiplier = 2^32 * (2^shift - divisor) / divisor + 1
// (Granlund, Montgomery 1994, figure 4.1.)
class Divisor {
 public:
  explicit Divisor(int divisor) : divisor_(static_cast<unsigned>(divisor)) {
    while ((1U << shift_) < divisor_) ++shift_;
    const std::uint64_t missing = (std::uint64_t{1} << shift_) - divisor_;
    multiplier_ = static_cast<unsigned>((missing << 32) / divisor_ + 1);
  }

  // The quotient. n becomes the remainder.
  __device__ unsigned divide(unsigned& n) const {
    const unsigned quotient = (n + __umulhi(n, multiplier_)) >> shift_;
    n -= quotient * divisor_;
    return quotient;
  }

  // That of a number that is not negative.
  __device__ int quotient(int n) const {
    auto rest = static_cast<unsigned>(n);
    return static_cast<int>(divide(rest));
  }

 private:
  unsigned divisor_, multiplier_ = 1, shift_ = 0;
};

// index_at(shape, i) for kernels, which get it as an argument.
class Places {
 public:
  explicit Places(const Shape& shape) : shape_(shape), c_(shape.c), h_(shape.h), w_(shape.w) {}

  __device__ Index operator()(std::int64_t i) const {
    if (shape_.size() > std::numeric_limits<std::int32_t>::max()) return index_at(shape_, i);
    unsigned w = static_cast<unsigned>(i), h = w_.divide(w), c = h_.divide(h), n = c_.divide(c);
    return {static_cast<int>(n), static_cast<int>(c), static_cast<int>(h), static_cast<int>(w)};
  }

 private:
  Shape shape_;
  Divisor c_, h_, w_;
};

}  // namespace longhand::cuda
