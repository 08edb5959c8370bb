#include "layers/fused_conv.h"

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "core/lanes.h"
#include "core/parallel.h"
#include "core/scratch.h"
#include "layers/conv2d_fast.h"

namespace longhand {

namespace {

void add_grads(const real* sums, Tensor& grad) {
  for (std::int64_t i = 0; i < grad.size(); ++i) grad[i] += sums[i];
}

}  // namespace

FusedConv::FusedConv(Conv2d& conv, std::vector<BlockLayer*> rest,
                     std::vector<const Layer*> rest_layers)
    : conv_(conv),
      rest_(std::move(rest)),
      rest_layers_(std::move(rest_layers)),
      shapes_(rest_.size() + 1),
      y_(rest_.size()) {}

bool FusedConv::pays(const Shape& x) const {
  return conv_.device() == Device::cpu && lane_blocks(x.n) >= threads() &&
         !fast::is_dense(conv_.geometry(x, Layout::lanes));
}

const Tensor& FusedConv::forward(const Tensor& x) {
  const Conv2dGeometry g = conv_.geometry(x.shape(), Layout::lanes);
  shapes_[0] = g.y;
  for (std::size_t i = 0; i < rest_.size(); ++i) {
    shapes_[i + 1] = rest_layers_[i]->output_shape(shapes_[i]);
    y_[i].resize(shapes_[i + 1], Layout::lanes);
    rest_[i]->prepare_blocks(shapes_[i]);
  }
  x_ = &x;
  fresh_ = true;

  const real* b = conv_.has_bias() ? conv_.bias().value.data() : nullptr;
  forward_.prepare(g, conv_.weight().value.data());
  parallel_for(lane_blocks(g.x.n), 1, [&](std::int64_t begin, std::int64_t end, int) {
    for (int block = static_cast<int>(begin); block < static_cast<int>(end); ++block) {
      // The convolution writes where the next layer works in place, or else into scratch memory.
      real* conv_y = rest_[0]->in_place() ? y_[0].data() + block * block_size(shapes_[0])
                                          : scratch<struct FusedConvOutput>(block_size(shapes_[0]));
      forward_.rows(x.data() + block * block_size(g.x), b, 0, g.y.h, conv_y);
      const real* from = conv_y;
      for (std::size_t i = 0; i < rest_.size(); ++i) {
        real* y = y_[i].data() + block * block_size(shapes_[i + 1]);
        rest_[i]->forward_block(shapes_[i], block, from, y);
        from = y;
      }
    }
  });
  return y_.back();
}

const Tensor& FusedConv::backward(const Tensor& dy) {
  if (!fresh_) {
    throw OrderError(conv_.describe() +
                     " (fused): backward needs a forward first, and a new one each time");
  }
  if (dy.shape() != shapes_.back()) {
    require_same_shape(conv_.describe() + " (fused)", "the gradient dy", dy.shape(), "the output y",
                       shapes_.back());
  }
  fresh_ = false;
  const Conv2dGeometry g = conv_.geometry(x_->shape(), Layout::lanes);
  const bool wants_dx = conv_.gives_input_gradient();
  if (wants_dx) {
    dx_.resize(g.x, Layout::lanes);
    data_.prepare(g, conv_.weight().value.data());
  } else if (!dx_.empty()) {
    dx_ = Tensor();
  }
  weights_.prepare(g);

  // A thread sums the gradients of the weights and, behind them, of the bias.
  const std::int64_t bias_size = conv_.has_bias() ? g.y.c : 0;
  grads_.resize({1, 1, 1, static_cast<int>(g.w.size() + bias_size)});
  grads_.fill(0);
  std::int64_t largest = 0;
  for (const Shape& shape : shapes_) largest = std::max(largest, block_size(shape));
  fast::lanes::add_over_blocks(
      lane_blocks(g.x.n), grads_.size(), grads_.data(), [&](int begin, int end, real* sums) {
        // Two pieces of memory in turns, for layers that cannot work in place.
        real* memory[2] = {scratch<struct FusedGradient>(largest),
                           scratch<struct FusedOtherGradient>(largest)};
        for (int block = begin; block < end; ++block) {
          const real* from = dy.data() + block * block_size(shapes_.back());
          int turn = 0;
          for (std::size_t i = rest_.size(); i-- > 0;) {
            const bool owned = i + 1 < rest_.size();  // `from` is ours to overwrite
            if (!owned || !rest_[i]->in_place()) turn = 1 - turn;
            rest_[i]->backward_block(shapes_[i], block,
                                     y_[i].data() + block * block_size(shapes_[i + 1]), from,
                                     memory[turn]);
            from = memory[turn];
          }
          const real* x = x_->data() + block * block_size(g.x);
          weights_.add(x, from, 1, sums);
          if (bias_size > 0) {
            fast::lanes::add_sums(g.y.c, 1, std::int64_t{g.y.h} * g.y.w, from, sums + g.w.size());
          }
          if (wants_dx) data_.rows(from, 0, g.x.h, dx_.data() + block * block_size(g.x));
        }
      });
  add_grads(grads_.data(), conv_.weight().grad);
  if (bias_size > 0) add_grads(grads_.data() + g.w.size(), conv_.bias().grad);
  return dx_;
}

std::int64_t FusedConv::activation_bytes() const {
  std::int64_t bytes = dx_.bytes();
  for (const Tensor& y : y_) bytes += y.bytes();
  return bytes;
}

}  // namespace longhand
