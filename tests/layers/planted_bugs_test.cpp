// The checks checked: layers with a bug each, of the kinds that hand-written gradients have. Every
// one must be rejected, and the same layers without the bug must pass.
#include <doctest/doctest.h>

#include <functional>
#include <limits>

#include "core/error.h"
#include "layers/conv2d.h"
#include "layers/max_pool2d.h"
#include "tests/support/checks.h"

using namespace longhand;

namespace {

enum class Bug {
  none,
  stride_ignored_in_backward_data,
  padding_ignored_in_backward_weights,
  dilation_ignored_in_backward_weights,
  kernel_flipped_in_backward_data,
  rows_and_columns_swapped_in_backward_weights,
  group_ignored_in_backward_data,
  bias_gradient_of_first_image_only,
  bias_gradient_of_first_place_only,
  weight_gradient_assigned,
  weight_gradient_averaged_over_batch,
  weight_gradient_one_percent_off,
  dx_not_overwritten,
  dx_zero,
  dx_nan_in_one_place,
  y_not_overwritten,
  last_column_left_out_on_cpu,
  order_not_checked,
};

// A convolution with stride 2x1, padding 1, dilation 1x2 and 2 groups in plain loops of its own,
// and the bug.
class BuggyConv2d : public Layer {
 public:
  explicit BuggyConv2d(Bug bug) : bug_(bug), w_("weight", {4, 2, 3, 2}, 4), b_("bias", {4}, 1) {}

  std::string describe() const override { return "buggy conv2d"; }
  std::vector<Param*> params() override { return {&w_, &b_}; }
  Shape output_shape(const Shape& x) const override { return geometry(x).y; }

  const Tensor& forward(const Tensor& x) override {
    begin_forward(x);
    const Conv2dGeometry g = geometry(x.shape());
    const Tensor before = y_;
    ref::conv2d_forward(g, x.data(), w_.value.data(), b_.value.data(), y_.data());
    if (bug_ == Bug::y_not_overwritten && !before.empty()) {
      for (std::int64_t i = 0; i < y_.size(); ++i) y_[i] += before[i];
    }
    if (bug_ == Bug::last_column_left_out_on_cpu && device() == Device::cpu) {
      y_.at(0, 0, 0, y_.shape().w - 1) = 0;
    }
    x_ = &x;
    return y_;
  }

  const Tensor& backward(const Tensor& dy) override {
    if (bug_ == Bug::order_not_checked) {
      if (x_ == nullptr) return dx_;
      dx_.resize(x_->shape());
    } else {
      begin_backward(dy);
    }
    const Tensor& x = *x_;
    const Conv2dGeometry g = geometry(x.shape());
    if (bug_ != Bug::dx_not_overwritten) dx_.fill(0);
    if (bug_ == Bug::weight_gradient_assigned) w_.grad.fill(0);
    for (int n = 0; n < g.y.n; ++n) {
      for (int co = 0; co < g.y.c; ++co) {
        for (int oh = 0; oh < g.y.h; ++oh) {
          for (int ow = 0; ow < g.y.w; ++ow) backward_window(g, x, dy, n, co, oh, ow);
        }
      }
    }
    if (bug_ == Bug::dx_zero) dx_.fill(0);
    if (bug_ == Bug::dx_nan_in_one_place) {
      dx_.at(0, 0, 0, 0) = std::numeric_limits<real>::quiet_NaN();
    }
    return dx_;
  }

 private:
  Conv2dGeometry geometry(const Shape& x) const {
    const Window window{
        .kernel = {3, 2}, .stride = {2, 1}, .padding = Padding::all(1), .dilation = {1, 2}};
    return conv2d_geometry(x, w_.value.shape(), window, 2);
  }

