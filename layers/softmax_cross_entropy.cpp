#include "layers/softmax_cross_entropy.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/layer.h"

namespace longhand {

namespace ref {

void softmax_cross_entropy_forward(const SoftmaxCrossEntropyGeometry& g, const real* x,
                                   const int* labels, real* p, real* loss) {
  const Shape s{g.n, g.classes};
  real total = 0;
  for (int n = 0; n < g.n; ++n) {
    real largest = x[at(s, n, 0, 0, 0)];
    for (int k = 1; k < g.classes; ++k) largest = std::max(largest, x[at(s, n, k, 0, 0)]);
    real sum = 0;
    for (int k = 0; k < g.classes; ++k) {
      p[at(s, n, k, 0, 0)] = std::exp(x[at(s, n, k, 0, 0)] - largest);
      sum += p[at(s, n, k, 0, 0)];
    }
    for (int k = 0; k < g.classes; ++k) p[at(s, n, k, 0, 0)] /= sum;
    total += std::log(sum) + (largest - x[at(s, n, labels[n], 0, 0)]);
  }
  *loss = total / static_cast<real>(g.n);
}

void softmax_cross_entropy_backward(const SoftmaxCrossEntropyGeometry& g, const real* p,
                                    const int* labels, real* dx) {
  const Shape s{g.n, g.classes};
  for (int n = 0; n < g.n; ++n) {
    for (int k = 0; k < g.classes; ++k) {
      const real target = k == labels[n] ? 1 : 0;
      dx[at(s, n, k, 0, 0)] = (p[at(s, n, k, 0, 0)] - target) / static_cast<real>(g.n);
    }
  }
}

}  // namespace ref

namespace {

void require_classes(std::span<const int> labels, int classes) {
  for (const int label : labels) {
    if (label >= 0 && label < classes) continue;
    throw ValueError("softmax_cross_entropy: label " + std::to_string(label) + " is not in 0.." +
                     std::to_string(classes - 1));
  }
}

}  // namespace

void SoftmaxCrossEntropy::to(Device device) {
  device_ = resolve(device);
  const Memory memory = memory_of(device_);
  if (p_.memory() == memory) return;
  p_ = dx_ = loss_ = Tensor(memory);
  copied_labels_ = Buffer<int>(memory);
  fresh_ = false;
}

void SoftmaxCrossEntropy::begin_forward(const Tensor& x, std::int64_t labels) {
  fresh_ = false;
  const Shape& s = x.shape();
  if (s.n < 1 || s.h != 1 || s.w != 1) {
    throw ShapeError("softmax_cross_entropy: scores must be N x classes x 1 x 1, but are " +
                     to_string(s));
  }
  if (labels != s.n) {
    throw ShapeError("softmax_cross_entropy: scores " + to_string(s) + " need " +
                     std::to_string(s.n) + " labels, but there are " + std::to_string(labels));
  }
  require_memory("softmax_cross_entropy", x, device_);
}

real SoftmaxCrossEntropy::forward(const Tensor& x, std::span<const int> labels) {
  begin_forward(x, static_cast<std::int64_t>(labels.size()));
  require_classes(labels, x.shape().c);
  if (device_ != Device::cuda) return run_forward(x, labels.data())[0];
  copied_labels_.assign(labels.data(), x.shape().n);
  real loss = 0;
  cuda::copy(sizeof loss, run_forward(x, copied_labels_.data()).data(), Memory::cuda, &loss,
             Memory::host);
  return loss;
}

const Tensor& SoftmaxCrossEntropy::forward(const Tensor& x, const Buffer<int>& labels) {
  begin_forward(x, labels.size());
  require_memory("softmax_cross_entropy", labels, device_);
  if (device_ != Device::cuda) {
    require_classes({labels.data(), static_cast<std::size_t>(labels.size())}, x.shape().c);
  }
  return run_forward(x, labels.data());
}

const Tensor& SoftmaxCrossEntropy::run_forward(const Tensor& x, const int* labels) {
  const Shape& s = x.shape();
  labels_ = labels;
  fresh_ = true;
  p_.resize(s);
  switch (device_) {
    case Device::reference:
      loss_.resize({1});
      ref::softmax_cross_entropy_forward({s.n, s.c}, x.data(), labels, p_.data(), loss_.data());
      break;
    case Device::cpu:
      loss_.resize({1});
      fast::softmax_cross_entropy_forward({s.n, s.c}, x.data(), labels, p_.data(), loss_.data());
      break;
    case Device::cuda:
      loss_.resize({1 + s.n});
      cuda::softmax_cross_entropy_forward({s.n, s.c}, x.data(), labels, p_.data(), loss_.data());
      break;
  }
  return loss_;
}

const Tensor& SoftmaxCrossEntropy::backward() {
  if (!fresh_) throw OrderError("softmax_cross_entropy: backward needs a forward first");
  fresh_ = false;
  const Shape& s = p_.shape();
  dx_.resize(s);
  switch (device_) {
    case Device::reference:
      ref::softmax_cross_entropy_backward({s.n, s.c}, p_.data(), labels_, dx_.data());
      break;
    case Device::cpu:
      fast::softmax_cross_entropy_backward({s.n, s.c}, p_.data(), labels_, dx_.data());
      break;
    case Device::cuda:
      cuda::softmax_cross_entropy_backward({s.n, s.c}, p_.data(), labels_, dx_.data());
      break;
  }
  return dx_;
}

}  // namespace longhand
