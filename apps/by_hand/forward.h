// The first part of the lesson: the forward pass, each number counted again from the ones before
// it.
#pragma once

#include <algorithm>
#include <ostream>
#include <string>

#include "apps/by_hand/net.h"
#include "apps/by_hand/print.h"

namespace longhand::by_hand {

inline void print_conv_forward(std::ostream& out, Net& net) {
  const Tensor& w = net.conv.weight().value;
  const double b = net.conv.bias().value[0];
  out << "\n1.1 Convolution, with a row of zeros above the image and a column of zeros to its "
         "left\n"
         "    z[oh,ow] = sum over kh, kw of x[oh-1+kh,ow-1+kw] * w[kh,kw] + b\n";
  Tensor with_zeros(Shape{1, 1, 5, 5});
  for (int i = 0; i < 25; ++i) with_zeros[i] = padded(net.x, i / 5 - 1, i % 5 - 1);
  print_grids(out, {{"x with zeros", with_zeros}, {"w", w}});
  out << "\n";
  for (int oh = 0; oh < 4; ++oh) {
    for (int ow = 0; ow < 4; ++ow) {
      Sum z(b);
      for (int kh = 0; kh < 2; ++kh) {
        for (int kw = 0; kw < 2; ++kw) {
          z.add(padded(net.x, oh - 1 + kh, ow - 1 + kw), w.at(0, 0, kh, kw));
        }
      }
      z.write_start(b);
      z.print(out, element("z", oh, ow), net.z.at(0, 0, oh, ow));
    }
  }
}

inline void print_relu_forward(std::ostream& out, const Net& net) {
  out << "\n1.2 ReLU\n    a = max(z, 0)\n";
  print_grids(out, {{"z", net.z}, {"a", net.a}});
  out << "\n";
  std::string blocked;
  for (int i = 0; i < 16; ++i) {
    require_equal(element("a", i / 4, i % 4), std::max(net.z[i], 0.0), net.a[i], 0);
    if (!(net.z[i] > 0)) blocked += element(" z", i / 4, i % 4);
    if (net.z[i] == 0) {
      out << "  " << element("z", i / 4, i % 4)
          << " is exactly 0, the ReLU's kink: its gradient there is taken as 0.\n";
    }
  }
  out << "  Blocked:" << (blocked.empty() ? " none" : blocked) << "\n";
}

inline void print_pool_forward(std::ostream& out, const Net& net) {
  out << "\n1.3 Max-pooling\n    p[ph,pw] = the largest of the four a in its window\n\n";
  for (int i = 0; i < 4; ++i) {
    const int h = i / 2 * 2, w = i % 2 * 2;  // the window's first row and column
    int best = h * 4 + w, as_large = 0;
    for (const int place : {best, best + 1, best + 4, best + 5}) {
      if (net.a[place] > net.a[best]) best = place;
    }
    std::string numbers;
    for (const int place : {h * 4 + w, h * 4 + w + 1, h * 4 + w + 4, h * 4 + w + 5}) {
      if (net.a[place] == net.a[best]) ++as_large;
      numbers += (numbers.empty() ? "" : ", ") + num(net.a[place]);
    }
    const std::string name = element("p", i / 2, i % 2);
    require_equal("the winner of " + name, best, net.winner(i), 0);
    require_equal(name, net.a[best], net.p[i], 0);
    out << pad("  " + name + " = max(" + numbers + ") = " + num(net.p[i]), 40) << "winner "
        << element("a", best / 4, best % 4);
    if (net.p[i] == 0) {
      out << " (all are 0: the first in row order wins)";
    } else if (as_large > 1) {
      out << " (a tie of " << as_large << ": the first in row order wins)";
    }
    out << "\n";
  }
}

// The line of y, from the four f.
inline void print_y(std::ostream& out, Net& net) {
  const double c = net.dense.bias().value[0];
  Sum y(c);
  for (int i = 0; i < 4; ++i) y.add(net.f[i], net.dense.weight().value[i]);
  y.write_start(c);
  y.print(out, "y", net.y[0]);
}

// The line of the loss, from y and t.
inline void print_loss(std::ostream& out, const Net& net) {
  const double e = net.y[0] - net.t[0];
  require_equal("L", e * e, net.loss, e * e);
  out << "  L = (" << num(net.y[0]) << " - " << factor(net.t[0]) << ")^2 = " << factor(e)
      << "^2 = " << num(net.loss) << "\n";
}

// Throws Error where the engine's numbers are not the ones counted here; so do all the parts.
inline void print_forward(std::ostream& out, Net& net) {
  out << "\n1. Forward\n----------\n";
  print_conv_forward(out, net);
  print_relu_forward(out, net);
  print_pool_forward(out, net);
  out << "\n1.4 Flatten: the same numbers in one row\n    f[2*ph+pw] = p[ph,pw]\n\n";
  for (int i = 0; i < 4; ++i) require_equal(element("f", i), net.p[i], net.f[i], 0);
  out << "  f = " << list(net.f) << "\n";
  out << "\n1.5 Dense\n    y = sum over i of f[i] * v[i] + c\n\n";
  print_y(out, net);
  out << "\n1.6 Loss: the squared error\n    L = (y - t)^2\n\n";
  print_loss(out, net);
}

}  // namespace longhand::by_hand