  // What one element of dy adds to dx, dw and db.
  void backward_window(const Conv2dGeometry& g, const Tensor& x, const Tensor& dy, int n, int co,
                       int oh, int ow) {
    const real d = dy.at(n, co, oh, ow);
    const int first = co / (g.y.c / g.groups) * g.w.c;
    for (int ci = 0; ci < g.w.c; ++ci) {
      for (int kh = 0; kh < g.w.h; ++kh) {
        for (int kw = 0; kw < g.w.w; ++kw) {
          add_to_dx(g, d, n, co, ci, first, oh, ow, kh, kw);
          add_to_dw(g, x, d, n, co, ci, first, oh, ow, kh, kw);
        }
      }
    }
    const bool counts = (bug_ != Bug::bias_gradient_of_first_image_only || n == 0) &&
                        (bug_ != Bug::bias_gradient_of_first_place_only || (oh == 0 && ow == 0));
    if (counts) b_.grad[co] += d;
  }

  void add_to_dx(const Conv2dGeometry& g, real d, int n, int co, int ci, int first, int oh, int ow,
                 int kh, int kw) {
    const int stride = bug_ == Bug::stride_ignored_in_backward_data ? 1 : g.stride_h;
    const int ih = oh * stride - g.padding_top + kh * g.dilation_h;
    const int iw = ow * g.stride_w - g.padding_left + kw * g.dilation_w;
    if (!inside(g.x, ih, iw)) return;
    const bool flipped = bug_ == Bug::kernel_flipped_in_backward_data;
    const real weight =
        w_.value.at(co, ci, flipped ? g.w.h - 1 - kh : kh, flipped ? g.w.w - 1 - kw : kw);
    const int channel = bug_ == Bug::group_ignored_in_backward_data ? ci : first + ci;
    dx_.at(n, channel, ih, iw) += d * weight;
  }

  void add_to_dw(const Conv2dGeometry& g, const Tensor& x, real d, int n, int co, int ci, int first,
                 int oh, int ow, int kh, int kw) {
    const int padding = bug_ == Bug::padding_ignored_in_backward_weights ? 0 : g.padding_top;
    const int dilation = bug_ == Bug::dilation_ignored_in_backward_weights ? 1 : g.dilation_w;
    int ih = oh * g.stride_h - padding + kh * g.dilation_h;
    int iw = ow * g.stride_w - g.padding_left + kw * dilation;
    if (bug_ == Bug::rows_and_columns_swapped_in_backward_weights) std::swap(ih, iw);
    if (!inside(g.x, ih, iw)) return;
    real scale = 1;
    if (bug_ == Bug::weight_gradient_averaged_over_batch)
      scale = real(1) / static_cast<real>(g.x.n);
    if (bug_ == Bug::weight_gradient_one_percent_off) scale = real(1.01);
    w_.grad.at(co, ci, kh, kw) += scale * d * x.at(n, first + ci, ih, iw);
  }

  Bug bug_;
  Param w_, b_;
  const Tensor* x_ = nullptr;
};

enum class PoolBug { none, winner_is_the_first, winners_assigned, dx_not_cleared };

// Overlapping 3x3 max-pooling, stride 2, with the bug in its backward.
class BuggyMaxPool2d : public Layer {
 public:
  explicit BuggyMaxPool2d(PoolBug bug) : bug_(bug) {}
  std::string describe() const override { return "buggy max_pool2d"; }
  Shape output_shape(const Shape& x) const override { return inner_.output_shape(x); }

  const Tensor& forward(const Tensor& x) override {
    begin_forward(x);
    y_ = inner_.forward(x);
    return y_;
  }

  const Tensor& backward(const Tensor& dy) override {
    const Tensor& x = begin_backward(dy);
    if (bug_ != PoolBug::dx_not_cleared) dx_.fill(0);
    for (std::int64_t i = 0; i < dy.size(); ++i) {
      const std::int64_t plane = i / (dy.shape().h * dy.shape().w);
      const int winner =
          bug_ == PoolBug::winner_is_the_first ? 0 : inner_.argmax()[static_cast<std::size_t>(i)];
      real& target = dx_[plane * x.shape().h * x.shape().w + winner];
      target = bug_ == PoolBug::winners_assigned ? dy[i] : target + dy[i];
    }
    return dx_;
  }

