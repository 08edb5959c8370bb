// Random: the one source of chance. The same seed gives the same numbers on every machine and
// compiler (the standard library's own distributions do not).
#pragma once

#include <cstdint>
#include <random>
#include <span>

#include "core/real.h"

namespace longhand {

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  // 64 bits, each as likely to be 0 as 1: a key for random_bits.h, say.
  std::uint64_t bits() { return engine_(); }

  // A whole number in [0, bound), each equally likely; bound must be at least 1.
  std::uint64_t below(std::uint64_t bound);

  // A number in [low, high), uniform, with 53 random bits.
  real uniform(real low, real high);

  // A number from the normal distribution (Box and Muller 1958).
  real normal(real mean, real standard_deviation);

  // Puts the items in random order (Fisher and Yates).
  void shuffle(std::span<int> items);

 private:
  double unit();  // in [0, 1)
  std::mt19937_64 engine_;
};

}  // namespace longhand
