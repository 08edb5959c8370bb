// The last part of the lesson: every gradient once more, from the loss alone.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <ostream>
#include <string>

#include "apps/by_hand/net.h"
#include "apps/by_hand/print.h"
#include "core/error.h"

namespace longhand::by_hand {

// Which z each p is, or -1 where the ReLU blocks all four. While this stays the same, L is a
// parabola in each single number, so that its slope by differences is exact but for rounding; where
// it changes there is a kink.
inline std::array<int, 4> path(const Net& net) {
  std::array<int, 4> places{};
  for (int i = 0; i < 4; ++i) {
    const int place = net.winner(i);
    places[static_cast<std::size_t>(i)] = net.z[place] > 0 ? place : -1;
  }
  return places;
}

// A relative error in two digits: "4.6e-12".
inline std::string short_error(double error) {
  char text[32];
  std::snprintf(text, sizeof text, error == 0 ? "%.0f" : "%.1e", error);
  return text;
}

// Compares analytic gradients with numeric ones and prints a line for each.
class Check {
 public:
  Check(std::ostream& out, const Values& values, double tolerance)
      : out_(out), values_(values), tolerance_(tolerance), path_(path(Net(values))) {
    double image = 0, kernel = 0;
    size_ = std::abs(values.target) + std::abs(values.dense_bias);
    for (const double x : values.image) image = std::max(image, std::abs(x));
    for (const double w : values.kernel) kernel = std::max(kernel, std::abs(w));
    for (const double v : values.weights) {
      size_ += std::abs(v) * (std::abs(values.conv_bias) + 4 * image * kernel);
    }
  }

  // `value` is the number in values() whose gradient is `analytic`.
  void compare(const std::string& name, double& value, double analytic) {
    const double kept = value;
    value = kept + h;
    const double p_above = value;
    const Net above(values_);
    value = kept - h;
    const double p_below = value;
    const Net below(values_);
    value = kept;
    char line[120];
    if (path(above) != path_ || path(below) != path_) {
      ++kinks_;
      std::snprintf(line, sizeof line, "  %-8s %12s %12s %10s  a kink or a tie within h\n",
                    name.c_str(), num(analytic).c_str(), "none", "");
      out_ << line;
      return;
    }
    // p_above - p_below is 2h, but for the rounding of p + h and p - h
    const double numeric = (above.loss - below.loss) / (p_above - p_below);
    const double difference = std::abs(analytic - numeric);
    // y, known to about 1e-16 * size_, leaves the difference of two L this little to tell: below
    // the floor a relative error is that of the rounding.
    const double floor = 1e-4 * size_ * (std::sqrt(above.loss) + std::sqrt(below.loss));
    const double scale = std::max({std::abs(analytic), std::abs(numeric), floor});
    const double relative = difference == 0 ? 0 : difference / scale;
    const bool agrees = relative <= tolerance_;  // false for a NaN
    ++compared_;
    if (!agrees) ++wrong_;
    if (analytic != 0) all_zero_ = false;
    std::snprintf(line, sizeof line, "  %-8s %12s %12s %10s  %s\n", name.c_str(),
                  num(analytic).c_str(), num(numeric).c_str(), short_error(relative).c_str(),
                  agrees ? "agrees" : "DISAGREES");
    out_ << line;
  }

  // The last lines. Throws Error when a gradient disagrees.
  void finish() const {
    if (wrong_ > 0) {
      throw Error(std::to_string(wrong_) + " of " + std::to_string(compared_) +
                  " gradients disagree with the numeric ones (tolerance " + num(tolerance_) + ")");
    }
    out_ << "\n  " << compared_ << " gradients compared: all agree (tolerance " << num(tolerance_)
         << ").\n";
    if (kinks_ > 0) {
      out_ << "  " << kinks_ << " not compared: within h the winner of a window changes, or the "
           << "ReLU turns on or off,\n  and a function has no one slope at a kink.\n";
    }
    if (all_zero_) out_ << "  All of them are 0, so this says little: y is at the target.\n";
  }

  Values& values() { return values_; }

  static constexpr double h = 1e-5;

 private:
  std::ostream& out_;
  Values values_;
  double tolerance_;
  std::array<int, 4> path_;
  double size_ = 0;  // the terms that make y - t add up to less than this, signs aside
  int compared_ = 0, wrong_ = 0, kinks_ = 0;
  bool all_zero_ = true;
};

// `net` has run backward for `values` and keeps the gradients, whatever its parameters are now.
// Throws Error when a gradient disagrees.
inline void print_check(std::ostream& out, Net& net, const Values& given, double tolerance) {
  out << "\n4. Check: each gradient against the slope of L, with h = " << num(Check::h)
      << "\n"
         "--------------------------------------------------------------\n"
         "    numeric = (L(p + h) - L(p - h)) / 2h for each number p, all others kept\n\n";
  char line[80];
  std::snprintf(line, sizeof line, "  %-8s %12s %12s %10s\n", "", "analytic", "numeric",
                "rel. error");
  out << line;
  Check check(out, given, tolerance);
  Values& values = check.values();
  for (std::size_t k = 0; k < 4; ++k) {
    const int i = static_cast<int>(k);
    check.compare(element("dw", i / 2, i % 2), values.kernel[k], net.conv.weight().grad[i]);
  }
  check.compare("db", values.conv_bias, net.conv.bias().grad[0]);
  for (std::size_t k = 0; k < 4; ++k) {
    const int i = static_cast<int>(k);
    check.compare(element("dv", i), values.weights[k], net.dense.weight().grad[i]);
  }
  check.compare("dc", values.dense_bias, net.dense.bias().grad[0]);
  for (std::size_t k = 0; k < 16; ++k) {
    const int i = static_cast<int>(k);
    check.compare(element("dx", i / 4, i % 4), values.image[k], net.dx[i]);
  }
  check.finish();
}

}  // namespace longhand::by_hand
