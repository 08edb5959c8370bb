// Optimizers: how a parameter moves when its gradient is known.
#pragma once

#include <cstdint>
#include <vector>

#include "core/device.h"
#include "core/param.h"

namespace longhand {

// Holds the params it was given; they must outlive it. All its memory is taken when it is made.
class Optimizer {
 public:
  Optimizer(std::vector<Param*> params, real learning_rate);
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
  virtual void to(Device device) { device_ = resolve(device); }

 protected:
  void move(std::vector<Tensor>& tensors) const;  // to the device's memory
  void require_params_there() const;              // DeviceError unless they are in its memory

  std::vector<Param*> params_;
  real learning_rate_;
  Device device_ = Device::reference;
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
  void to(Device device) override;

 private:
  SgdOptions options_;
  std::vector<Tensor> velocity_;
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
  void to(Device device) override;

 private:
  AdamOptions options_;
  std::int64_t t_ = 0;
  std::vector<Tensor> m_, v_;
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

namespace cuda {
void sgd_step(const SgdOptions& options, std::int64_t size, const real* grad, real* v, real* w);
void adam_step(const AdamOptions& options, std::int64_t t, std::int64_t size, const real* grad,
               real* m, real* v, real* w);
}  // namespace cuda

}  // namespace longhand
