#include "layers/softmax_cross_entropy.h"

#include <algorithm>
#include <cmath>

#include "cuda/grid.h"
#include "cuda/launch.h"
#include "cuda/places.h"
#include "cuda/reduce.h"

namespace longhand::cuda {

namespace {

// What image n adds to the loss. Labels that lie here nobody has checked: NaN for one that is no
// class.
__device__ inline real image_loss(const SoftmaxCrossEntropyGeometry& g, const real* x, int n,
                                  int label, real largest, real sum) {
  if (label < 0 || label >= g.classes) return std::numeric_limits<real>::quiet_NaN();
  return std::log(sum) + (largest - x[at({g.n, g.classes}, n, label, 0, 0)]);
}

// A thread an image: its probabilities, and its part of the loss into losses[n].
__global__ void softmax_cross_entropy_images_v1_kernel(SoftmaxCrossEntropyGeometry g, const real* x,
                                                       const int* labels, real* p, real* losses) {
  const Shape s{g.n, g.classes};
  const auto n = static_cast<int>(global_index());
  if (n >= g.n) return;
  real largest = x[at(s, n, 0, 0, 0)];
  for (int k = 1; k < g.classes; ++k) largest = std::max(largest, x[at(s, n, k, 0, 0)]);
  real sum = 0;
  for (int k = 0; k < g.classes; ++k) {
    p[at(s, n, k, 0, 0)] = std::exp(x[at(s, n, k, 0, 0)] - largest);
    sum += p[at(s, n, k, 0, 0)];
  }
  for (int k = 0; k < g.classes; ++k) p[at(s, n, k, 0, 0)] /= sum;
  losses[n] = image_loss(g, x, n, labels[n], largest, sum);
}

// One thread: the mean.
__global__ void softmax_cross_entropy_mean_v1_kernel(SoftmaxCrossEntropyGeometry g,
                                                     const real* losses, real* loss) {
  real total = 0;
  for (int n = 0; n < g.n; ++n) total += losses[n];
  *loss = total / static_cast<real>(g.n);
}

// A team an image: its threads share the classes.
template <class Team>
__global__ void softmax_cross_entropy_images_kernel(SoftmaxCrossEntropyGeometry g, const real* x,
                                                    const int* labels, real* p, real* losses) {
  const Shape s{g.n, g.classes};
  const int n = Team::row(), begin = Team::first(), threads = Team::threads();
  if (n >= g.n) return;
  real largest = -std::numeric_limits<real>::infinity();
  for (int k = begin; k < g.classes; k += threads) {
    largest = larger(largest, x[at(s, n, k, 0, 0)]);
  }
  largest = Team::max(largest);
  real sum = 0;
  for (int k = begin; k < g.classes; k += threads) {
    p[at(s, n, k, 0, 0)] = std::exp(x[at(s, n, k, 0, 0)] - largest);
    sum += p[at(s, n, k, 0, 0)];
  }
  sum = Team::sum(sum);
  for (int k = begin; k < g.classes; k += threads) p[at(s, n, k, 0, 0)] /= sum;
  if (begin == 0) losses[n] = image_loss(g, x, n, labels[n], largest, sum);
}

// One block: the mean.
__global__ void softmax_cross_entropy_mean_kernel(SoftmaxCrossEntropyGeometry g, const real* losses,
                                                  real* loss) {
  const int begin = static_cast<int>(threadIdx.x), threads = static_cast<int>(blockDim.x);
  real total = 0;
  for (int n = begin; n < g.n; n += threads) total += losses[n];
  total = block_sum(total);
  if (begin == 0) *loss = total / static_cast<real>(g.n);
}

__global__ void softmax_cross_entropy_backward_kernel(SoftmaxCrossEntropyGeometry g, Places places,
                                                      const real* p, const int* labels, real* dx) {
  const Shape s{g.n, g.classes};
  const std::int64_t i = global_index();
  if (i >= s.size()) return;
  const auto [n, k, h, w] = places(i);
  const real target = k == labels[n] ? 1 : 0;
  dx[at(s, n, k, 0, 0)] = (p[at(s, n, k, 0, 0)] - target) / static_cast<real>(g.n);
}

}  // namespace

void softmax_cross_entropy_forward_v1(const SoftmaxCrossEntropyGeometry& g, const real* x,
                                      const int* labels, real* p, real* loss) {
  real* const losses = loss + 1;
  LAUNCH(softmax_cross_entropy_images_v1_kernel, blocks_for(g.n), threads_a_block, 0, stream(), g,
         x, labels, p, losses);
  LAUNCH(softmax_cross_entropy_mean_v1_kernel, 1, 1, 0, stream(), g, losses, loss);
}

void softmax_cross_entropy_forward(const SoftmaxCrossEntropyGeometry& g, const real* x,
                                   const int* labels, real* p, real* loss) {
  real* const losses = loss + 1;
  LAUNCH_FOR_ROWS(softmax_cross_entropy_images_kernel, g.n, g.classes, g, x, labels, p, losses);
  LAUNCH(softmax_cross_entropy_mean_kernel, 1, block_threads_for(g.n), 0, stream(), g, losses,
         loss);
}

void softmax_cross_entropy_backward(const SoftmaxCrossEntropyGeometry& g, const real* p,
                                    const int* labels, real* dx) {
  const Shape s{g.n, g.classes};
  LAUNCH(softmax_cross_entropy_backward_kernel, blocks_for(s.size()), threads_a_block, 0, stream(),
         g, Places(s), p, labels, dx);
}

}  // namespace longhand::cuda
