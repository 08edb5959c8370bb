// The second part of the lesson: the backward pass, where each gradient comes from and goes.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <ostream>
#include <sstream>
#include <string>

#include "apps/by_hand/net.h"
#include "apps/by_hand/print.h"

namespace longhand::by_hand {

inline void print_dense_backward(std::ostream& out, Net& net) {
  const double dy = net.dy[0], e = net.y[0] - net.t[0];
  require_equal("dy", 2 * e, dy, std::abs(2 * e));
  out << "\n2.1 Loss\n    dy = 2 * (y - t)\n\n  dy = 2*(" << num(net.y[0]) << " - "
      << factor(net.t[0]) << ") = " << num(dy) << "\n";

  out << "\n2.2 Dense: a weight's gradient is dy times its input, an input's dy times its weight\n"
         "    dv[i] = dy * f[i],   dc = dy,   df[i] = dy * v[i]\n\n";
  for (int i = 0; i < 4; ++i) {
    Sum dv;
    dv.add(dy, net.f[i]);
    dv.print(out, element("dv", i), net.dense.weight().grad[i]);
  }
  require_equal("dc", dy, net.dense.bias().grad[0], 0);
  out << "  dc = " << num(dy) << "\n";
  for (int i = 0; i < 4; ++i) {
    Sum df;
    df.add(dy, net.dense.weight().value[i]);
    df.print(out, element("df", i), net.df[i]);
  }
}

inline void print_pool_backward(std::ostream& out, const Net& net) {
  out << "\n2.3 Flatten: only the shape goes back\n    dp[ph,pw] = df[2*ph+pw]\n";
  for (int i = 0; i < 4; ++i) {
    require_equal(element("dp", i / 2, i % 2), net.df[i], net.dp[i], 0);
  }
  print_grids(out, {{"dp", net.dp}});

  out << "\n2.4 Max-pooling: each dp goes to the winner of its window, the others get 0\n\n";
  Tensor da(Shape{1, 1, 4, 4});
  for (int i = 0; i < 4; ++i) {
    const int place = net.winner(i);
    da[place] = net.dp[i];
    out << pad("  " + equation("dp", net.dp, i / 2, i % 2), 20) << "-> "
        << element("da", place / 4, place % 4) << "\n";
  }
  print_grids(out, {{"da", net.da}});

  out << "\n2.5 ReLU: passes the gradient on where z > 0, blocks it elsewhere\n"
         "    dz = da where z > 0, else 0\n\n";
  Tensor passes(Shape{1, 1, 4, 4});
  for (int i = 0; i < 16; ++i) {
    const int h = i / 4, w = i % 4;
    passes[i] = net.z[i] > 0 ? 1 : 0;
    require_equal(element("da", h, w), da[i], net.da[i], 0);
    require_equal(element("dz", h, w), passes[i] > 0 ? da[i] : 0, net.dz[i], 0);
    if (da[i] == 0) continue;
    out << pad("  " + equation("dz", net.dz, h, w), 20)
        << (passes[i] > 0 ? "passes: " : "blocked: ") << equation("z", net.z, h, w)
        << (passes[i] > 0 ? " > 0" : " <= 0") << "\n";
  }
  out << "  Every other da is 0, and so is its dz.\n";
  print_grids(out, {{"z > 0", passes}, {"dz", net.dz}});
}

inline void print_conv_backward(std::ostream& out, Net& net, bool write_dx) {
  out << "\n2.6 Convolution: a weight was used at all 16 places, so its gradient gathers them all\n"
         "    dw[kh,kw] = sum over oh, ow of dz[oh,ow] * x[oh-1+kh,ow-1+kw]\n"
         "    db = sum over oh, ow of dz[oh,ow]\n"
         "    Products with a 0 (in dz, in x or in the padding) are left out.\n\n";
  const Tensor& w = net.conv.weight().value;
  std::array<Sum, 4> dw;
  std::array<Sum, 16> dx;
  Sum db;
  for (int oh = 0; oh < 4; ++oh) {
    for (int ow = 0; ow < 4; ++ow) {
      const double dz = net.dz.at(0, 0, oh, ow);
      if (dz == 0) continue;
      const std::string name = element("dz", oh, ow);
      db.add(dz, name);
      for (int k = 0; k < 4; ++k) {
        const int ih = oh - 1 + k / 2, iw = ow - 1 + k % 2;
        if (!inside(net.x.shape(), ih, iw)) continue;
        const double x = net.x.at(0, 0, ih, iw);
        const auto place = static_cast<std::size_t>(ih * 4 + iw);
        if (x != 0) dw[static_cast<std::size_t>(k)].add(dz, x, name + element("*x", ih, iw));
        if (w[k] != 0) dx[place].add(dz, w[k], name + element("*w", k / 2, k % 2));
      }
    }
  }
  for (std::size_t k = 0; k < 4; ++k) {
    const int i = static_cast<int>(k);
    dw[k].print(out, element("dw", i / 2, i % 2), net.conv.weight().grad[i]);
  }
  db.print(out, "db", net.conv.bias().grad[0]);
  print_grids(out, {{"dw", net.conv.weight().grad}});

  out << "\n2.7 The image's gradient: every dz goes back to its window through the same weights\n"
         "    dx[ih,iw] = sum over kh, kw of dz[ih+1-kh,iw+1-kw] * w[kh,kw]\n";
  std::ostringstream lines;
  for (std::size_t place = 0; place < 16; ++place) {
    const int i = static_cast<int>(place);
    dx[place].print(lines, element("dx", i / 4, i % 4), net.dx[i]);
  }
  if (write_dx) out << "\n" << lines.str();
  print_grids(out, {{"dx", net.dx}});
  if (!write_dx) out << "\n  (--image-gradient writes these 16 sums out.)\n";
}

inline void print_backward(std::ostream& out, Net& net, bool write_dx) {
  out << "\n2. Backward: dz[1,2] stands for dL/dz[1,2], and so on\n"
         "-----------------------------------------------------\n";
  print_dense_backward(out, net);
  print_pool_backward(out, net);
  print_conv_backward(out, net, write_dx);
}

}  // namespace longhand::by_hand
