#include "layers/avg_pool2d.h"
#include "layers/pool2d_fast.h"

namespace longhand::fast {

namespace {

struct Forward {
  const real* x;
  real* y;
  int w;  // of x
  bool streaming;
  const real* x_end;  // of all channels that this thread reads

  template <class Isa, int step, int kernel>
  [[gnu::always_inline]] void window(const Pool2dSpot& spot) const {
    using V = Vectors<Isa>;
    const int rows = kernel ? kernel : spot.part.h_end - spot.part.h_begin;
    const int columns = kernel ? kernel : spot.part.w_end - spot.part.w_begin;
    typename V::Vector sum{}, value;
    for (int h = 0; h < rows; ++h) {
      const real* row = x + spot.x + h * w * spot.column;
      if (kernel > 0 && streaming) fetch_far_ahead(row, kernel * V::lanes, x_end);
      for (int k = 0; k < columns; ++k) {
        load_windows<Isa, step>(row + k * spot.column, value);
        sum += value;
      }
    }
    V::put(sum * (1 / spot.part.size), y + spot.y, streaming);
  }
};

struct ForwardKernel {
  template <class Isa>
  [[gnu::always_inline]] static void run(const Pool2dGeometry* g, Pool2dChannels channels,
                                         std::int64_t begin, std::int64_t end, const real* x,
                                         real* y) {
    const real* x_end = x + end * channels.x;
    for (std::int64_t i = begin; i < end; ++i) {
      walk<Isa>(*g,
                Forward{x + i * channels.x, y + i * channels.y, g->x.w, channels.streaming, x_end});
    }
  }
};

struct Backward {
  const real* dy;
  real* dx;
  int w;  // of dx
  bool overlap;
  bool streaming;
  const real* dx_end;  // of all channels that this thread writes

  template <class Isa, int step, int kernel>
  [[gnu::always_inline]] void window(const Pool2dSpot& spot) const {
    using V = Vectors<Isa>;
    const int rows = kernel ? kernel : spot.part.h_end - spot.part.h_begin;
    const int columns = kernel ? kernel : spot.part.w_end - spot.part.w_begin;
    typename V::Vector share, sum;
    V::load(dy + spot.y, share);
    share *= 1 / spot.part.size;
    for (int h = 0; h < rows; ++h) {
      real* row = dx + spot.x + h * w * spot.column;
      if (kernel > 0 && step == 0 && !streaming) fetch_ahead<kernel * V::lanes>(row, dx_end);
      for (int k = 0; k < columns; ++k) {
        sum = share;
        if (overlap) {
          V::load(row + k * spot.column, sum);
          sum += share;
        }
        V::put(sum, row + k * spot.column, streaming);
      }
    }
  }
};

// Two numbers of dx for each of dy, in a row: windows 2x2 side by side.
struct BackwardPairs {
  const real* dy;
  real* dx;
  int w;
  bool streaming;
  template <class Isa>
  [[gnu::always_inline]] void pairs(const Pool2dPairs& at) const {
    typename Vectors<Isa>::Vector share;
    Vectors<Isa>::load(dy + at.y, share);
    share *= real(0.25);
    store_pairs<Isa>(share, share, dx + at.x, streaming);
    store_pairs<Isa>(share, share, dx + at.x + w, streaming);
  }
};

struct BackwardKernel {
  template <class Isa>
  [[gnu::always_inline]] static void run(const Pool2dGeometry* g, Pool2dChannels channels,
                                         std::int64_t begin, std::int64_t end, const real* dy,
                                         real* dx) {
    const Backwards how(*g);
    const bool streaming = channels.streaming && !how.clear;
    const real* dx_end = dx + end * channels.x;
    for (std::int64_t i = begin; i < end; ++i) {
      real* dx_channel = dx + i * channels.x;
      const real* dy_channel = dy + i * channels.y;
      if (how.clear) std::fill_n(dx_channel, channels.x, real(0));
      if (how.pairs) {
        walk_pairs<Isa>(*g, BackwardPairs{dy_channel, dx_channel, g->x.w, streaming});
      } else if (g->layout == Layout::nchw) {
        // one by one: windows side by side in a vector may share numbers of dx
        for (int oh = 0; oh < g->y.h; ++oh) {
          walk_columns<Lanes<1>, 1>(*g, oh, 0, g->y.w,
                                    Backward{dy_channel, dx_channel, g->x.w, true, false, dx_end});
        }
      } else if (how.overlap) {
        walk_lanes<Isa>(*g, Backward{dy_channel, dx_channel, g->x.w, true, false, dx_end});
      } else {
        walk_lanes<Isa>(*g, Backward{dy_channel, dx_channel, g->x.w, false, streaming, dx_end});
      }
    }
  }
};

}  // namespace

void avg_pool2d_forward(const Pool2dGeometry& g, const real* x, real* y) {
  run_channels<ForwardKernel>(g, x, y);
}

void avg_pool2d_backward(const Pool2dGeometry& g, const real* dy, real* dx) {
  run_channels<BackwardKernel>(g, dy, dx);
}

}  // namespace longhand::fast
