// Softmax's columns, a vector of pixels in all channels each, and the first two thirds of its
// forward pass: what softmax_fast.cpp makes the layer of.
#pragma once

#include <cstdint>

#include "core/vector_math.h"

namespace longhand::fast {

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

// For `size` columns: term = exp(x - the largest x of its column), column i's of channel c at
// terms[i] + c * distance, and share[i] = 1 / the column's sum of them, so that a probability is
// term * share. Calls also(i, c) with each term.
template <class Isa, int size, class Also, class... Count>
[[gnu::always_inline]] inline void compute_terms(const Pixels& g, const std::int64_t* at,
                                                 const real* x, real* const* terms,
                                                 std::int64_t distance,
                                                 typename Vectors<Isa>::Vector* share,
                                                 const Also& also, Count... count) {
  using V = Vectors<Isa>;
  typename V::Vector here, largest[size], sum[size];
  LONGHAND_UNROLL
  for (int i = 0; i < size; ++i) {
    V::load(x + at[i], count..., largest[i]);
    sum[i] = typename V::Vector{};
  }
  for (std::int64_t c = 1; c < g.channels; ++c) {
    LONGHAND_UNROLL
    for (int i = 0; i < size; ++i) {
      V::load(x + at[i] + c * g.distance, count..., here);
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
      also(i, c);
    }
  }
  LONGHAND_UNROLL
  for (int i = 0; i < size; ++i) share[i] = 1 / sum[i];
}

}  // namespace longhand::fast
