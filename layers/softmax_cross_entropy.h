// SoftmaxCrossEntropy: the loss of a classifier, from scores and integer labels.
#pragma once

#include <span>

#include "core/device.h"
#include "core/tensor.h"

namespace longhand {

// For N images with `classes` scores each (x is N x classes x 1 x 1) and a label in [0, classes):
//
//   p[n, k]  = exp(x[n, k] - m[n]) / s[n],   s[n] = sum over j of exp(x[n, j] - m[n])
//
//   loss     = 1/N * sum over n of -log p[n, label[n]]
//            = 1/N * sum over n of log s[n] + (m[n] - x[n, label[n]])
//
//   dx[n, k] = (p[n, k] - (k == label[n])) / N
//
// m[n] is the largest score of image n: exp never overflows and log never sees 0, however large
// the scores are. (Bridle 1990.)
class SoftmaxCrossEntropy {
 public:
  // The mean loss. ShapeError unless x is N x classes x 1 x 1 and there are N labels; ValueError
  // for a label outside [0, classes).
  real forward(const Tensor& x, std::span<const int> labels);

  // The gradient of the mean loss by x, overwritten. OrderError without a fresh forward.
  const Tensor& backward();

  const Tensor& probabilities() const { return p_; }
  // Works on that device from now on. On Device::cuda x lies in its memory, while labels are the
  // host's: forward copies them there, and the loss back.
  void to(Device device);

 private:
  Device device_ = Device::reference;
  Tensor p_, dx_;
  std::span<const int> labels_;
  Buffer<int> labels_on_device_;  // Device::cuda only
  Tensor loss_;                   // Device::cuda only: 1 + n numbers
  bool fresh_ = false;
};

struct SoftmaxCrossEntropyGeometry {
  int n = 1, classes = 1;
};

namespace ref {
// loss: one number, the mean. p: N x classes.
void softmax_cross_entropy_forward(const SoftmaxCrossEntropyGeometry& g, const real* x,
                                   const int* labels, real* p, real* loss);
void softmax_cross_entropy_backward(const SoftmaxCrossEntropyGeometry& g, const real* p,
                                    const int* labels, real* dx);
}  // namespace ref

namespace fast {
void softmax_cross_entropy_forward(const SoftmaxCrossEntropyGeometry& g, const real* x,
                                   const int* labels, real* p, real* loss);
void softmax_cross_entropy_backward(const SoftmaxCrossEntropyGeometry& g, const real* p,
                                    const int* labels, real* dx);
}  // namespace fast

// loss: 1 + n numbers, the mean and then what each image adds to it.
// _v1: a thread an image, as the reference. The others: a warp an image, or a block where there are
// many classes.
namespace cuda {
void softmax_cross_entropy_forward_v1(const SoftmaxCrossEntropyGeometry& g, const real* x,
                                      const int* labels, real* p, real* loss);
void softmax_cross_entropy_forward(const SoftmaxCrossEntropyGeometry& g, const real* x,
                                   const int* labels, real* p, real* loss);
void softmax_cross_entropy_backward(const SoftmaxCrossEntropyGeometry& g, const real* p,
                                    const int* labels, real* dx);
}  // namespace cuda

}  // namespace longhand
