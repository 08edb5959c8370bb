// The number type of the whole engine.
#pragma once

namespace longhand {

// float in the engine that trains; double in the second build of the same sources (the library
// longhand_double), which only gradient checks link: there an analytic and a numeric gradient agree
// to about 1e-9, so a wrong formula cannot hide behind rounding.
#ifdef LONGHAND_DOUBLE
using real = double;
#else
using real = float;
#endif

}  // namespace longhand
