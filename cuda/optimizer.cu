#include "core/optimizer.h"

#include <cmath>

#include "cuda/grid.h"
#include "cuda/launch.h"

namespace longhand::cuda {

namespace {

__global__ void sgd_step_kernel(SgdOptions options, std::int64_t size, const real* grad, real* v,
                                real* w) {
  const std::int64_t i = global_index();
  if (i >= size) return;
  const real g = grad[i] + options.weight_decay * w[i];
  v[i] = options.momentum * v[i] + g;
  w[i] -= options.learning_rate * (options.nesterov ? g + options.momentum * v[i] : v[i]);
}

__global__ void adam_step_kernel(AdamOptions options, real correction1, real correction2,
                                 std::int64_t size, const real* grad, real* m, real* v, real* w) {
  const std::int64_t i = global_index();
  if (i >= size) return;
  const real g = grad[i] + options.weight_decay * w[i];
  m[i] = options.beta1 * m[i] + (1 - options.beta1) * g;
  v[i] = options.beta2 * v[i] + (1 - options.beta2) * g * g;
  const real m_hat = m[i] / correction1;
  const real v_hat = v[i] / correction2;
  w[i] -= options.learning_rate * m_hat / (std::sqrt(v_hat) + options.epsilon);
}

}  // namespace

void sgd_step(const SgdOptions& options, std::int64_t size, const real* grad, real* v, real* w) {
  LAUNCH(sgd_step_kernel, blocks_for(size), threads_a_block, 0, stream(), options, size, grad, v,
         w);
}

void adam_step(const AdamOptions& options, std::int64_t t, std::int64_t size, const real* grad,
               real* m, real* v, real* w) {
  const real correction1 = 1 - std::pow(options.beta1, static_cast<real>(t));
  const real correction2 = 1 - std::pow(options.beta2, static_cast<real>(t));
  LAUNCH(adam_step_kernel, blocks_for(size), threads_a_block, 0, stream(), options, correction1,
         correction2, size, grad, m, v, w);
}

}  // namespace longhand::cuda
