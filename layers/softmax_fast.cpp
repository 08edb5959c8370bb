// Softmax with a vector in the place of each number: of the pixels of an image, of the pixels of 16
// images in Layout::lanes, and of 16 images where each has one pixel only (their scores are
// transposed on the way in and out).
#include <algorithm>
#include <tuple>
#include <utility>

#include "core/cpu.h"
#include "core/parallel.h"
#include "core/scratch.h"
#include "core/streaming.h"
#include "core/transpose.h"
#include "layers/softmax.h"
#include "layers/softmax_columns.h"

namespace longhand::fast {

namespace {

struct ForwardKernel {
  template <class Isa>
  [[gnu::always_inline]] static void run(Pixels g, const real* x, real* y) {
    if (g.streaming) {
      stream<Isa>(g, x, y);
    } else {
      walk<Isa, 2>(
          g, [=]<int size, class... Count>(const std::int64_t* at, Count... count)
                 __attribute__((always_inline)) { in_place<Isa, size>(g, at, x, y, count...); });
    }
  }

 private:
  // With each term where its probability will be.
  template <class Isa, int size, class... Count>
  [[gnu::always_inline]] static void in_place(const Pixels& g, const std::int64_t* at,
                                              const real* x, real* y, Count... count) {
    using V = Vectors<Isa>;
    typename V::Vector here, share[size];
    real* terms[size];
    LONGHAND_UNROLL
    for (int i = 0; i < size; ++i) terms[i] = y + at[i];
    compute_terms<Isa, size>(
        g, at, x, terms, g.distance, share, [](int, std::int64_t) {}, count...);
    for (std::int64_t c = 0; c < g.channels; ++c) {
      LONGHAND_UNROLL
      for (int i = 0; i < size; ++i) {
        real* to = terms[i] + c * g.distance;
        V::load(to, count..., here);
        V::store(here * share[i], count..., to);
      }
    }
  }

  // Columns whose terms lie beside y, a vector of each side by side, until their probabilities are
  // written.
  template <class Isa>
  struct Waiting {
    using V = Vectors<Isa>;
    static constexpr int most = 2;
    real* terms;
    int columns = 0;
    real* y[most] = {};  // of channel 0
    typename V::Vector share[most] = {};

    [[gnu::always_inline]] void write(int i, std::int64_t c, std::int64_t distance) const {
      typename V::Vector term;
      V::load(terms + (c * most + i) * V::lanes, term);
      V::put(term * share[i], y[i] + c * distance, true);
    }
    [[gnu::always_inline]] void write_all(const Pixels& g) {
      for (std::int64_t c = 0; c < g.channels; ++c) {
        for (int i = 0; i < columns; ++i) write(i, c, g.distance);
      }
      columns = 0;
    }
  };

  // With the terms beside y, which is not to be read into a cache. The probabilities of columns are
  // written while the terms of the next are computed, for memory to be as busy then.
  template <class Isa>
  [[gnu::always_inline]] static void stream(const Pixels& g, const real* x, real* y) {
    constexpr int most = Waiting<Isa>::most;
    const std::int64_t block = std::int64_t{g.channels} * most * Vectors<Isa>::lanes;
    real* memory = scratch<struct Terms>(2 * block);
    Waiting<Isa> waiting{memory}, next{memory + block};
    walk<Isa, most>(
        g, [&]<int size, class... Count>(const std::int64_t* at, Count... count)
               __attribute__((always_inline)) {
                 if constexpr (sizeof...(count) > 0) {
                   in_place<Isa, size>(g, at, x, y, count...);
                 } else {
                   if (waiting.columns != size) waiting.write_all(g);
                   stream_columns<Isa, size>(g, at, x, y, waiting, next);
                   std::swap(waiting, next);
                 }
               });
    waiting.write_all(g);
  }