 private:
  PoolBug bug_;
  MaxPool2d inner_{3, 2};
};

enum class LanesBug {
  none,
  last_partial_block_left_out,
  garbage_in_dx_of_no_image,
  nan_in_y_of_no_image,
  neighbouring_image_taken,
  lanes_on_reference,
};

// y = 3 x, dx = 3 dy, with the bug in its way through lanes.
class BuggyTriple : public Layer {
 public:
  explicit BuggyTriple(LanesBug bug) : bug_(bug) {}
  std::string describe() const override { return "buggy triple"; }
  Shape output_shape(const Shape& x) const override { return x; }
  bool takes_lanes() const override { return true; }

  const Tensor& forward(const Tensor& x) override {
    if (bug_ == LanesBug::lanes_on_reference && device() == Device::reference &&
        x.layout() == Layout::lanes) {
      return y_ = x;
    }
    begin_forward(x);
    triple(x, y_);
    const int n = x.shape().n;
    if (bug_ == LanesBug::nan_in_y_of_no_image && in_partial_block(x)) {
      y_[at(x.shape(), Layout::lanes, n, 0, 0, 0)] = std::numeric_limits<real>::quiet_NaN();
    }
    return y_;
  }

  const Tensor& backward(const Tensor& dy) override {
    begin_backward(dy);
    triple(dy, dx_);
    const int n = dy.shape().n;
    if (bug_ == LanesBug::garbage_in_dx_of_no_image && in_partial_block(dy)) {
      dx_[at(dy.shape(), Layout::lanes, n, 0, 0, 0)] = 1;
    }
    return dx_;
  }

 private:
  static bool in_partial_block(const Tensor& x) {
    return x.layout() == Layout::lanes && x.shape().n % lane_count != 0;
  }
  void triple(const Tensor& from, Tensor& to) const {
    std::int64_t end = from.stored();
    if (bug_ == LanesBug::last_partial_block_left_out && in_partial_block(from)) {
      end = end / lane_blocks(from.shape().n) * (lane_blocks(from.shape().n) - 1);
    }
    for (std::int64_t i = 0; i < end; ++i) to[i] = 3 * from[i];
    if (bug_ == LanesBug::neighbouring_image_taken && from.layout() == Layout::lanes) {
      to[0] = 3 * from[1];
    }
  }

