#include "core/random.h"

#include <cmath>
#include <numbers>
#include <utility>

namespace longhand {

std::uint64_t Random::below(std::uint64_t bound) {
  // Numbers from the last, incomplete run of `bound` are thrown away: without that the small ones
  // would come slightly more often.
  const std::uint64_t limit = std::mt19937_64::max() - std::mt19937_64::max() % bound;
  std::uint64_t number = engine_();
  while (number >= limit) number = engine_();
  return number % bound;
}

double Random::unit() {
  return static_cast<double>(engine_() >> 11) * 0x1.0p-53;
}

real Random::uniform(real low, real high) {
  return static_cast<real>(low + (static_cast<double>(high) - low) * unit());
}

real Random::normal(real mean, real standard_deviation) {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - unit()));  // 1 - unit() is never 0
  const double angle = 2.0 * std::numbers::pi * unit();
  return static_cast<real>(mean + standard_deviation * radius * std::cos(angle));
}

void Random::shuffle(std::span<int> items) {
  for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
}

}  // namespace longhand
