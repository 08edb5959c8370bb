// LeNet from oneDNN's primitives: every one made once, weights kept in the layout that the forward
// primitive prefers, activations fused into the convolutions and dense layers. No framework around
// it, so it bounds what a framework on oneDNN can do.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "apps/bench/peers/onednn_network.h"

namespace longhand::bench::onednn {

// Each adds its primitives to a network's programs. No backward after an inference's forward.
class Layer {
 public:
  virtual ~Layer() = default;
  // Sets y.
  virtual void forward(Network& net, const memory& x) = 0;
  // dx from dy; empty where nobody needs it.
  virtual memory backward(Network& net, memory dy, bool need_dx) = 0;
  memory x, y;
};

// dy of what the activation was given, from dy of what it gave.
inline memory activation_backward(Network& net, algorithm activation, const memory& y, memory dy) {
  if (activation == algorithm::undef) return dy;
  dy = net.backward.as(dy, y.get_desc());
  const dnnl::eltwise_forward::primitive_desc hint(
      {prop_kind::forward_training, activation, y.get_desc(), 0.F}, engine());
  const dnnl::eltwise_backward::primitive_desc desc({activation, dy.get_desc(), y.get_desc(), 0.F},
                                                    engine(), hint);
  memory dx = make_memory(desc.diff_src_desc());
  net.backward.add(dnnl::eltwise_backward(desc),
                   {{DNNL_ARG_DST, y}, {DNNL_ARG_DIFF_DST, dy}, {DNNL_ARG_DIFF_SRC, dx}});
  return dx;
}

inline dnnl::primitive_attr fused(algorithm activation) {
  dnnl::primitive_attr attributes;
  if (activation != algorithm::undef) {
    dnnl::post_ops after;
    after.append_eltwise(1.F, activation, 0.F, 0.F);
    attributes.set_post_ops(after);
  }
  return attributes;
}

// 5x5, stride 1, with an activation.
class Conv : public Layer {
 public:
  Conv(int out, int padding, algorithm activation)
      : out_(out), padding_{padding, padding}, activation_(activation) {}

  void forward(Network& net, const memory& input) override {
    const memory::dims in = input.get_desc().dims();
    const memory::dims out{in[0], out_, in[2] + 2 * padding_[0] - 4, in[3] + 2 * padding_[1] - 4};
    desc_ = {{net.kind(), algorithm::convolution_direct, any_layout(input),
              any_layout({out_, in[1], 5, 5}), plain_layout({out_}), any_layout(out), stride_,
              padding_, padding_},
             fused(activation_),
             engine()};
    x = net.forward.as(input, desc_.src_desc());
    const double fan_in = 25.0 * static_cast<double>(in[1]);
    w_ = net.initial(desc_.weights_desc(), fan_in);
    b_ = net.initial(desc_.bias_desc(), fan_in);
    y = make_memory(desc_.dst_desc());
    net.forward.add(
        dnnl::convolution_forward(desc_),
        {{DNNL_ARG_SRC, x}, {DNNL_ARG_WEIGHTS, w_}, {DNNL_ARG_BIAS, b_}, {DNNL_ARG_DST, y}});
  }

  memory backward(Network& net, memory dy, bool need_dx) override {
    dy = activation_backward(net, activation_, y, dy);
    const Desc any_x = any_layout(x), any_w = any_layout(w_), any_dy = any_layout(dy);
    const dnnl::convolution_backward_weights::primitive_desc weights(
        {algorithm::convolution_direct, any_x, any_w, plain_layout({out_}), any_dy, stride_,
         padding_, padding_},
        engine(), desc_);
    const memory dw = make_memory(weights.diff_weights_desc());
    const memory db = make_memory(weights.diff_bias_desc());
    net.backward.add(dnnl::convolution_backward_weights(weights),
                     {{DNNL_ARG_SRC, net.backward.as(x, weights.src_desc())},
                      {DNNL_ARG_DIFF_DST, net.backward.as(dy, weights.diff_dst_desc())},
                      {DNNL_ARG_DIFF_WEIGHTS, dw},
                      {DNNL_ARG_DIFF_BIAS, db}});
    net.keep(w_, dw);
    net.keep(b_, db);
    if (!need_dx) return {};
    const dnnl::convolution_backward_data::primitive_desc data(
        {algorithm::convolution_direct, any_x, any_w, any_dy, stride_, padding_, padding_},
        engine(), desc_);
    memory dx = make_memory(data.diff_src_desc());
    net.backward.add(dnnl::convolution_backward_data(data),
                     {{DNNL_ARG_DIFF_DST, net.backward.as(dy, data.diff_dst_desc())},
                      {DNNL_ARG_WEIGHTS, net.backward.as(w_, data.weights_desc())},
                      {DNNL_ARG_DIFF_SRC, dx}});
    return dx;
  }

 private:
  memory::dim out_;
  memory::dims stride_{1, 1}, padding_;
  algorithm activation_;
  memory w_, b_;
  dnnl::convolution_forward::primitive_desc desc_;
};

// 2x2, stride 2.
class Pool : public Layer {
 public:
  explicit Pool(algorithm pooling) : pooling_(pooling) {}

  void forward(Network& net, const memory& input) override {
    const memory::dims in = input.get_desc().dims();
    x = input;
    desc_ = {{net.kind(), pooling_, x.get_desc(), any_layout({in[0], in[1], in[2] / 2, in[3] / 2}),
              two_, two_, none_, none_},
             engine()};
    y = make_memory(desc_.dst_desc());
    Arguments arguments{{DNNL_ARG_SRC, x}, {DNNL_ARG_DST, y}};
    if (net.train && pooling_ == algorithm::pooling_max) {
      winners_ = make_memory(desc_.workspace_desc());
      arguments[DNNL_ARG_WORKSPACE] = winners_;
    }
    net.forward.add(dnnl::pooling_forward(desc_), arguments);
  }