  LanesBug bug_;
};

// Every objection of every check.
std::vector<std::string> objections(const std::function<std::unique_ptr<Layer>()>& make,
                                    const Shape& x) {
  const LayerCase c{"buggy", "planted", x, make};
  std::vector<std::string> all = test::check_parity(c);
  for (const std::string& line : test::check_contract(c, Device::reference)) all.push_back(line);
  if (sizeof(real) == sizeof(double)) {
    for (const std::string& line : test::check_gradient(c, Device::reference)) all.push_back(line);
  }
  return all;
}

std::vector<std::string> objections(Bug bug) {
  return objections([=] { return std::make_unique<BuggyConv2d>(bug); }, {3, 4, 7, 6});
}

std::vector<std::string> objections(PoolBug bug) {
  return objections([=] { return std::make_unique<BuggyMaxPool2d>(bug); }, {2, 2, 7, 7});
}

std::vector<std::string> objections(LanesBug bug) {
  return test::check_lanes(
      {"buggy", "planted", {19, 2, 3, 3}, [=] { return std::make_unique<BuggyTriple>(bug); }});
}

bool mention(const std::vector<std::string>& lines, const std::string& words) {
  for (const std::string& line : lines) {
    if (line.find(words) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("without a bug nobody objects") {
  for (const std::string& line : objections(Bug::none)) FAIL_CHECK(line);
  for (const std::string& line : objections(PoolBug::none)) FAIL_CHECK(line);
  for (const std::string& line : objections(LanesBug::none)) FAIL_CHECK(line);
  CHECK(objections(Bug::none).empty());
}

TEST_CASE("bugs of memory, order and devices are rejected in every build") {
  CHECK(mention(objections(Bug::weight_gradient_assigned), "grad of param 0"));
  CHECK(mention(objections(Bug::dx_not_overwritten), "dx, twice over garbage"));
  CHECK(mention(objections(Bug::dx_nan_in_one_place), "(n, c, h, w) = (0, 0, 0, 0)"));
  CHECK(mention(objections(Bug::dx_zero), "all 504 expected elements are zero"));
  CHECK(mention(objections(Bug::y_not_overwritten), "y, twice over garbage"));
  CHECK(mention(objections(Bug::last_column_left_out_on_cpu), "y, cpu with 1 threads"));
  CHECK(mention(objections(Bug::order_not_checked), "backward before forward was accepted"));
  CHECK(mention(objections(Bug::order_not_checked), "a second backward"));
  CHECK(mention(objections(PoolBug::dx_not_cleared), "dx, twice over garbage"));
}

TEST_CASE("bugs that only lanes show are rejected in every build") {
  CHECK(mention(objections(LanesBug::last_partial_block_left_out), "y, cpu with 1 threads"));
  CHECK(mention(objections(LanesBug::last_partial_block_left_out), "dx, cpu with 1 threads"));
  CHECK(mention(objections(LanesBug::garbage_in_dx_of_no_image), "dx holds 1.0"));
  CHECK(mention(objections(LanesBug::garbage_in_dx_of_no_image), "which stands for no image"));
  CHECK(mention(objections(LanesBug::nan_in_y_of_no_image), "y holds nan"));
  CHECK(mention(objections(LanesBug::neighbouring_image_taken), "(n, c, h, w) = (0, 0, 0, 0)"));
  CHECK(mention(objections(LanesBug::lanes_on_reference), "an x in lanes on Device::reference"));
}

// The double build's work: doctest counts it as skipped in the float build.
TEST_CASE("wrong formulas are rejected by the gradient check" *
          doctest::skip(sizeof(real) != sizeof(double))) {
  for (const Bug bug : {Bug::stride_ignored_in_backward_data, Bug::kernel_flipped_in_backward_data,
                        Bug::group_ignored_in_backward_data, Bug::dx_not_overwritten, Bug::dx_zero,
                        Bug::dx_nan_in_one_place}) {
    INFO("conv2d bug " << static_cast<int>(bug));
    CHECK(mention(objections(bug), "gradient of x: "));
    CHECK_FALSE(mention(objections(bug), "gradient of weight"));
  }
  for (const Bug bug :
       {Bug::padding_ignored_in_backward_weights, Bug::dilation_ignored_in_backward_weights,
        Bug::rows_and_columns_swapped_in_backward_weights, Bug::weight_gradient_assigned,
        Bug::weight_gradient_averaged_over_batch, Bug::weight_gradient_one_percent_off}) {
    INFO("conv2d bug " << static_cast<int>(bug));
    CHECK(mention(objections(bug), "gradient of weight: "));
    CHECK_FALSE(mention(objections(bug), "gradient of x"));
  }
  for (const Bug bug :
       {Bug::bias_gradient_of_first_image_only, Bug::bias_gradient_of_first_place_only}) {
    INFO("conv2d bug " << static_cast<int>(bug));
    CHECK(mention(objections(bug), "gradient of bias: "));
  }
  for (const PoolBug bug :
       {PoolBug::winner_is_the_first, PoolBug::winners_assigned, PoolBug::dx_not_cleared}) {
    INFO("max_pool2d bug " << static_cast<int>(bug));
    CHECK(mention(objections(bug), "gradient of x: "));
  }
}
