// elementwise: numbers that have nothing to do with each other, at the speed of memory.
#pragma once

#include <cstdint>

#include "cuda/grid.h"
#include "cuda/launch.h"
#include "cuda/vector.h"

namespace longhand::cuda {

// A thread takes so many packs, a block's width apart, so that the threads of a warp always read
// what lies next to each other.
constexpr int packs_a_thread = 2;

template <int width, class F, class... In>
__device__ inline Pack<width> apply(const F& f, const In&... in) {
  Pack<width> out;
  for (int k = 0; k < width; ++k) out.v[k] = f(in.v[k]...);
  return out;
}

// `In` are pointers to const real. One of them may be `out`: a number is read before it is written,
// and by the thread that writes it.
template <int width, class F, class... In>
__global__ void elementwise_kernel(F f, std::int64_t size, real* out, In... in) {
  static_assert(packs_a_thread == 2);
  constexpr int stride = threads_a_block * width;
  const std::int64_t i =
      std::int64_t{blockIdx.x} * packs_a_thread * stride + std::int64_t{threadIdx.x} * width;
  if (i + stride + width <= size) {  // both are whole: nothing is stored before all is asked for
    const Pack<width> first = apply<width>(f, load<width>(in + i)...);
    const Pack<width> second = apply<width>(f, load<width>(in + i + stride)...);
    store(first, out + i);
    store(second, out + i + stride);
    return;
  }
  for (std::int64_t k = i; k < i + 2 * stride; k += stride) {
    if (k + width <= size) {
      store(apply<width>(f, load<width>(in + k)...), out + k);
    } else {
      for (std::int64_t rest = k; rest < size; ++rest) out[rest] = f(in[rest]...);
    }
  }
}

template <int width, class F, class... In>
void launch_elementwise(const F& f, std::int64_t size, real* out, In... in) {
  constexpr std::int64_t a_block = std::int64_t{packs_a_thread} * threads_a_block * width;
  LAUNCH((elementwise_kernel<width, F, In...>),
         static_cast<unsigned>((size + a_block - 1) / a_block), threads_a_block, 0, stream(), f,
         size, out, in...);
}

// out[i] = f(in[i] ...) for i < size. F is a struct with the constants of the formula and
//
//   __device__ real operator()(real a, ...) const;
//
// with as many numbers as there are arrays, which may be none. `out` may be one of the inputs.
// Arrays that do not begin at a multiple of 16 bytes are taken number by number.
template <class F, class... In>
void elementwise(const F& f, std::int64_t size, real* out, In... in) {
  if (size == 0) return;
  if (aligned(out, in...)) {
    launch_elementwise<vector_size>(f, size, out, static_cast<const real*>(in)...);
  } else {
    launch_elementwise<1>(f, size, out, static_cast<const real*>(in)...);
  }
}

}  // namespace longhand::cuda
