#include "layers/sigmoid.h"

#include "cuda/activations.h"
#include "cuda/elementwise.h"

namespace longhand::cuda {

void sigmoid_forward(std::int64_t size, const real* x, real* y) {
  elementwise(Forward<SigmoidFormula>{}, size, y, x);
}

void sigmoid_backward(std::int64_t size, const real* y, const real* dy, real* dx) {
  elementwise(Backward<SigmoidFormula>{}, size, dx, y, dy);
}

}  // namespace longhand::cuda