  // Computes the terms of `size` columns, `next`, and writes as many before them, if there are any.
  // (Those come as a copy, which can stay in registers: what is written here might else lie in it.)
  template <class Isa, int size>
  [[gnu::always_inline]] static void stream_columns(const Pixels& g, const std::int64_t* at,
                                                    const real* x, real* y,
                                                    const Waiting<Isa> before, Waiting<Isa>& next) {
    constexpr int lanes = Vectors<Isa>::lanes;
    const std::int64_t distance = g.distance;
    const real* x_end = x + g.images * g.image;
    const real* from[size];
    real* terms[size];
    LONGHAND_UNROLL
    for (int i = 0; i < size; ++i) {
      from[i] = x + at[i];
      terms[i] = next.terms + i * lanes;
      next.y[i] = y + at[i];
    }
    next.columns = size;
    compute_terms<Isa, size>(
        g, at, x, terms, Waiting<Isa>::most * lanes,
        next.share, [=](int i, std::int64_t c) __attribute__((always_inline)) {
          fetch_far_ahead(from[i] + c * distance, lanes, x_end);
          if (before.columns == size) before.write(i, c, distance);
        });
  }
};

template <class Isa>
[[gnu::always_inline]] inline void put(const Pixels& g, const typename Vectors<Isa>::Vector& v,
                                       real* to) {
  Vectors<Isa>::put(v, to, g.streaming);
}
template <class Isa>
[[gnu::always_inline]] inline void put(const Pixels&, const typename Vectors<Isa>::Vector& v,
                                       real* to, std::int64_t count) {
  Vectors<Isa>::store(v, count, to);
}

struct BackwardKernel {
  template <class Isa>
  [[gnu::always_inline]] static void run(Pixels g, const real* y, const real* dy, real* dx) {
    walk<Isa, 1>(
        g, [=]<int size, class... Count>(const std::int64_t* at, Count... count)
               __attribute__((always_inline)) {
                 columns<Isa>(g, y + *at, dy + *at, dx + *at, y + g.images * g.image,
                              dy + g.images * g.image, count...);
               });
  }

 private:
  template <class Isa, class... Count>
  [[gnu::always_inline]] static void columns(const Pixels& g, const real* y, const real* dy,
                                             real* dx, const real* y_end, const real* dy_end,
                                             Count... count) {
    using V = Vectors<Isa>;
    typename V::Vector p, d, mean{};
    for (int c = 0; c < g.channels; ++c) {
      V::load(y + c * g.distance, count..., p);
      V::load(dy + c * g.distance, count..., d);
      if (!g.streaming) __builtin_prefetch(dx + c * g.distance, 1);
      mean += d * p;
    }
    for (int c = 0; c < g.channels; ++c) {
      V::load(y + c * g.distance, count..., p);
      V::load(dy + c * g.distance, count..., d);
      if (g.streaming) {
        fetch_far_ahead(y + c * g.distance, V::lanes, y_end);
        fetch_far_ahead(dy + c * g.distance, V::lanes, dy_end);
      }
      put<Isa>(g, p * (d - mean), dx + c * g.distance, count...);
    }
  }
};

// The kernel for images [begin, end) of one pixel each, 16 at a time: `in` are transposed to
// channels x 16 images, and so is the result back to `out`.
template <class Kernel, class... In>
void run_scores(int channels, int begin, int end, real* out, In... in) {
  const std::int64_t block = std::int64_t{channels} * lane_count;
  real* memory = scratch<struct Scores>(static_cast<std::int64_t>(sizeof...(in) + 1) * block);
  for (int n = begin; n < end; n += lane_count) {
    const int images = std::min(lane_count, end - n);
    const std::int64_t first = std::int64_t{n} * channels;
    real* next = memory;
    const auto transposed = [&](const real* from) {
      next += block;
      transpose(images, channels, from + first, channels, next, lane_count);
      return static_cast<const real*>(next);
    };
    const std::tuple<In...> columns{transposed(in)...};  // in braces: one after the other
    std::apply(
        [&](auto... column) {
          run_kernel<Kernel>(Pixels{channels, images, lane_count}, column..., memory);
        },
        columns);
    transpose(channels, images, memory, lane_count, out + first, channels);
  }
}

// The kernel for all images of g, spread over threads.
template <class Kernel, class... In>
void run(const Shape& g, real* out, In... in) {
  const std::int64_t pixels = std::int64_t{g.h} * g.w, image = g.c * pixels;
  const std::int64_t grain = elementwise_grain / 4;  // exp is a good deal of work
  if (pixels == 1) {
    const std::int64_t block = image * lane_count;
    parallel_for(
        lane_blocks(g.n), grain / block + 1, [&](std::int64_t begin, std::int64_t end, int) {
          run_scores<Kernel>(g.c, static_cast<int>(begin) * lane_count,
                             std::min(static_cast<int>(end) * lane_count, g.n), out, in...);
        });
    return;
  }
  const bool streaming = streaming_pays(g.n * image * static_cast<int>(1 + sizeof...(in)));
  parallel_for(g.n, grain / image + 1, [&](std::int64_t begin, std::int64_t end, int) {
    run_kernel<Kernel>(Pixels{g.c, pixels, pixels, end - begin, image, streaming},
                       (in + begin * image)..., out + begin * image);
    if (streaming) finish_streaming();
  });
}

}  // namespace

void softmax_forward(const Shape& g, const real* x, real* y) {
  run<ForwardKernel>(g, y, x);
}

void softmax_backward(const Shape& g, const real* y, const real* dy, real* dx) {
  run<BackwardKernel>(g, dx, y, dy);
}

}  // namespace longhand::fast
