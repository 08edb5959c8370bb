#include "layers/concat.h"

#include "cuda/grid.h"
#include "cuda/launch.h"
#include "cuda/places.h"

namespace longhand::cuda {

namespace {

__global__ void concat_forward_kernel(ConcatGeometry g, Places places, const real* part,
                                      real* whole) {
  const std::int64_t i = global_index();
  if (i >= g.part.size()) return;
  const auto [n, c, h, w] = places(i);
  whole[at(g.whole, n, g.first + c, h, w)] = part[at(g.part, n, c, h, w)];
}

__global__ void concat_backward_kernel(ConcatGeometry g, Places places, const real* whole,
                                       real* part) {
  const std::int64_t i = global_index();
  if (i >= g.part.size()) return;
  const auto [n, c, h, w] = places(i);
  part[at(g.part, n, c, h, w)] = whole[at(g.whole, n, g.first + c, h, w)];
}

}  // namespace

void concat_forward(const ConcatGeometry& g, const real* part, real* whole) {
  LAUNCH(concat_forward_kernel, blocks_for(g.part.size()), threads_a_block, 0, stream(), g,
         Places(g.part), part, whole);
}

void concat_backward(const ConcatGeometry& g, const real* whole, real* part) {
  LAUNCH(concat_backward_kernel, blocks_for(g.part.size()), threads_a_block, 0, stream(), g,
         Places(g.part), whole, part);
}

}  // namespace longhand::cuda
