// scratch: memory for a kernel's intermediate numbers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/parallel.h"
#include "core/tensor.h"

namespace longhand {

// This thread's own memory. A function of its own, because the first use already allocates.
template <class Tag>
Tensor& thread_scratch() {
  thread_local Tensor memory;
  return memory;
}

// At least `size` numbers, aligned to 64 bytes, unspecified at first. Each piece of a parallel_for
// has its own for each Tag (any type, declared in place: scratch<struct PaddedImage>(size)), and
// outside of pieces each thread. It only grows, so it is allocated in the first training step and
// kept, whichever threads run the pieces of the later ones.
template <class Tag>
real* scratch(std::int64_t size) {
  constexpr int places = 256;  // with more threads than that, the others use their threads' own
  static std::array<Tensor, places> of_place;
  const int place = memory_place();
  Tensor& memory = place > 0 && place < places ? of_place[static_cast<std::size_t>(place)]
                                               : thread_scratch<Tag>();
  if (memory.size() < size) memory.resize({1, 1, 1, static_cast<int>(size)});
  return memory.data();
}

}  // namespace longhand
