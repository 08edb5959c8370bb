// Products with a matrix of pictures that are read in place.
#pragma once

#include "core/gemm_blocks.h"

namespace longhand::fast {

// multiply_range() with p.pictures_in_place.
void multiply_pictures(const Tiles& t, const Product& p, const Range& range);

}  // namespace longhand::fast
