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

FusedConv::FusedConv(Conv2d& conv, std::vector<BlockLayer*> rest)
    : conv_(conv), rest_(std::move(rest)), shapes_(rest_.size() + 1), y_(rest_.size()) {}

bool FusedConv::runs(const Tensor& x) const {
  return conv_.device() == Device::cpu && x.layout() == Layout::lanes &&
         lane_blocks(x.shape().n) >= threads() &&
         !fast::is_dense(conv_.geometry(x.shape(), Layout::lanes));
}

const Tensor& FusedConv::forward(const Tensor& x) {
  const Conv2dGeometry g = conv_.geometry(x.shape(), Layout::lanes);
  shapes_[0] = g.y;
  for (std::size_t i = 0; i < rest_.size(); ++i) {
    shapes_[i + 1] = rest_[i]->output_shape(shapes_[i]);
    y_[i].resize(shapes_[i + 1], Layout::lanes);
    rest_[i]->prepare_blocks(shapes_[i]);
  }
  x_ = &x;
  x_shape_ = x.shape();
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

// (The words are put together only when they are needed: a step allocates nothing.)
void FusedConv::refuse_backward(const Tensor& dy) const {
  const std::string what = conv_.describe() + " (fused)";
  if (!fresh_) {
    throw OrderError(what + ": backward needs a forward first, and a new one each time");
  }
  require_same_shape(what, "the gradient dy", dy.shape(), "the output y", shapes_.back());
  require_same_shape(what, "the input x now", x_->shape(), "at forward it", x_shape_);
  throw ShapeError(what + ": dy lies in memory as " + to_string(dy.layout()) + ", but y as lanes");
}

// One block's gradient from the last of the rest to the convolution's output. From the first layer
// on, those that can work in place do it in conv_dy; the others take two pieces of memory in turns.
void FusedConv::rest_backward(int block, const Tensor& dy, real* conv_dy, std::int64_t largest) {
  std::size_t in_place = 0;
  while (in_place < rest_.size() && rest_[in_place]->in_place()) ++in_place;
  real* memory[2] = {scratch<struct FusedGradient>(largest),
                     scratch<struct FusedOtherGradient>(largest)};
  const real* from = dy.data() + block * block_size(shapes_.back());
  for (std::size_t i = rest_.size(); i-- > 0;) {
    real* to = i <= in_place ? conv_dy : memory[i % 2];
    rest_[i]->backward_block(shapes_[i], block, y_[i].data() + block * block_size(shapes_[i + 1]),
                             from, to);
    from = to;
  }
}

const Tensor& FusedConv::backward(const Tensor& dy) {
  if (!fresh_ || dy.shape() != shapes_.back() || x_->shape() != x_shape_ ||
      dy.layout() != Layout::lanes) {
    refuse_backward(dy);
  }
  fresh_ = false;
  const Conv2dGeometry g = conv_.geometry(x_shape_, Layout::lanes);
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
  // So many blocks at a time that their gradients stay in the cache: the sums over their weights
  // are added up over lanes once for all of them.
  constexpr std::int64_t cache = (1 << 19) / sizeof(real);
  const std::int64_t conv_block = block_size(g.y);
  const int at_once = static_cast<int>(std::max<std::int64_t>(1, cache / conv_block));
  fast::lanes::add_over_blocks(
      lane_blocks(g.x.n), grads_.size(), grads_.data(), [&](int begin, int end, real* sums) {
        real* conv_dy =
            scratch<struct FusedConvGradient>(conv_block * std::min(at_once, end - begin));
        for (int first = begin; first < end; first += at_once) {
          const int last = std::min(first + at_once, end);
          for (int block = first; block < last; ++block) {
            rest_backward(block, dy, conv_dy + (block - first) * conv_block, largest);
          }
          weights_.add(x_->data() + first * block_size(g.x), conv_dy, last - first, 0, g.y.c, sums);
          if (bias_size > 0) {
            fast::lanes::add_sums(g.y.c, last - first, std::int64_t{g.y.h} * g.y.w, conv_dy,
                                  sums + g.w.size());
          }
          for (int block = first; block < last && wants_dx; ++block) {
            data_.rows(conv_dy + (block - first) * conv_block, 0, g.x.h,
                       dx_.data() + block * block_size(g.x));
          }
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
