#include "layers/max_pool2d.h"
#include "layers/pool2d_fast.h"

namespace longhand::fast {

namespace {

struct Forward {
  const real* x;
  real* y;
  std::int32_t* argmax;
  int w;  // of x
  bool streaming;
  const real* x_end;  // of all channels that this thread reads

  template <class Isa, int step, int kernel>
  [[gnu::always_inline]] void window(const Pool2dSpot& spot) const {
    using V = Vectors<Isa>;
    const int rows = kernel ? kernel : spot.part.h_end - spot.part.h_begin;
    const int columns = kernel ? kernel : spot.part.w_end - spot.part.w_begin;
    using Vector = typename V::Vector;
    using Integers = typename V::Integers;
    Vector value, largest;
    Integers first, winner;
    load_windows<Isa, step>(x + spot.x, largest);
    steps<Isa, step>(first);
    first += spot.place;
    winner = first;
    for (int h = 0; h < rows; ++h) {
      const real* row = x + spot.x + h * w * spot.column;
      if (kernel > 0 && streaming) fetch_far_ahead(row, kernel * V::lanes, x_end);
      for (int k = h == 0 ? 1 : 0; k < columns; ++k) {
        load_windows<Isa, step>(row + k * spot.column, value);
        // A NaN stays; else `value` wins unless it is at most as large, which a NaN is not. That
        // it won shows in the bits. (One comparison a choice: g++ 12 takes the result of one that
        // is used twice apart, lane by lane.)
        // NOLINTNEXTLINE(misc-redundant-expression): false for NaN
        const Vector candidate = largest == largest ? value : largest;
        const Vector larger = candidate <= largest ? largest : candidate;
        winner = reinterpret_cast<Integers>(larger) == reinterpret_cast<Integers>(largest)
                     ? winner
                     : first + (h * w + k);
        largest = larger;
      }
    }
    V::put(largest, y + spot.y, streaming);
    V::put(winner, argmax + spot.y, streaming);
  }
};

struct ForwardKernel {
  template <class Isa>
  [[gnu::always_inline]] static void run(const Pool2dGeometry* g, Pool2dChannels channels,
                                         std::int64_t begin, std::int64_t end, const real* x,
                                         real* y, std::int32_t* argmax) {
    const real* x_end = x + end * channels.x;
    for (std::int64_t i = begin; i < end; ++i) {
      walk<Isa>(*g, Forward{x + i * channels.x, y + i * channels.y, argmax + i * channels.y, g->x.w,
                            channels.streaming, x_end});
    }
  }
};

// What the window gives to each of its numbers: the whole of dy, or nothing.
struct Backward {
  const real* dy;
  const std::int32_t* argmax;
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
    typename V::Vector gradient, sum;
    typename V::Integers winner;
    V::load(dy + spot.y, gradient);
    V::load(argmax + spot.y, winner);
    winner -= spot.place;
    for (int h = 0; h < rows; ++h) {
      real* row = dx + spot.x + h * w * spot.column;
      if (kernel > 0 && step == 0 && !streaming) fetch_ahead<kernel * V::lanes>(row, dx_end);
      for (int k = 0; k < columns; ++k) {
        const auto here = winner == h * w + k;
        if (overlap) {
          V::load(row + k * spot.column, sum);
          sum = here ? sum + gradient : sum;
        } else {
          sum = here ? gradient : typename V::Vector{};
        }
        V::put(sum, row + k * spot.column, streaming);
      }
    }
  }
};

// Two numbers of dx for each of dy, in a row: windows 2x2 side by side.
struct BackwardPairs {
  const real* dy;
  const std::int32_t* argmax;
  real* dx;
  int w;
  bool streaming;

  template <class Isa>
  [[gnu::always_inline]] void pairs(const Pool2dPairs& at) const {
    using V = Vectors<Isa>;
    typename V::Vector gradient;
    typename V::Integers winner, place;
    V::load(dy + at.y, gradient);
    V::load(argmax + at.y, winner);
    steps<Isa, 2>(place);
    winner -= place + at.x;
    const typename V::Vector zero{};
    const typename V::Vector upper_left = winner == 0 ? gradient : zero;
    const typename V::Vector upper_right = winner == 1 ? gradient : zero;
    store_pairs<Isa>(upper_left, upper_right, dx + at.x, streaming);
    const typename V::Vector lower_left = winner == w ? gradient : zero;
    const typename V::Vector lower_right = winner == w + 1 ? gradient : zero;
    store_pairs<Isa>(lower_left, lower_right, dx + at.x + w, streaming);
  }
};

struct BackwardKernel {
  template <class Isa>
  [[gnu::always_inline]] static void run(const Pool2dGeometry* g, Pool2dChannels channels,
                                         std::int64_t begin, std::int64_t end, const real* dy,
                                         const std::int32_t* argmax, real* dx) {
    const Backwards how(*g);
    const bool streaming = channels.streaming && !how.clear;
    const real* dx_end = dx + end * channels.x;
    for (std::int64_t i = begin; i < end; ++i) {
      real* dx_channel = dx + i * channels.x;
      const real* dy_channel = dy + i * channels.y;
      const std::int32_t* winners = argmax + i * channels.y;
      if (how.clear) std::fill_n(dx_channel, channels.x, real(0));
      if (how.pairs) {
        walk_pairs<Isa>(*g, BackwardPairs{dy_channel, winners, dx_channel, g->x.w, streaming});
      } else if (g->layout == Layout::lanes) {
        if (how.overlap) {
          walk_lanes<Isa>(*g,
                          Backward{dy_channel, winners, dx_channel, g->x.w, true, false, dx_end});
        } else {
          walk_lanes<Isa>(
              *g, Backward{dy_channel, winners, dx_channel, g->x.w, false, streaming, dx_end});
        }
      } else {
        for (std::int64_t j = 0; j < channels.y; ++j) dx_channel[winners[j]] += dy_channel[j];
      }
    }
  }
};

}  // namespace

void max_pool2d_forward(const Pool2dGeometry& g, const real* x, real* y, std::int32_t* argmax) {
  run_channels<ForwardKernel>(g, x, y, argmax);
}

void max_pool2d_backward(const Pool2dGeometry& g, const real* dy, const std::int32_t* argmax,
                         real* dx) {
  run_channels<BackwardKernel>(g, dy, argmax, dx);
}

}  // namespace longhand::fast
