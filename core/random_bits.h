// Random bits by their number: any of them can be had without those before it, so that every thread
// of a kernel can fetch its own, and the host's loops fetch the same.
#pragma once

#include <cstdint>

namespace longhand {

// The 64 bits with that number in the sequence that SplitMix64 makes of the key (Steele, Lea, Flood
// 2014): the number is spread over all bits, then stirred twice.
constexpr std::uint64_t random_bits(std::uint64_t key, std::uint64_t number) {
  std::uint64_t z = key + (number + 1) * 0x9e3779b97f4a7c15U;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

}  // namespace longhand
