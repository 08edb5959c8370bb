// Which version of the convolution runs: over 16 images in a vector's lanes where the tensors are
// laid out for it; a dense layer where the window is the image; else Winograd's convolution, for
// 3 x 3 kernels or along lines, or implicit gemm, where they suit the shape; else im2col and gemm.
#include "layers/conv2d_fast.h"

#include <algorithm>
#include <cstdint>

#include "core/cpu.h"
#include "core/parallel.h"
#include "layers/conv2d_lanes.h"
#include "layers/conv2d_line_winograd.h"
#include "layers/conv2d_winograd.h"

namespace longhand::fast {

namespace {

// Unless the ladder's lower rung is asked for.
bool best() {
  return cpu_rung() == CpuRung::best;
}

}  // namespace

void conv2d_forward(const Conv2dGeometry& g, const real* x, const real* w, const real* b, real* y) {
  if (best() && is_dense(g)) return dense_forward(dense_geometry(g), x, w, b, y);
  if (g.layout == Layout::lanes) return lanes::conv2d_forward(g, x, w, b, y);
  if (best() && winograd::suits_forward(g)) return winograd::conv2d_forward(g, x, w, b, y);
  if (best() && line_winograd::suits_forward(g)) {
    return line_winograd::conv2d_forward(g, x, w, b, y);
  }
  if (best() && implicit::suits_forward(g)) return implicit::conv2d_forward(g, x, w, b, y);
  im2col::conv2d_forward(g, x, w, b, y);
}

void conv2d_backward_data(const Conv2dGeometry& g, const real* dy, const real* w, real* dx) {
  if (best() && is_dense(g)) return dense_backward_data(dense_geometry(g), dy, w, dx);
  if (g.layout == Layout::lanes) return lanes::conv2d_backward_data(g, dy, w, dx);
  if (best() && winograd::suits_backward_data(g)) {
    return winograd::conv2d_backward_data(g, dy, w, dx);
  }
  if (best() && line_winograd::suits_backward_data(g)) {
    return line_winograd::conv2d_backward_data(g, dy, w, dx);
  }
  if (best() && implicit::suits_backward_data(g)) {
    return implicit::conv2d_backward_data(g, dy, w, dx);
  }
  im2col::conv2d_backward_data(g, dy, w, dx);
}

void conv2d_backward_weights(const Conv2dGeometry& g, const real* x, const real* dy, real* dw) {
  if (best() && is_dense(g)) return dense_backward_weights(dense_geometry(g), x, dy, dw);
  if (g.layout == Layout::lanes) return lanes::conv2d_backward_weights(g, x, dy, dw);
  if (best() && winograd::suits_backward_weights(g)) {
    return winograd::conv2d_backward_weights(g, x, dy, dw);
  }
  if (best() && implicit::suits_backward_weights(g)) {
    return implicit::conv2d_backward_weights(g, x, dy, dw);
  }
  im2col::conv2d_backward_weights(g, x, dy, dw);
}

// (docs/fast_cpu.md has what was measured.)
std::int64_t conv2d_lanes_gain(const Conv2dGeometry& g) {
  constexpr int few = 16, many = 32;
  constexpr std::int64_t half_of_l2 = (1 << 20) / sizeof(float);
  const int channels = std::min(g.w.c, g.y.c / g.groups);
  const std::int64_t image = std::max(g.x.size(), g.y.size()) / g.x.n;
  // 16 large images of many channels together do not stay in the L2 cache, where one of them would;
  // and Winograd's convolutions multiply less.
  const bool wide = channels >= many && lane_count * image >= half_of_l2;
  // Few channels do not fill vectors otherwise: lanes pay even if half of them stand for no image.
  const double lanes_an_image = wide ? 0 : channels < few ? 2 : 1.5;  // at most
  const bool pays = lane_blocks(g.x.n) * lane_count <= lanes_an_image * g.x.n;
  return pays ? multiplications(g) : -multiplications(g);
}

int conv2d_weight_shares(const Conv2dGeometry& g) {
  return best() && is_dense(g) ? dense_weight_shares(dense_geometry(g)) : 1;
}

void conv2d_backward_bias(const Conv2dGeometry& g, const real* dy, real* db) {
  if (g.layout == Layout::lanes) return lanes::conv2d_backward_bias(g, dy, db);
  const std::int64_t places = std::int64_t{g.y.h} * g.y.w;
  // A few sums are not worth waking a thread for.
  const std::int64_t grain = elementwise_grain / (g.y.n * places) + 1;
  parallel_for(g.y.c, grain, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t co = begin; co < end; ++co) {
      for (std::int64_t n = 0; n < g.y.n; ++n) {
        const real* plane = dy + (n * g.y.c + co) * places;
        real sum = 0;
        for (std::int64_t i = 0; i < places; ++i) sum += plane[i];
        db[co] += sum;
      }
    }
  });
}

}  // namespace longhand::fast
