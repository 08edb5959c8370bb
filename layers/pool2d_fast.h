// The walk of the fast poolings over the windows of a channel. In Layout::lanes a window's numbers
// are vectors of 16 images. In Layout::nchw a vector holds windows side by side: where the stride
// is 2, every second number of a row.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "core/cpu.h"
#include "core/parallel.h"
#include "core/streaming.h"
#include "core/vector.h"
#include "layers/pool2d.h"

namespace longhand::fast {

// Where the windows of one vector's lanes stand, in a channel of x and y.
struct Pool2dSpot {
  Pool2dPart part;      // of the first lane's window
  int place;            // the row * W + column that part begins with
  std::int64_t x, y;    // where the first lane's numbers are: part's first one, and the output
  std::int64_t column;  // how far the numbers of neighbouring columns of x are apart
};

// A vector of that many lanes, whatever the instruction set.
template <int lanes_>
struct Lanes {
  static constexpr int vector_bytes = lanes_ * static_cast<int>(sizeof(real));
};

// The even lanes of low, then the odd ones of high.
template <class Vector, int... lane>
[[gnu::always_inline]] inline void even_and_odd(const Vector& low, const Vector& high, Vector& v,
                                                std::integer_sequence<int, lane...>) {
  constexpr int lanes = sizeof...(lane);
  v = __builtin_shufflevector(low, high, (lane < lanes / 2 ? 2 * lane : 2 * lane + 1)...);
}

// Every `step`-th number from there on; it reads nothing behind the last one. Step 0 is for lanes
// of different images, which lie side by side.
template <class Isa, int step>
[[gnu::always_inline]] inline void load_windows(const real* from,
                                                typename Vectors<Isa>::Vector& v) {
  using V = Vectors<Isa>;
  if constexpr (step == 2 && V::lanes > 1) {
    typename V::Vector low, high;
    V::load(from, low);
    V::load(from + V::lanes - 1, high);
    even_and_odd(low, high, v, std::make_integer_sequence<int, V::lanes>());
  } else {
    V::load(from, v);
  }
}

// 0, step, 2 step ...
template <class Isa, int step>
[[gnu::always_inline]] inline void steps(typename Vectors<Isa>::Integers& v) {
  for (int i = 0; i < Vectors<Isa>::lanes; ++i) v[i] = i * step;
}

// An operation is a struct with
//
//   template <class Isa, int step, int kernel> void window(const Pool2dSpot& spot) const;
//
// which handles the windows of one vector: `step` columns apart, or with step 0 those of 16 images.
// `kernel` is the size of a square window that lies inside the image, or 0 for spot.part's size.
template <class Isa, int step, class Operation>
[[gnu::always_inline]] inline void at_spot(const Pool2dSpot& spot, const Operation& operation) {
  const int rows = spot.part.h_end - spot.part.h_begin;
  const int columns = spot.part.w_end - spot.part.w_begin;
  if (rows == 2 && columns == 2) {
    operation.template window<Isa, step, 2>(spot);
  } else if (rows == 3 && columns == 3) {
    operation.template window<Isa, step, 3>(spot);
  } else {
    operation.template window<Isa, step, 0>(spot);
  }
}

// Windows of kernel x kernel none of which is cut by an edge: only its place tells one from
// another.
template <class Isa, int kernel, class Operation>
[[gnu::always_inline]] inline void walk_whole(const Pool2dGeometry& g, const Operation& operation) {
  Pool2dSpot spot{Pool2dPart(g, 0, 0), 0, 0, 0, lane_count};
  for (int oh = 0; oh < g.y.h; ++oh) {
    spot.place = oh * g.stride_h * g.x.w;
    for (int ow = 0; ow < g.y.w; ++ow) {
      for (int lane = 0; lane < lane_count; lane += Vectors<Isa>::lanes) {
        spot.x = std::int64_t{spot.place} * lane_count + lane;
        operation.template window<Isa, 0, kernel>(spot);
        spot.y += Vectors<Isa>::lanes;
      }
      spot.place += g.stride_w;
    }
  }
}

inline bool whole_windows(const Pool2dGeometry& g) {
  return g.padding_top == 0 && g.padding_left == 0 &&
         (g.y.h - 1) * g.stride_h + g.kernel_h <= g.x.h &&
         (g.y.w - 1) * g.stride_w + g.kernel_w <= g.x.w;
}

template <class Isa, class Operation>
[[gnu::always_inline]] inline void walk_lanes(const Pool2dGeometry& g, const Operation& operation) {
  if (g.kernel_h == 2 && g.kernel_w == 2 && whole_windows(g)) {
    return walk_whole<Isa, 2>(g, operation);
  }
  for (int oh = 0; oh < g.y.h; ++oh) {
    for (int ow = 0; ow < g.y.w; ++ow) {
      const Pool2dPart part(g, oh, ow);
      const int place = part.h_begin * g.x.w + part.w_begin;
      for (int lane = 0; lane < lane_count; lane += Vectors<Isa>::lanes) {
        const Pool2dSpot spot{part, place, std::int64_t{place} * lane_count + lane,
                              (std::int64_t{oh} * g.y.w + ow) * lane_count + lane, lane_count};
        at_spot<Isa, 0>(spot, operation);
      }
    }
  }
}

template <class Isa, int step, class Operation>
[[gnu::always_inline]] inline void one_vector(const Pool2dGeometry& g, int oh, int ow,
                                              const Operation& operation) {
  const Pool2dPart part(g, oh, ow);
  const int place = part.h_begin * g.x.w + part.w_begin;
  at_spot<Isa, step>({part, place, place, std::int64_t{oh} * g.y.w + ow, 1}, operation);
}

// The outputs [first, last) of a row, whose windows are cut by no column's edge. The last vector
// may overlap the one before, and gives the same again.
template <class Isa, int step, class Operation>
[[gnu::always_inline]] inline void walk_columns(const Pool2dGeometry& g, int oh, int first,
                                                int last, const Operation& operation) {
  constexpr int lanes = Vectors<Isa>::lanes;
  for (int ow = first; ow < last; ow += lanes) {
    one_vector<Isa, step>(g, oh, std::min(ow, last - lanes), operation);
  }
}

// The widest vectors that the row fills.
template <class Isa, int step, class Operation>
[[gnu::always_inline]] inline void walk_inner(const Pool2dGeometry& g, int oh, int first, int last,
                                              const Operation& operation) {
  constexpr int lanes = Vectors<Isa>::lanes;
  if (last - first >= lanes) {
    walk_columns<Isa, step>(g, oh, first, last, operation);
  } else if constexpr (lanes > 2) {
    walk_inner<Lanes<lanes / 2>, step>(g, oh, first, last, operation);
  } else {
    walk_columns<Lanes<1>, step>(g, oh, first, last, operation);
  }
}

template <class Isa, class Operation>
[[gnu::always_inline]] inline void walk_nchw(const Pool2dGeometry& g, const Operation& operation) {
  const int first = std::min((g.padding_left + g.stride_w - 1) / g.stride_w, g.y.w);
  const int room = g.x.w + g.padding_left - g.kernel_w;
  const int last = std::clamp(room < 0 ? 0 : room / g.stride_w + 1, first, g.y.w);
  for (int oh = 0; oh < g.y.h; ++oh) {
    walk_columns<Lanes<1>, 1>(g, oh, 0, first, operation);
    if (g.stride_w == 1) {
      walk_inner<Isa, 1>(g, oh, first, last, operation);
    } else if (g.stride_w == 2) {
      walk_inner<Isa, 2>(g, oh, first, last, operation);
    } else {
      walk_columns<Lanes<1>, 1>(g, oh, first, last, operation);
    }
    walk_columns<Lanes<1>, 1>(g, oh, last, g.y.w, operation);
  }
}

template <class Isa, class Operation>
[[gnu::always_inline]] inline void walk(const Pool2dGeometry& g, const Operation& operation) {
  if (g.layout == Layout::lanes) {
    walk_lanes<Isa>(g, operation);
  } else {
    walk_nchw<Isa>(g, operation);
  }
}

// How a backward goes through dx.
struct Backwards {
  explicit Backwards(const Pool2dGeometry& g) {
    const bool side_by_side = g.stride_h == g.kernel_h && g.stride_w == g.kernel_w &&
                              g.padding_top == 0 && g.padding_left == 0;
    overlap = g.stride_h < g.kernel_h || g.stride_w < g.kernel_w;
    pairs = g.layout == Layout::nchw && side_by_side && g.kernel_h == 2 && g.kernel_w == 2;
    clear = !(side_by_side && g.x.h == g.y.h * g.kernel_h && g.x.w == g.y.w * g.kernel_w) ||
            (g.layout == Layout::nchw && !pairs);
  }
  bool overlap;  // windows share numbers, so their gradients add up
  bool pairs;    // 2x2 windows side by side in Layout::nchw
  bool clear;    // dx needs zeros first: not every number is in exactly one window
};

// Where a vector of 2x2 windows side by side stands in a channel of x and y.
struct Pool2dPairs {
  int x, y;
};

template <class Isa, class Operation>
[[gnu::always_inline]] inline void walk_pairs(const Pool2dGeometry& g, const Operation& operation) {
  constexpr int lanes = Vectors<Isa>::lanes;
  if constexpr (lanes > 1) {
    if (g.y.w < lanes) return walk_pairs<Lanes<lanes / 2>>(g, operation);
  }
  for (int oh = 0; oh < g.y.h; ++oh) {
    for (int i = 0; i < g.y.w; i += lanes) {
      const int ow = std::min(i, g.y.w - lanes);
      operation.template pairs<Isa>({2 * oh * g.x.w + 2 * ow, oh * g.y.w + ow});
    }
  }
}

template <class Vector, int... lane>
[[gnu::always_inline]] inline void interleave(const Vector& left, const Vector& right, Vector& low,
                                              Vector& high, std::integer_sequence<int, lane...>) {
  constexpr int lanes = sizeof...(lane);
  low = __builtin_shufflevector(left, right, (lane % 2 * lanes + lane / 2)...);
  high = __builtin_shufflevector(left, right, (lane % 2 * lanes + (lane + lanes) / 2)...);
}

// left[0], right[0], left[1], right[1] ...
template <class Isa>
[[gnu::always_inline]] inline void store_pairs(const typename Vectors<Isa>::Vector& left,
                                               const typename Vectors<Isa>::Vector& right, real* to,
                                               bool streaming) {
  using V = Vectors<Isa>;
  typename V::Vector low, high;
  interleave(left, right, low, high, std::make_integer_sequence<int, V::lanes>());
  V::put(low, to, streaming);
  V::put(high, to + V::lanes, streaming);
}

// How the channels of all images, or of all blocks of 16, follow each other.
struct Pool2dChannels {
  explicit Pool2dChannels(const Pool2dGeometry& g)
      : count(std::int64_t{g.layout == Layout::lanes ? lane_blocks(g.x.n) : g.x.n} * g.x.c),
        x(stored_size(g.x, g.layout) / count),
        y(stored_size(g.y, g.layout) / count),
        streaming(streaming_pays(count * (x + y))) {}
  std::int64_t count, x, y;  // x, y: numbers in one
  bool streaming;            // results go past the caches (core/streaming.h)
};

// Runs Kernel(geometry, channels, begin, end, arguments) for pieces of all channels.
template <class Kernel, class... Args>
void run_channels(const Pool2dGeometry& g, Args... args) {
  const Pool2dChannels channels(g);
  parallel_for(channels.count, elementwise_grain / channels.x + 1,
               [&](std::int64_t begin, std::int64_t end, int) {
                 run_kernel<Kernel>(&g, channels, begin, end, args...);
                 if (channels.streaming) finish_streaming();
               });
}

}  // namespace longhand::fast
