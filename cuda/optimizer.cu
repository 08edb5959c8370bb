#include "core/optimizer.h"

#include <cmath>

#include "cuda/grid.h"
#include "cuda/launch.h"
#include "cuda/vector.h"

namespace longhand::cuda {

namespace {

// The formulas, for one number.

__device__ inline void sgd_move(const SgdOptions& options, real learning_rate, real grad, real& v,
                                real& w) {
  const real g = grad + options.weight_decay * w;
  v = options.momentum * v + g;
  w -= learning_rate * (options.nesterov ? g + options.momentum * v : v);
}

// 1 - beta1^t and 1 - beta2^t
struct AdamCorrections {
  real first, second;
};

__host__ __device__ inline AdamCorrections adam_corrections(const AdamOptions& options,
                                                            std::int64_t t) {
  return {1 - std::pow(options.beta1, static_cast<real>(t)),
          1 - std::pow(options.beta2, static_cast<real>(t))};
}

__device__ inline void adam_move(const AdamOptions& options, real learning_rate,
                                 const AdamCorrections& corrections, real grad, real& m, real& v,
                                 real& w) {
  const real g = grad + options.weight_decay * w;
  m = options.beta1 * m + (1 - options.beta1) * g;
  v = options.beta2 * v + (1 - options.beta2) * g * g;
  const real m_hat = m / corrections.first;
  const real v_hat = v / corrections.second;
  w -= learning_rate * m_hat / (std::sqrt(v_hat) + options.epsilon);
}

// A launch for each param, a thread for each number.

__global__ void sgd_step_kernel(SgdOptions options, std::int64_t size, const real* grad, real* v,
                                real* w) {
  const std::int64_t i = global_index();
  if (i >= size) return;
  sgd_move(options, options.learning_rate, grad[i], v[i], w[i]);
}

__global__ void adam_step_kernel(AdamOptions options, AdamCorrections corrections,
                                 std::int64_t size, const real* grad, real* m, real* v, real* w) {
  const std::int64_t i = global_index();
  if (i >= size) return;
  adam_move(options, options.learning_rate, corrections, grad[i], m[i], v[i], w[i]);
}

// A launch for all params, a block for each chunk. Its threads take `width` neighbouring numbers at
// a time, from `begin` on.

template <int width>
__device__ int first_of_thread(int begin) {
  return begin + static_cast<int>(threadIdx.x) * width;
}

template <int width>
__device__ void sgd_step_chunk(const SgdOptions& options, real learning_rate,
                               const StepChunk& chunk, int begin) {
  const auto size = static_cast<int>(chunk.size);
  for (int i = first_of_thread<width>(begin); i + width <= size; i += threads_a_block * width) {
    const Pack<width> grad = load<width>(chunk.grad + i);
    Pack<width> v = load<width>(chunk.v + i), w = load<width>(chunk.w + i);
    for (int k = 0; k < width; ++k) sgd_move(options, learning_rate, grad.v[k], v.v[k], w.v[k]);
    store(v, chunk.v + i);
    store(w, chunk.w + i);
  }
}

template <int width>
__device__ void adam_step_chunk(const AdamOptions& options, real learning_rate,
                                const AdamCorrections& corrections, const StepChunk& chunk,
                                int begin) {
  const auto size = static_cast<int>(chunk.size);
  for (int i = first_of_thread<width>(begin); i + width <= size; i += threads_a_block * width) {
    const Pack<width> grad = load<width>(chunk.grad + i);
    Pack<width> m = load<width>(chunk.m + i), v = load<width>(chunk.v + i);
    Pack<width> w = load<width>(chunk.w + i);
    for (int k = 0; k < width; ++k) {
      adam_move(options, learning_rate, corrections, grad.v[k], m.v[k], v.v[k], w.v[k]);
    }
    store(m, chunk.m + i);
    store(v, chunk.v + i);
    store(w, chunk.w + i);
  }
}

template <int width>
__device__ void zero_grad_chunk(const StepChunk& chunk, int begin) {
  const auto size = static_cast<int>(chunk.size);
  for (int i = first_of_thread<width>(begin); i + width <= size; i += threads_a_block * width) {
    store(Pack<width>{}, chunk.grad + i);
  }
}

// How many numbers at the chunk's beginning are taken as whole vectors.
__device__ inline int in_vectors(const StepChunk& chunk) {
  if (!aligned(chunk.grad, chunk.m, chunk.v, chunk.w)) return 0;
  return static_cast<int>(chunk.size) / vector_size * vector_size;
}

__global__ void sgd_step_all_kernel(SgdOptions options, const StepChunk* chunks,
                                    const StepState* state) {
  const StepChunk chunk = chunks[blockIdx.x];
  const real learning_rate = state->learning_rate;
  const int rest = in_vectors(chunk);
  if (rest > 0) sgd_step_chunk<vector_size>(options, learning_rate, chunk, 0);
  sgd_step_chunk<1>(options, learning_rate, chunk, rest);
}

// Every block reads t, and the last of them to have done so moves it on: it alone gets the highest
// number from the counter, which it leaves at 0. Which block that is makes no difference.
__global__ void adam_step_all_kernel(AdamOptions options, const StepChunk* chunks,
                                     StepState* state) {
  __shared__ AdamCorrections corrections;
  if (threadIdx.x == 0) {
    const std::int64_t t = state->t + 1;
    __threadfence();
    if (atomicInc(&state->done, gridDim.x - 1) == gridDim.x - 1) state->t = t;
    corrections = adam_corrections(options, t);
  }
  __syncthreads();
  const StepChunk chunk = chunks[blockIdx.x];
  const real learning_rate = state->learning_rate;
  const int rest = in_vectors(chunk);
  if (rest > 0) adam_step_chunk<vector_size>(options, learning_rate, corrections, chunk, 0);
  adam_step_chunk<1>(options, learning_rate, corrections, chunk, rest);
}

__global__ void zero_grad_all_kernel(const StepChunk* chunks) {
  const StepChunk chunk = chunks[blockIdx.x];
  const int rest = in_vectors(chunk);
  if (rest > 0) zero_grad_chunk<vector_size>(chunk, 0);
  zero_grad_chunk<1>(chunk, rest);
}

__global__ void set_learning_rate_kernel(real learning_rate, StepState* state) {
  state->learning_rate = learning_rate;
}

}  // namespace

void sgd_step(const SgdOptions& options, std::int64_t size, const real* grad, real* v, real* w) {
  LAUNCH(sgd_step_kernel, blocks_for(size), threads_a_block, 0, stream(), options, size, grad, v,
         w);
}

void adam_step(const AdamOptions& options, std::int64_t t, std::int64_t size, const real* grad,
               real* m, real* v, real* w) {
  LAUNCH(adam_step_kernel, blocks_for(size), threads_a_block, 0, stream(), options,
         adam_corrections(options, t), size, grad, m, v, w);
}

void sgd_step_all(const SgdOptions& options, std::int64_t count, const StepChunk* chunks,
                  const StepState* state) {
  if (count == 0) return;
  LAUNCH(sgd_step_all_kernel, static_cast<unsigned>(count), threads_a_block, 0, stream(), options,
         chunks, state);
}

void adam_step_all(const AdamOptions& options, std::int64_t count, const StepChunk* chunks,
                   StepState* state) {
  if (count == 0) return;
  LAUNCH(adam_step_all_kernel, static_cast<unsigned>(count), threads_a_block, 0, stream(), options,
         chunks, state);
}

void zero_grad_all(std::int64_t count, const StepChunk* chunks) {
  if (count == 0) return;
  LAUNCH(zero_grad_all_kernel, static_cast<unsigned>(count), threads_a_block, 0, stream(), chunks);
}

void set_learning_rate(real learning_rate, StepState* state) {
  LAUNCH(set_learning_rate_kernel, 1, 1, 0, stream(), learning_rate, state);
}

}  // namespace longhand::cuda
