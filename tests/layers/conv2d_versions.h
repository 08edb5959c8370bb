// What the tests of the convolution's versions share: one version run in all three directions, and
// compared with another.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "core/compare.h"
#include "core/gradcheck.h"
#include "core/parallel.h"
#include "layers/conv2d_fast.h"

namespace longhand::test {

struct ConvCase {
  std::string name;
  Shape x;
  int out;
  Window window;
  int groups = 1;
};

inline Conv2dGeometry geometry(const ConvCase& c) {
  const Shape w{c.out, c.x.c / c.groups, c.window.kernel.h, c.window.kernel.w};
  return conv2d_geometry(c.x, w, c.window, c.groups);
}

// y, dx and dw of one version; what it must overwrite holds garbage, what it must add to holds w.
struct Outcome {
  Tensor y, dx, dw;
};

template <class Forward, class Data, class Weights>
Outcome run(const Conv2dGeometry& g, bool bias, Forward&& forward, Data&& data, Weights&& weights) {
  const Tensor x = spread_values(g.x, 1), w = spread_values(g.w, 2), dy = spread_values(g.y, 3);
  const Tensor b = spread_values({g.y.c}, 4);
  Outcome outcome{Tensor(g.y), Tensor(g.x), w};
  outcome.y.fill(77);
  outcome.dx.fill(77);
  forward(g, x.data(), w.data(), bias ? b.data() : nullptr, outcome.y.data());
  data(g, dy.data(), w.data(), outcome.dx.data());
  weights(g, x.data(), dy.data(), outcome.dw.data());
  return outcome;
}

// Within 1e-4 of the value, or 1e-6 where it is below 0.01: sums of a thousand terms of about 1
// come near to zero.
inline void check_equal(const std::string& what, const Tensor& values, const Tensor& expected) {
  std::vector<std::int64_t> offsets(static_cast<std::size_t>(values.size()));
  std::iota(offsets.begin(), offsets.end(), std::int64_t{0});
  const Comparison result = compare(
      what, values.shape(), offsets, {values.data(), values.data() + values.size()},
      {expected.data(), expected.data() + expected.size()}, sizeof(real) == 8 ? 1e-12 : 1e-4, 1e-2);
  CHECK_MESSAGE(result.passed(), result.report());
}

inline void check_outcome(const Outcome& outcome, const Outcome& expected) {
  check_equal("y", outcome.y, expected.y);
  check_equal("dx", outcome.dx, expected.dx);
  check_equal("dw", outcome.dw, expected.dw);
}

// What body() returns with so many threads.
template <class Body>
auto with_threads(int count, Body&& body) {
  const int before = threads();
  set_threads(count);
  auto result = body();
  set_threads(before);
  return result;
}

// What each version(g, bias) gives at 1 and 3 threads, and without bias at 2, is the reference's.
template <class... Versions>
void check_versions(const ConvCase& c, Versions&&... versions) {
  const Conv2dGeometry g = geometry(c);
  Outcome expected =
      run(g, true, ref::conv2d_forward, ref::conv2d_backward_data, ref::conv2d_backward_weights);
  const auto check = [&](int count, bool bias) {
    INFO(c.name, ", bias ", bias, ", threads ", count);
    (check_outcome(with_threads(count, [&] { return versions(g, bias); }), expected), ...);
  };
  check(1, true);
  check(3, true);
  const Tensor x = spread_values(g.x, 1), w = spread_values(g.w, 2);
  ref::conv2d_forward(g, x.data(), w.data(), nullptr, expected.y.data());
  check(2, false);
}

// y in double, without bias, by the loop of the formula.
inline std::vector<double> exact_forward(const Conv2dGeometry& g, const Tensor& x,
                                         const Tensor& w) {
  std::vector<double> y;
  for (int n = 0; n < g.y.n; ++n) {
    for (int co = 0; co < g.y.c; ++co) {
      const int first = co / (g.y.c / g.groups) * g.w.c;
      for (int oh = 0; oh < g.y.h; ++oh) {
        for (int ow = 0; ow < g.y.w; ++ow) {
          double sum = 0;
          for (int ci = 0; ci < g.w.c; ++ci) {
            for (int kh = 0; kh < g.w.h; ++kh) {
              for (int kw = 0; kw < g.w.w; ++kw) {
                const int ih = oh * g.stride_h - g.padding_top + kh * g.dilation_h;
                const int iw = ow * g.stride_w - g.padding_left + kw * g.dilation_w;
                if (ih < 0 || ih >= g.x.h || iw < 0 || iw >= g.x.w) continue;
                sum += static_cast<double>(x.at(n, first + ci, ih, iw)) * w.at(co, ci, kh, kw);
              }
            }
          }
          y.push_back(sum);
        }
      }
    }
  }
  return y;
}

// The largest difference from `exact`, relative to the root mean square of the values.
inline double largest_error(const Tensor& values, const std::vector<double>& exact) {
  double worst = 0, squares = 0;
  for (std::size_t i = 0; i < exact.size(); ++i) {
    worst = std::max(worst, std::abs(values.data()[i] - exact[i]));
    squares += exact[i] * exact[i];
  }
  return worst / std::sqrt(squares / static_cast<double>(exact.size()));
}

// Prints the largest errors of ref, implicit gemm and `version`, and returns the last.
template <class Version>
double forward_error(const Conv2dGeometry& g, const std::string& name, Version&& version) {
  const Tensor x = spread_values(g.x, 1), w = spread_values(g.w, 2);
  const std::vector<double> exact = exact_forward(g, x, w);
  const auto error = [&](auto&& forward) {
    Tensor y(g.y);
    forward(g, x.data(), w.data(), nullptr, y.data());
    return largest_error(y, exact);
  };
  const double own = error(version);
  MESSAGE("weights ", to_string(g.w), ", largest error over root mean square: reference ",
          error(ref::conv2d_forward), ", implicit gemm ", error(fast::implicit::conv2d_forward),
          ", ", name, " ", own);
  return own;
}

}  // namespace longhand::test
