// Softmax with a vector in the place of each number: of the pixels of an image, of the pixels of 16
// images in Layout::lanes, and of 16 images where each has one pixel only (their scores are
// transposed on the way in and out).
#include <algorithm>
#include <tuple>

#include "core/cpu.h"
#include "core/parallel.h"
#include "core/scratch.h"
#include "core/transpose.h"
#include "core/vector_math.h"
#include "layers/softmax.h"

namespace longhand::fast {

namespace {

// For `pixels` pixels side by side, the numbers of a channel `distance` from those of the next.
struct Pixels {
  int channels;
  std::int64_t pixels, distance;
};

struct ForwardKernel {
  template <class Isa>
  [[gnu::always_inline]] static void run(Pixels g, const real* x, real* y) {
    using V = Vectors<Isa>;
    for (std::int64_t i = 0; i < g.pixels; i += V::lanes) {
      const std::int64_t count = std::min<std::int64_t>(V::lanes, g.pixels - i);
      if (count == V::lanes) {
        columns<Isa>(g, x + i, y + i);
      } else {
        columns<Isa>(g, x + i, y + i, count);
      }
    }
  }

 private:
  template <class Isa, class... Count>
  [[gnu::always_inline]] static void columns(const Pixels& g, const real* x, real* y,
                                             Count... count) {
    using V = Vectors<Isa>;
    typename V::Vector here, largest, sum{};
    V::load(x, count..., largest);
    for (int c = 1; c < g.channels; ++c) {
      V::load(x + c * g.distance, count..., here);
      largest = largest < here ? here : largest;
    }
    for (int c = 0; c < g.channels; ++c) {
      V::load(x + c * g.distance, count..., here);
      exp_of_negative(here - largest, here);
      V::store(here, count..., y + c * g.distance);
      sum += here;
    }
    const typename V::Vector scale = 1 / sum;
    for (int c = 0; c < g.channels; ++c) {
      V::load(y + c * g.distance, count..., here);
      V::store(here * scale, count..., y + c * g.distance);
    }
  }
};

struct BackwardKernel {
  template <class Isa>
  [[gnu::always_inline]] static void run(Pixels g, const real* y, const real* dy, real* dx) {
    using V = Vectors<Isa>;
    for (std::int64_t i = 0; i < g.pixels; i += V::lanes) {
      const std::int64_t count = std::min<std::int64_t>(V::lanes, g.pixels - i);
      if (count == V::lanes) {
        columns<Isa>(g, y + i, dy + i, dx + i);
      } else {
        columns<Isa>(g, y + i, dy + i, dx + i, count);
      }
    }
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
      mean += d * p;
    }
    for (int c = 0; c < g.channels; ++c) {
      V::load(y + c * g.distance, count..., p);
      V::load(dy + c * g.distance, count..., d);
      V::store(p * (d - mean), count..., dx + c * g.distance);
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
  parallel_for(g.n, grain / image + 1, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t n = begin; n < end; ++n) {
      run_kernel<Kernel>(Pixels{g.c, pixels, pixels}, (in + n * image)..., out + n * image);
    }
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
