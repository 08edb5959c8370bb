// Optimizers: how a parameter moves when its gradient is known.
#pragma once

#include <cstdint>
#include <vector>

#include "core/device.h"
#include "core/param.h"
#include "core/step_table.h"

namespace longhand {

// Holds the params it was given; they must outlive it. All its memory is taken when it is made; on
// Device::cuda by to() and the first step.
class Optimizer {
 public:
  virtual ~Optimizer() = default;
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;

  // Moves every param along its gradient. DeviceError where it lies in another memory than that of
  // the optimizer's device.
  virtual void step() = 0;
  void zero_grad();  // sets every gradient to zero

  real learning_rate() const { return learning_rate_; }
  void set_learning_rate(real learning_rate);
  // Works on that device from now on, where the params must be too.
  void to(Device device);

  // Device::cuda alone, null elsewhere: where the steps on the GPU find the learning rate and count
  // themselves. step and zero_grad launch kernels whose arguments stay the same from step to step,
  // so a CUDA graph that holds them can be launched again and again: set_learning_rate, called
  // before a launch and not while the graph is captured, is heard by it.
  StepState* state_on_device() { return state_.data(); }

 protected:
  // The optimizer remembers for each param a tensor v of its shape and, if asked to, a tensor m.
  Optimizer(std::vector<Param*> params, real learning_rate, bool remembers_m);
  void require_params_there() const;  // DeviceError unless they are in the device's memory
  const Buffer<StepChunk>& chunks();  // Device::cuda alone: what a step goes over

  std::vector<Param*> params_;
  std::vector<Tensor> v_, m_;
  real learning_rate_;
  std::int64_t t_ = 0;  // steps taken; on Device::cuda the state counts
  Device device_ = Device::reference;
  StepTable table_;
  Buffer<StepState> state_{Memory::cuda};
};

struct SgdOptions {
  real learning_rate = real(0.01);
  real momentum = 0;      // in [0, 1)
  real weight_decay = 0;  // adds weight_decay * w to the gradient
  bool nesterov = false;  // needs momentum
};

// Stochastic gradient descent (Sutskever et al. 2013, as PyTorch writes it):
//   g = grad + weight_decay * w
//   v = momentum * v + g
//   w = w - learning_rate * (nesterov ? g + momentum * v : v)
class Sgd : public Optimizer {
 public:
  Sgd(std::vector<Param*> params, const SgdOptions& options);
  void step() override;

 private:
  SgdOptions options_;
};

struct AdamOptions {
  real learning_rate = real(0.001);
  real beta1 = real(0.9);    // in [0, 1)
  real beta2 = real(0.999);  // in [0, 1)
  real epsilon = real(1e-8);
  real weight_decay = 0;  // adds weight_decay * w to the gradient
};

// Adam (Kingma, Ba 2015, algorithm 1), t counting steps from 1:
//   g = grad + weight_decay * w
//   m = beta1 * m + (1 - beta1) * g
//   v = beta2 * v + (1 - beta2) * g^2
//   w = w - learning_rate * m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon)
class Adam : public Optimizer {
 public:
  Adam(std::vector<Param*> params, const AdamOptions& options);
  void step() override;

 private:
  AdamOptions options_;
};

// The learning rate of step `step` of `steps` on half a cosine wave from `learning_rate` down to
// nearly 0 (Loshchilov, Hutter 2017, without restarts).
real cosine_decay(real learning_rate, std::int64_t step, std::int64_t steps);

namespace ref {
// One step for one param of `size` values; w and v (and m) are read and written.
void sgd_step(const SgdOptions& options, std::int64_t size, const real* grad, real* v, real* w);
void adam_step(const AdamOptions& options, std::int64_t t, std::int64_t size, const real* grad,
               real* m, real* v, real* w);
}  // namespace ref

namespace fast {
void sgd_step(const SgdOptions& options, std::int64_t size, const real* grad, real* v, real* w);
void adam_step(const AdamOptions& options, std::int64_t t, std::int64_t size, const real* grad,
               real* m, real* v, real* w);
}  // namespace fast

// sgd_step and adam_step: a launch for each param, as the reference. _all: one launch for all that
// the chunks, of which there are `count`, hold; the learning rate and t are those of the state, and
// adam_step_all, which takes step t + 1, leaves t + 1 there.
namespace cuda {
void sgd_step(const SgdOptions& options, std::int64_t size, const real* grad, real* v, real* w);
void adam_step(const AdamOptions& options, std::int64_t t, std::int64_t size, const real* grad,
               real* m, real* v, real* w);
void sgd_step_all(const SgdOptions& options, std::int64_t count, const StepChunk* chunks,
                  const StepState* state);
void adam_step_all(const AdamOptions& options, std::int64_t count, const StepChunk* chunks,
                   StepState* state);
void zero_grad_all(std::int64_t count, const StepChunk* chunks);
void set_learning_rate(real learning_rate, StepState* state);
}  // namespace cuda

}  // namespace longhand
