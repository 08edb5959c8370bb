// Scratch memory that a thread keeps from call to call, so that a training step allocates nothing.
#pragma once

#include <cstdint>

#include "core/real.h"

namespace longhand {

// What the memory is for: pieces that are needed at the same time have different names.
enum class Scratch { packed_a, packed_b, narrow, turned, pixels, weights, sums };
inline constexpr int scratch_pieces = 7;

// This thread's memory of that name: at least `size` numbers, 64-byte aligned. It only grows, and
// what was in it is lost when it does.
real* scratch(Scratch piece, std::int64_t size);

}  // namespace longhand