  memory backward(Network& net, memory dy, bool) override {
    dy = net.backward.as(dy, y.get_desc());
    const dnnl::pooling_backward::primitive_desc desc(
        {pooling_, x.get_desc(), y.get_desc(), two_, two_, none_, none_}, engine(), desc_);
    memory dx = make_memory(desc.diff_src_desc());
    Arguments arguments{{DNNL_ARG_DIFF_DST, dy}, {DNNL_ARG_DIFF_SRC, dx}};
    if (winners_) arguments[DNNL_ARG_WORKSPACE] = winners_;
    net.backward.add(dnnl::pooling_backward(desc), arguments);
    return dx;
  }

 private:
  memory::dims two_{2, 2}, none_{0, 0};
  algorithm pooling_;
  memory winners_;
  dnnl::pooling_forward::primitive_desc desc_;
};

// Flattens what is not flat: that is faster than an inner product over four extents.
class Dense : public Layer {
 public:
  Dense(int out, algorithm activation) : out_(out), activation_(activation) {}

  void forward(Network& net, const memory& input) override {
    memory::dims in = input.get_desc().dims();
    memory flat = input;
    if (in.size() == 4) {
      unflat_ = plain_layout(in);
      storage_ = net.forward.as(input, unflat_);
      in = {in[0], in[1] * in[2] * in[3]};
      flat = memory(plain_layout(in), engine(), storage_.get_data_handle());
    }
    desc_ = {{net.kind(), any_layout(flat), any_layout({out_, in[1]}), plain_layout({out_}),
              plain_layout({in[0], out_})},
             fused(activation_),
             engine()};
    x = net.forward.as(flat, desc_.src_desc());
    w_ = net.initial(desc_.weights_desc(), static_cast<double>(in[1]));
    b_ = net.initial(desc_.bias_desc(), static_cast<double>(in[1]));
    y = make_memory(desc_.dst_desc());
    net.forward.add(
        dnnl::inner_product_forward(desc_),
        {{DNNL_ARG_SRC, x}, {DNNL_ARG_WEIGHTS, w_}, {DNNL_ARG_BIAS, b_}, {DNNL_ARG_DST, y}});
  }

  memory backward(Network& net, memory dy, bool need_dx) override {
    dy = activation_backward(net, activation_, y, dy);
    const Desc any_x = any_layout(x), any_w = any_layout(w_);
    const dnnl::inner_product_backward_weights::primitive_desc weights(
        {any_x, any_w, plain_layout({out_}), dy.get_desc()}, engine(), desc_);
    const memory dw = make_memory(weights.diff_weights_desc());
    const memory db = make_memory(weights.diff_bias_desc());
    net.backward.add(dnnl::inner_product_backward_weights(weights),
                     {{DNNL_ARG_SRC, net.backward.as(x, weights.src_desc())},
                      {DNNL_ARG_DIFF_DST, dy},
                      {DNNL_ARG_DIFF_WEIGHTS, dw},
                      {DNNL_ARG_DIFF_BIAS, db}});
    net.keep(w_, dw);
    net.keep(b_, db);
    if (!need_dx) return {};
    const dnnl::inner_product_backward_data::primitive_desc data({any_x, any_w, dy.get_desc()},
                                                                 engine(), desc_);
    memory dx = make_memory(data.diff_src_desc());
    net.backward.add(dnnl::inner_product_backward_data(data),
                     {{DNNL_ARG_DIFF_DST, dy},
                      {DNNL_ARG_WEIGHTS, net.backward.as(w_, data.weights_desc())},
                      {DNNL_ARG_DIFF_SRC, dx}});
    if (unflat_.is_zero()) return dx;
    dx_storage_ = net.backward.as(dx, plain_layout(dx.get_desc().dims()));
    return memory(unflat_, engine(), dx_storage_.get_data_handle());
  }

 private:
  memory::dim out_;
  algorithm activation_;
  memory w_, b_;
  memory storage_, dx_storage_;  // what the views of another shape point to
  Desc unflat_;
  dnnl::inner_product_forward::primitive_desc desc_;
};

// The layers of "lenet-classic" or "lenet-modern".
inline std::vector<std::unique_ptr<Layer>> lenet_layers(const std::string& model, bool train) {
  const bool classic = model == "lenet-classic";
  const algorithm none = algorithm::undef;
  // In training the gradient is found from the activation's output, as in the engine.
  const algorithm tanh = train ? algorithm::eltwise_tanh_use_dst_for_bwd : algorithm::eltwise_tanh;
  const algorithm relu = train ? algorithm::eltwise_relu_use_dst_for_bwd : algorithm::eltwise_relu;
  const algorithm average = algorithm::pooling_avg_exclude_padding;
  const algorithm active = classic ? tanh : relu;
  const algorithm pooling = classic ? average : algorithm::pooling_max;
  std::vector<std::unique_ptr<Layer>> layers;
  layers.push_back(std::make_unique<Conv>(classic ? 6 : 20, 2, active));
  layers.push_back(std::make_unique<Pool>(pooling));
  layers.push_back(std::make_unique<Conv>(classic ? 16 : 50, classic ? 0 : 2, active));
  layers.push_back(std::make_unique<Pool>(pooling));
  layers.push_back(std::make_unique<Dense>(classic ? 120 : 500, active));
  if (classic) layers.push_back(std::make_unique<Dense>(84, active));
  layers.push_back(std::make_unique<Dense>(10, none));
  return layers;
}

}  // namespace longhand::bench::onednn
