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

void SoftmaxCrossEntropy::to(Device device) {
  device_ = resolve(device);
  const Memory memory = memory_of(device_);
  if (p_.memory() == memory) return;
  p_ = dx_ = loss_ = Tensor(memory);
  labels_on_device_ = Buffer<int>(memory);
  fresh_ = false;
}

real SoftmaxCrossEntropy::forward(const Tensor& x, std::span<const int> labels) {
  fresh_ = false;
  const Shape& s = x.shape();
  if (s.n < 1 || s.h != 1 || s.w != 1) {
    throw ShapeError("softmax_cross_entropy: scores must be N x classes x 1 x 1, but are " +
                     to_string(s));
  }
  if (static_cast<std::int64_t>(labels.size()) != s.n) {
    throw ShapeError("softmax_cross_entropy: scores " + to_string(s) + " need " +
                     std::to_string(s.n) + " labels, but there are " +
                     std::to_string(labels.size()));
  }
  for (const int label : labels) {
    if (label >= 0 && label < s.c) continue;
    throw ValueError("softmax_cross_entropy: label " + std::to_string(label) + " is not in 0.." +
                     std::to_string(s.c - 1));
  }
  require_memory("softmax_cross_entropy", x, device_);
  labels_ = labels;
  fresh_ = true;
  p_.resize(s);
  real loss = 0;
  switch (device_) {
    case Device::reference:
      ref::softmax_cross_entropy_forward({s.n, s.c}, x.data(), labels.data(), p_.data(), &loss);
      break;
    case Device::cpu:
      fast::softmax_cross_entropy_forward({s.n, s.c}, x.data(), labels.data(), p_.data(), &loss);
      break;
    case Device::cuda:
      labels_on_device_.assign(labels.data(), s.n);
      loss_.resize({1 + s.n});
      cuda::softmax_cross_entropy_forward({s.n, s.c}, x.data(), labels_on_device_.data(), p_.data(),
                                          loss_.data());
      cuda::copy(sizeof loss, loss_.data(), Memory::cuda, &loss, Memory::host);
      break;
  }
  return loss;
}

const Tensor& SoftmaxCrossEntropy::backward() {
  if (!fresh_) throw OrderError("softmax_cross_entropy: backward needs a forward first");
  fresh_ = false;
  const Shape& s = p_.shape();
  dx_.resize(s);
  switch (device_) {
    case Device::reference:
      ref::softmax_cross_entropy_backward({s.n, s.c}, p_.data(), labels_.data(), dx_.data());
      break;
    case Device::cpu:
      fast::softmax_cross_entropy_backward({s.n, s.c}, p_.data(), labels_.data(), dx_.data());
      break;
    case Device::cuda:
      cuda::softmax_cross_entropy_backward({s.n, s.c}, p_.data(), labels_on_device_.data(),
                                           dx_.data());
      break;
  }
  return dx_;
}

}  // namespace longhand
