// Sums over so many images that many blocks share them: each block writes its part of the sum, and
// then the parts are added up in a fixed order. Atomic additions would need no parts, but add in
// another order each time.
#pragma once

#include <cstdint>

#include "core/real.h"

namespace longhand::cuda {

// As many parts as make `blocks_a_part` times parts about four blocks for each of an H100's 132
// multiprocessors, but at most `most`. It depends on the shape alone, so that the sum's order does.
int parts_for(std::int64_t blocks_a_part, std::int64_t most);

// sum[i] += parts[0][i] + parts[1][i] + ... for i < size, in this order.
void add_parts(int count, std::int64_t size, const real* parts, real* sum);

}  // namespace longhand::cuda
