// Device memory for what lives from one kernel to the next of the same function, such as the parts
// of a sum.
#pragma once

#include <cstdint>

#include "core/real.h"

namespace longhand::cuda {

// At least `size` numbers, unspecified. The next caller gets the same ones: kernels of one stream
// follow each other, so nobody is in anybody's way. Only a larger size than any before allocates.
// What was given out before is kept even then: a graph captured earlier may still write there.
real* workspace(std::int64_t size);

}  // namespace longhand::cuda
