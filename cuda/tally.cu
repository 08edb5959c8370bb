#include "layers/tally.h"

#include "cuda/grid.h"
#include "cuda/launch.h"
#include "cuda/reduce.h"

namespace longhand::cuda {

namespace {

// One block, whose threads share the images. They are counted as real numbers, which is exact up to
// 16 million.
__global__ void tally_kernel(TallyGeometry g, const real* scores, const int* labels,
                             const real* loss, Totals* totals) {
  const Shape s{g.n, g.classes};
  const int begin = static_cast<int>(threadIdx.x), threads = static_cast<int>(blockDim.x);
  real right = 0;
  for (int n = begin; n < g.n; n += threads) {
    int best = 0;
    for (int k = 1; k < g.classes; ++k) {
      if (scores[at(s, n, k, 0, 0)] > scores[at(s, n, best, 0, 0)]) best = k;
    }
    if (best == labels[n]) right += 1;
  }
  right = block_sum(right);
  if (begin != 0) return;
  totals->right += static_cast<std::int64_t>(right);
  totals->images += g.n;
  totals->loss += static_cast<double>(*loss) * g.n;
}

}  // namespace

void tally(const TallyGeometry& g, const real* scores, const int* labels, const real* loss,
           Totals* totals) {
  LAUNCH(tally_kernel, 1, block_threads_for(g.n), 0, stream(), g, scores, labels, loss, totals);
}

}  // namespace longhand::cuda
