// The last columns of a product, too few to fill a vector.
#pragma once

#include "core/gemm_blocks.h"

namespace longhand::fast {

// How many of a product's `columns` are better left to multiply_last_columns: those that a vector
// would be too long for, if they are at most a quarter of it. 0 if none. The rest is whole vectors.
int last_columns(const Tiles& t, const Product& p, int columns);

// Computes this range of c, which is as many columns as last_columns says.
void multiply_last_columns(const Product& p, const Range& range);

}  // namespace longhand::fast
