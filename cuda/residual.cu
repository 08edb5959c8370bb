#include "layers/residual.h"

#include "cuda/elementwise.h"

namespace longhand::cuda {

namespace {

struct Sum {
  __device__ real operator()(real a, real b) const { return a + b; }
};

}  // namespace

void add(std::int64_t size, const real* a, const real* b, real* sum) {
  elementwise(Sum{}, size, sum, a, b);
}

}  // namespace longhand::cuda
