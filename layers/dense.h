// Dense: every output is a weighted sum of every input.
#pragma once

#include "core/layer.h"

namespace longhand {

//   y[n, o] = b[o] + sum over i of x[n, i] * w[o, i]
//
// x is N x in (x 1 x 1: put a Flatten before it), w is out x in, b is out, y is N x out.
// backward overwrites dx and adds into w's and b's grad:
//   dx[n, i] = sum over o of dy[n, o] * w[o, i]
//   dw[o, i] += sum over n of dy[n, o] * x[n, i],   db[o] += sum over n of dy[n, o]
class Dense : public Layer {
 public:
  // ValueError unless both counts are at least 1.
  Dense(int in_features, int out_features, bool bias = true);

  std::string describe() const override;
  bool takes_lanes() const override { return true; }
  void want_input_gradient(bool wanted) override { input_gradient_ = wanted; }
  Shape output_shape(const Shape& x) const override;
  const Tensor& forward(const Tensor& x) override;
  const Tensor& backward(const Tensor& dy) override;
  std::vector<Param*> params() override;

  Param& weight() { return weight_; }
  Param& bias() { return bias_; }

 private:
  const real* b() const { return has_bias_ ? bias_.value.data() : nullptr; }

  bool has_bias_;
  Param weight_;  // out x in
  Param bias_;    // out
};

struct DenseGeometry {
  int n = 1, in = 1, out = 1;
  Layout layout = Layout::nchw;  // of x and y; the reference loops know only this one
};

namespace ref {
void dense_forward(const DenseGeometry& g, const real* x, const real* w, const real* b, real* y);
void dense_backward_data(const DenseGeometry& g, const real* dy, const real* w, real* dx);
void dense_backward_weights(const DenseGeometry& g, const real* x, const real* dy, real* dw);
void dense_backward_bias(const DenseGeometry& g, const real* dy, real* db);
}  // namespace ref

// The same by gemm, or over lanes (dense_fast.cpp).
namespace fast {
void dense_forward(const DenseGeometry& g, const real* x, const real* w, const real* b, real* y);
void dense_backward_data(const DenseGeometry& g, const real* dy, const real* w, real* dx);
void dense_backward_weights(const DenseGeometry& g, const real* x, const real* dy, real* dw);
void dense_backward_bias(const DenseGeometry& g, const real* dy, real* db);
// How many threads share dw (Param::shares).
int dense_weight_shares(const DenseGeometry& g);
}  // namespace fast

// The same by gemm, the bias added where a sum is stored (cuda/dense.cu).
namespace cuda {
void dense_forward(const DenseGeometry& g, const real* x, const real* w, const real* b, real* y);
void dense_backward_data(const DenseGeometry& g, const real* dy, const real* w, real* dx);
void dense_backward_weights(const DenseGeometry& g, const real* x, const real* dy, real* dw);
void dense_backward_bias(const DenseGeometry& g, const real* dy, real* db);

// The loops of ref, one thread an element of what they compute (cuda/dense_v1.cu).
void dense_forward_v1(const DenseGeometry& g, const real* x, const real* w, const real* b, real* y);
void dense_backward_data_v1(const DenseGeometry& g, const real* dy, const real* w, real* dx);
void dense_backward_weights_v1(const DenseGeometry& g, const real* x, const real* dy, real* dw);
void dense_backward_bias_v1(const DenseGeometry& g, const real* dy, real* db);
}  // namespace cuda

}  // namespace longhand
