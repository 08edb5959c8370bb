#include "layers/residual.h"

#include <utility>

#include "core/elementwise.h"
#include "core/error.h"
#include "layers/sequential.h"

namespace longhand {

namespace ref {

void add(std::int64_t size, const real* a, const real* b, real* sum) {
  for (std::int64_t i = 0; i < size; ++i) sum[i] = a[i] + b[i];
}

}  // namespace ref

namespace fast {

void add(std::int64_t size, const real* a, const real* b, real* sum) {
  elementwise(Add{}, elementwise_grain, size, sum, a, b);
}

}  // namespace fast

namespace {

void add(Device device, const Tensor& a, const Tensor& b, Tensor& sum) {
  switch (device) {
    case Device::reference:
      ref::add(sum.size(), a.data(), b.data(), sum.data());
      break;
    case Device::cpu:
      fast::add(sum.stored(), a.data(), b.data(), sum.data());
      break;
    case Device::cuda:
      cuda::add(sum.size(), a.data(), b.data(), sum.data());
      break;
  }
}

}  // namespace

Residual::Residual(std::unique_ptr<Layer> f, std::unique_ptr<Layer> s)
    : f_(std::move(f)), s_(std::move(s)) {
  if (!f_) throw ValueError("residual: needs a branch f");
  prefix_names(*f_, "f");
  if (s_) prefix_names(*s_, "s");
}

std::string Residual::describe() const {
  return "residual (" + f_->describe() + ") + (" + (s_ ? s_->describe() : "x") + ")";
}

Shape Residual::output_shape(const Shape& x) const {
  const Shape f = f_->output_shape(x);
  const Shape s = s_ ? s_->output_shape(x) : x;
  require_same_shape("residual", "the branch f(x)", f, "the shortcut s(x)", s);
  return f;
}

const Tensor& Residual::forward(const Tensor& x) {
  begin_forward(x);
  const Tensor& f = f_->forward(x);
  const Tensor& s = s_ ? s_->forward(x) : x;
  add(device(), f, s, y_);
  return y_;
}

const Tensor& Residual::backward(const Tensor& dy) {
  begin_backward(dy);
  const Tensor& df = f_->backward(dy);
  const Tensor& ds = s_ ? s_->backward(dy) : dy;
  add(device(), df, ds, dx_);
  return dx_;
}

std::vector<Param*> Residual::params() {
  std::vector<Param*> all = f_->params();
  if (s_) {
    for (Param* p : s_->params()) all.push_back(p);
  }
  return all;
}

bool Residual::takes_lanes() const {
  return f_->takes_lanes() && (!s_ || s_->takes_lanes());
}

std::int64_t Residual::lanes_gain(const Shape& x) const {
  return f_->lanes_gain(x) + (s_ ? s_->lanes_gain(x) : 0);
}

void Residual::to(Device device) {
  Layer::to(device);
  f_->to(device);
  if (s_) s_->to(device);
}

std::int64_t Residual::activation_bytes() const {
  const std::int64_t shortcut = s_ ? s_->activation_bytes() : 0;
  return Layer::activation_bytes() + f_->activation_bytes() + shortcut;
}

}  // namespace longhand
