#include "core/compare.h"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "core/error.h"

namespace longhand {

Comparison compare(const std::string& name, const Shape& shape,
                   const std::vector<std::int64_t>& offsets, const std::vector<double>& values,
                   const std::vector<double>& expected, double tolerance, double floor) {
  if (values.size() != offsets.size() || expected.size() != offsets.size()) {
    throw ShapeError("compare " + name + ": " + std::to_string(offsets.size()) + " offsets, " +
                     std::to_string(values.size()) + " values and " +
                     std::to_string(expected.size()) + " expected values");
  }
  Comparison result;
  result.name = name;
  for (const double value : expected) result.largest = std::max(result.largest, std::abs(value));
  for (std::size_t i = 0; i < offsets.size(); ++i) {
    const double difference = std::abs(values[i] - expected[i]);
    const double scale =
        std::max({std::abs(values[i]), std::abs(expected[i]), floor * result.largest});
    const double error = difference == 0 ? 0 : difference / scale;
    ++result.compared;
    if (!(error <= tolerance)) ++result.failed;
    // Written so that the first NaN becomes the worst and stays it.
    const bool worse = !(error <= result.worst_error) && !std::isnan(result.worst_error);
    if (worse || i == 0) {
      result.worst_error = error;
      result.worst_index = index_string(shape, offsets[i]);
      result.worst_value = values[i];
      result.worst_expected = expected[i];
    }
  }
  return result;
}

std::string Comparison::report() const {
  std::ostringstream out;
  out.precision(9);
  out << name << ": ";
  if (compared == 0) {
    out << "nothing was compared";
  } else if (failed > 0) {
    out << failed << " of " << compared << " elements differ, the worst at " << worst_index << ": "
        << worst_value << ", expected " << worst_expected;
  } else if (!(largest > 0)) {
    out << "all " << compared << " expected elements are zero: that proves nothing";
  } else {
    out << "the same, " << compared << " elements";
  }
  return out.str();
}

}  // namespace longhand
