// The orders in which every test of a kernel runs its threads and blocks.
#pragma once

#include <string>

#include "tests/support/environment.h"

namespace longhand::test {

// Calls f once for each order.
template <class F>
void in_all_orders(F f) {
  for (const std::string order : {"forward", "reverse", "random:1", "random:2"}) {
    CAPTURE(order);
    const Environment environment("LONGHAND_SIMT_ORDER", order);
    f();
  }
}

}  // namespace longhand::test
