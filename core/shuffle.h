// shuffle: an order of the images, each of which is found by itself.
//
// Fisher and Yates' way of shuffling is a chain of swaps, each of which needs those before it: no
// work for many threads. Here the order is a formula: a key makes a one-to-one map of the places
// 0..count-1 onto themselves, and the image at place i is what the map makes of i.
#pragma once

#include <cstdint>

#include "core/random_bits.h"

namespace longhand {

// The bits of half a number, where a whole number has enough for 0..count-1.
constexpr int half_bits_for(int count) {
  int half = 1;
  while ((std::int64_t{1} << (2 * half)) < count) ++half;
  return half;
}

// A Feistel network (of the cipher Lucifer, 1973; four rounds after Luby and Rackoff 1988) maps the
// numbers of 2 * half_bits bits onto themselves. A number is cut into a left and a right half; in
// each round the left one is changed by bits drawn for the right one, and the two change places.
// Whoever has the result can go back, round by round, so no two numbers have the same one.
constexpr std::uint64_t feistel(std::uint64_t number, int half_bits, std::uint64_t key) {
  const std::uint64_t mask = (std::uint64_t{1} << half_bits) - 1;
  std::uint64_t left = number >> half_bits, right = number & mask;
  for (std::uint64_t round = 0; round < 4; ++round) {
    const std::uint64_t changed = left ^ (random_bits(key, round << 32 | right) & mask);
    left = right;
    right = changed;
  }
  return left << half_bits | right;
}

// What stands at place i of 0..count-1 in the key's order. The network's numbers are up to four
// times as many as count: where it leads beyond the end it goes on from there, until it is back
// (Black and Rogaway 2002). It must come back, since a one-to-one map runs in circles; and from
// another i it comes back elsewhere.
constexpr int shuffled(int i, int count, std::uint64_t key) {
  const int half_bits = half_bits_for(count);
  auto number = static_cast<std::uint64_t>(i);
  do {
    number = feistel(number, half_bits, key);
  } while (number >= static_cast<std::uint64_t>(count));
  return static_cast<int>(number);
}

namespace ref {
// order[i] = shuffled(i, count, *key) for i < count: each of 0..count-1 once.
void shuffle(int count, const std::uint64_t* key, int* order);
}  // namespace ref

// The key lies in the GPU's memory, too.
namespace cuda {
void shuffle(int count, const std::uint64_t* key, int* order);
}  // namespace cuda

}  // namespace longhand
