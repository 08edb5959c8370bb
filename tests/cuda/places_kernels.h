// A kernel for the test of cuda/places.h.
#pragma once

#include <cstdint>

#include "core/shape.h"

namespace longhand::test {

// found[k] = what Places(shape) says of offsets[k], for k < count; both in device memory.
void run_places(const Shape& shape, int count, const std::int64_t* offsets, Index* found);

}  // namespace longhand::test
