// elementwise: a loop over numbers that have nothing to do with each other, by vectors and threads.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/cpu.h"
#include "core/layout.h"
#include "core/parallel.h"
#include "core/streaming.h"
#include "core/tensor.h"
#include "core/vector.h"

namespace longhand {

// out[i] = f(in[i] ...) for i < size. F is a struct with the constants of the formula and
//
//   template <class Vector> [[gnu::always_inline]] void operator()(const Vector& a, Vector& y)
//   const;
//
// with as many inputs as there are arrays. `out` may be one of the inputs. Where F can do two
// vectors of its one input in less time than one after the other, it has also
//
//   void two(const Vector& a0, const Vector& a1, Vector& y0, Vector& y1) const;
//
// With `streaming` the results go past the caches (core/streaming.h), and the inputs are asked for.
template <bool streaming>
struct ElementwiseKernel {
  template <class Isa, class F, class... In>
  [[gnu::always_inline]] static void run(F f, std::int64_t size, real* out, In... in) {
    using V = Vectors<Isa>;
    typename V::Vector y;
    std::int64_t i = 0;
    if constexpr (requires { f.two(y, y, y, y); } && sizeof...(In) == 1) {
      typename V::Vector second;
      for (; i + 2 * V::lanes <= size; i += 2 * V::lanes) {
        if constexpr (streaming) (fetch_far_ahead(in + i, 2 * V::lanes, in + size), ...);
        f.two(Loaded<Isa>(in + i).v..., Loaded<Isa>(in + i + V::lanes).v..., y, second);
        V::put(y, out + i, streaming);
        V::put(second, out + i + V::lanes, streaming);
      }
    }
    for (; i + V::lanes <= size; i += V::lanes) {
      if constexpr (streaming) {
        (fetch_far_ahead(in + i, V::lanes, in + size), ...);
      } else {
        fetch_ahead<V::lanes>(out + i, out + size);
      }
      f(Loaded<Isa>(in + i).v..., y);
      V::put(y, out + i, streaming);
    }
    if (i < size) {  // by the same operations: where a thread's piece ends must make no difference
      f(Loaded<Isa>(in + i, size - i).v..., y);
      V::store(y, size - i, out + i);
    }
    if constexpr (streaming) finish_streaming();
  }

 private:
  template <class Isa>
  struct Loaded {
    [[gnu::always_inline]] explicit Loaded(const real* from) { Vectors<Isa>::load(from, v); }
    [[gnu::always_inline]] Loaded(const real* from, std::int64_t count) {
      Vectors<Isa>::load(from, count, v);
    }
    typename Vectors<Isa>::Vector v;
  };
};

// The same, spread over threads where each gets at least `grain` numbers. The result is the same to
// the bit for any number of threads.
template <class F, class... In>
void elementwise(const F& f, std::int64_t grain, std::int64_t size, real* out, In... in) {
  // No cache line is shared by two threads, and no two vectors that belong together are separated.
  constexpr int line = 2 * cache_line;
  const bool streaming =
      streaming_pays(size * static_cast<int>(1 + sizeof...(in))) && ((in != out) && ...);
  parallel_for(
      (size + line - 1) / line, grain / line, [&](std::int64_t begin, std::int64_t end, int) {
        const std::int64_t first = begin * line, last = std::min(end * line, size);
        if (streaming) {
          run_kernel<ElementwiseKernel<true>>(f, last - first, out + first, (in + first)...);
        } else {
          run_kernel<ElementwiseKernel<false>>(f, last - first, out + first, (in + first)...);
        }
      });
}

// The sum of two arrays: elementwise(Add{}, grain, size, sum, a, b).
struct Add {
  template <class Vector>
  [[gnu::always_inline]] void operator()(const Vector& a, const Vector& b, Vector& sum) const {
    sum = a + b;
  }
};

// Copies `size` numbers, spread over threads.
void copy(std::int64_t size, const real* from, real* to);

// The shape that the tensor's memory has when it is read as NCHW: in Layout::lanes a block of 16
// images lies there like one image that is 16 times as wide. What treats the numbers of a channel
// alike works on both layouts by it.
inline Shape memory_shape(const Tensor& x) {
  const Shape& s = x.shape();
  if (x.layout() == Layout::nchw) return s;
  return {lane_blocks(s.n), s.c, s.h, s.w * lane_count};
}

}  // namespace longhand
