#include "cuda/divide.h"

#include <doctest/doctest.h>

#include <limits>

#include "core/random.h"

namespace longhand::test {

TEST_CASE("division by multiplication is division") {
  using cuda::Divisor;
  constexpr int largest = std::numeric_limits<int>::max();
  const auto check = [](int n, int by) {
    const Divisor divisor(by);
    const bool same = n / divisor == n / by && n % divisor == n % by;
    CHECK_MESSAGE(same, n << " / " << by);
  };
  for (int by = 1; by <= 300; ++by) {
    for (int n = 0; n <= 600; ++n) check(n, by);
    for (int n = largest - 2 * by; n < largest; ++n) check(n + 1, by);
  }
  // Around the multiples of large divisors, powers of 2 and their neighbours among them.
  Random random(1);
  for (int bit = 8; bit < 31; ++bit) {
    const int power = 1 << bit;
    for (const int by :
         {power - 1, power, power + 1,
          power + static_cast<int>(random.below(static_cast<std::uint64_t>(power)))}) {
      for (const int multiple : {by, largest / by * by}) {
        check(multiple - 1, by);
        check(multiple, by);
        if (multiple < largest) check(multiple + 1, by);
      }
      check(largest, by);
    }
  }
}

}  // namespace longhand::test
