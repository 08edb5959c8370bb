// Softmax with a vector in the place of each number: of the pixels of an image, of the pixels of 16
// images in Layout::lanes, and of 16 images where each has one pixel only (their scores are
// transposed on the way in and out).
#include <algorithm>
#include <tuple>

#include "core/cpu.h"
#include "core/parallel.h"
#include "core/scratch.h"
#include "core/streaming.h"
#include "core/transpose.h"
#include "core/vector_math.h"
#include "layers/softmax.h"

namespace longhand::fast {

namespace {

// For images of `pixels` pixels side by side, the numbers of a channel `distance` from those of the
// next, and those of an image `image` from those of the next.
struct Pixels {
  int channels;
  std::int64_t pixels, distance;
  std::int64_t images = 1, image = 0;
  bool streaming = false;  // results go past the caches (core/streaming.h)
};

// Calls columns.template operator()<size>(at, count...) for columns, which are a vector's pixels in
// all channels: each once, `size` columns beginning at at[0], at[1] ... With several, one need not
// wait for the sums and the division of another. `count` is left out for a whole vector.
template <class Isa, int most, class Columns>
[[gnu::always_inline]] inline void walk(const Pixels& g, const Columns& columns) {
  constexpr int lanes = Vectors<Isa>::lanes;
  const bool several = most > 1 && g.channels <= 64;  // as long as they stay in the L1 cache
  std::int64_t at[most];
  int found = 0;
  for (std::int64_t n = 0; n < g.images; ++n) {
    for (std::int64_t i = 0; i < g.pixels; i += lanes) {
      const std::int64_t place = n * g.image + i;
      if (g.pixels - i < lanes) {
        columns.template operator()<1>(&place, g.pixels - i);
      } else if (!several) {
        columns.template operator()<1>(&place);
      } else {
        at[found++] = place;
        if (found == most) {
          columns.template operator()<most>(at);
          found = 0;
        }
      }
    }
  }
  for (int i = 0; i < found; ++i) columns.template operator()<1>(at + i);
}

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

struct ForwardKernel {
  template <class Isa>
  [[gnu::always_inline]] static void run(Pixels g, const real* x, real* y) {
    walk<Isa, 2>(
        g, [=]<int size, class... Count>(const std::int64_t* at, Count... count)
               __attribute__((always_inline)) { columns<Isa, size>(g, at, x, y, count...); });
  }

 private:
  template <class Isa, int size, class... Count>
  [[gnu::always_inline]] static void columns(const Pixels& g, const std::int64_t* at, const real* x,
                                             real* y, Count... count) {
    using V = Vectors<Isa>;
    typename V::Vector here, largest[size], sum[size];
    // Each exp lies where its probability will, or beside, if that is not to be read into a cache.
    real* terms[size];
    std::int64_t distance = g.distance;
    LONGHAND_UNROLL
    for (int i = 0; i < size; ++i) terms[i] = y + at[i];
    if (g.streaming && sizeof...(count) == 0) {
      distance = size * V::lanes;
      real* memory = scratch<struct Terms>(g.channels * distance);
      LONGHAND_UNROLL
      for (int i = 0; i < size; ++i) terms[i] = memory + i * V::lanes;
    }
    LONGHAND_UNROLL
    for (int i = 0; i < size; ++i) {
      V::load(x + at[i], count..., largest[i]);
      sum[i] = typename V::Vector{};
    }
    for (std::int64_t c = 1; c < g.channels; ++c) {
      LONGHAND_UNROLL
      for (int i = 0; i < size; ++i) {
        const real* from = x + at[i] + c * g.distance;
        if (g.streaming) fetch_far_ahead(from, V::lanes, x + g.images * g.image);
        V::load(from, count..., here);
        maximum(here, largest[i], largest[i]);
      }
    }
    for (std::int64_t c = 0; c < g.channels; ++c) {
      LONGHAND_UNROLL
      for (int i = 0; i < size; ++i) {
        V::load(x + at[i] + c * g.distance, count..., here);
        exp_of_difference<typename V::Vector>(here - largest[i], here);
        V::store(here, count..., terms[i] + c * distance);
        sum[i] += here;
      }
    }
    LONGHAND_UNROLL
    for (int i = 0; i < size; ++i) sum[i] = 1 / sum[i];
    for (std::int64_t c = 0; c < g.channels; ++c) {
      LONGHAND_UNROLL
      for (int i = 0; i < size; ++i) {
        V::load(terms[i] + c * distance, count..., here);
        put<Isa>(g, here * sum[i], y + at[i] + c * g.distance, count...);
      }
    }
  }
};

struct BackwardKernel {
  template <class Isa>
  [[gnu::always_inline]] static void run(Pixels g, const real* y, const real* dy, real* dx) {
    walk<Isa, 1>(
        g, [=]<int size, class... Count>(const std::int64_t* at, Count... count) __attribute__((
               always_inline)) { columns<Isa>(g, y + *at, dy + *at, dx + *at, count...); });
  }

 private:
  template <class Isa, class... Count>
  [[gnu::always_inline]] static void columns(const Pixels& g, const real* y, const real* dy,
                                             real* dx, Count... count) {
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
