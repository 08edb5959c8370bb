// Products of floats by a CPU's matrix unit (Intel's AMX).
//
// The unit multiplies 16 x 32 by 32 x 16 numbers in 16 cycles, sixteen times as fast as vectors do,
// but numbers in bfloat16: the sign, the exponent and the first 8 of a float's 24 bits. So every
// float is written as the sum of three of them, x = x1 + x2 + x3, which is exact, and
//
//   x y = x1 y1 + x1 y2 + x2 y1 + x2 y2 + x1 y3 + x3 y1 + (x2 y3 + x3 y2 + x3 y3)
//
// of which the six products before the bracket are computed (Henry, Tang and Heinecke 2019,
// "Leveraging the bfloat16 artificial intelligence datatype for higher-precision computations").
// The bracket is at most 2^-22 of x y, and mostly no more than rounding x y to a float changes. The
// unit adds up 32 products before it adds them to the sum. So a sum of 16 to 100 products has half
// the error that the loop over vectors has, one of 1000 three quarters, one of 4000 one and a half
// times (tests/core/gemm_parts_test.cpp). What is not as in a loop: numbers below 2e-33 lose their
// last bits, products and sums below 1.2e-38 are 0, and an infinity in a or b gives NaN.
#pragma once

#include <cstdint>

#include "core/gemm_blocks.h"

namespace longhand::fast {

// Whether this CPU has the unit, and one thread's product of an m x k and a k x n matrix is worth
// splitting their numbers for. `copies_b`: the second is transposed, or a matrix of pictures.
bool parts_pay(std::int64_t m, std::int64_t n, std::int64_t k, bool copies_b);

// multiply_range() by the matrix unit, where parts_pay() says so. `p.pictures_in_place` is not
// looked at.
void multiply_range_in_parts(const Product& p, const Range& range);

}  // namespace longhand::fast
