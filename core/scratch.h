// scratch: memory for a kernel's intermediate numbers.
#pragma once

#include <cstdint>

#include "core/tensor.h"

namespace longhand {

// At least `size` numbers, aligned to 64 bytes, unspecified at first. Each thread has its own for
// each Tag (any type, declared in place: scratch<struct PaddedImage>(size)). It only grows, so it
// is allocated in the first training step and kept.
template <class Tag>
real* scratch(std::int64_t size) {
  thread_local Tensor memory;
  if (memory.size() < size) memory.resize({1, 1, 1, static_cast<int>(size)});
  return memory.data();
}

}  // namespace longhand
