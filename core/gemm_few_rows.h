// Products of few rows with a large matrix.
#pragma once

#include "core/gemm_blocks.h"

namespace longhand::fast {

// Whether a has so few rows that packing b would cost more than it saves, but enough to copy b on
// the way, and b is large and lies as it is. The same for every range of a product, so that its
// bits do not depend on the ranges.
bool suits_few_rows(const Product& p);

// multiply_range() where suits_few_rows() says so.
void multiply_few_rows(const Tiles& t, const Product& p, const Range& range);

}  // namespace longhand::fast
