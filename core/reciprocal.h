// Division in vectors without the unit that divides, which takes 10 to 16 cycles for 16 floats.
#pragma once

#include "core/vector_math.h"

namespace longhand {

// y = a / b for b > 0; all but 0, a * 1e-37, where b is infinite. Relative error in float: at
// most 1.2e-7 for b from 1e-37 to 1e37 and a and a / b larger than 1e-30. Without AVX-512, and in
// double, it is the exact division.
//
// AVX-512 has an instruction for 1 / b to 2^-14. The first quotient q = a (1 / b) is as good; what
// is left of a, a - q b, is found without a rounding error by a fused multiply-add, and divided in
// the same way.
template <class Vector>
[[gnu::always_inline]] inline void divide(const Vector& a, const Vector& b, Vector& y) {
#if defined(__x86_64__) && !defined(__clang__)
  if constexpr (sizeof(Vector) == 64 && !standard_math) {
    const Vector largest = Vector{} + real(1e37);
    Vector finite, r;
    minimum(largest, b, finite);  // infinity times its reciprocal would be NaN
    asm("vrcp14ps %1, %0" : "=v"(r) : "v"(finite));
    const Vector q = a * r;
    y = q + (a - q * finite) * r;
    return;
  }
#endif
  y = a / b;
}

}  // namespace longhand
