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
  // for a label outside [0, classes). On Device::cuda x lies in its memory and labels are the
  // host's: they are copied there, and the loss back, which waits for the GPU.
  real forward(const Tensor& x, std::span<const int> labels);

  // The same for labels in the device's memory. The loss, the tensor's first number, stays there
  // too: nothing is copied and nobody waits, so a CUDA graph can hold it. On Device::cuda nobody
  // can tell of a label outside [0, classes): the loss is NaN then.
  const Tensor& forward(const Tensor& x, const Buffer<int>& labels);

  // The gradient of the mean loss by x, overwritten. OrderError without a fresh forward.
  const Tensor& backward();

  const Tensor& probabilities() const { return p_; }
  // Works on that device from now on.
  void to(Device device);

 private:
  void begin_forward(const Tensor& x, std::int64_t labels);
  const Tensor& run_forward(const Tensor& x, const int* labels);

  Device device_ = Device::reference;
  Tensor p_, dx_;
  Tensor loss_;                  // the mean; on Device::cuda 1 + n numbers
  const int* labels_ = nullptr;  // of the last forward
  Buffer<int> copied_labels_;    // Device::cuda only: of the host's
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
