// Winograd's convolution along lines in Layout::lanes, for kernels of 3 to 5 columns: the formula
// and its sources are in conv2d_line_winograd.h. With a vector of 16 images in the place of each
// number, its three directions, for each point,
//
//   M = U V         U = G w      V = B^T x    y = A^T M      forward
//   dV = U^T dM     dM = A dy                 dx += B dV     backward by data
//   dU += dM V^T                              dw = G^T dU    backward by weights
//
// are the sums of core/lanes.h: places are pairs of outputs, taps are (kh, channel). As every step
// of forward is linear, its gradient is the transposed matrix.
#pragma once

#include <cstdint>
#include <vector>

#include "layers/conv2d.h"

namespace longhand::fast::lanes {

// Whether it can compute this convolution: 3 to 5 columns, which lie side by side, and a stride
// of 1.
bool lines_compute(const Conv2dGeometry& g);

// And whether that takes fewer operations than the sums over all taps of the window.
bool lines_pay_forward(const Conv2dGeometry& g);
bool lines_pay_backward_data(const Conv2dGeometry& g);
bool lines_pay_backward_weights(const Conv2dGeometry& g);

// Forward, y = b + w * x, or backward by data, dx = w^T * dy, row by row. One of prepare_...()
// comes first, and again when w may have changed. rows() may then run on several threads.
class LineRows {
 public:
  void prepare_forward(const Conv2dGeometry& g, const real* w);
  void prepare_backward(const Conv2dGeometry& g, const real* w);
  // The rows [first, end) of one block's y (dx), from the whole of its x (dy). b may be null, and
  // must be backward.
  void rows(const real* from, const real* b, int first, int end, real* to) const;

 private:
  void prepare(const Conv2dGeometry& g, const real* w);
  void find_offsets();
  void transform_kernels(const real* w);
  void to_points(const real* from, int row, real* v) const;
  void from_points(const real* m, int row, int channel, real* to) const;
  int window() const { return (kernel_.h - 1) * dilation_ + 1; }  // rows that a row is made of

  bool backward_ = false;
  Conv2dGeometry g_;
  Shape from_, to_, kernel_;  // x and y (dy and dx); kernel_ is [to, from, kh, kw] of a group
  int above_ = 0;             // row 0 is made of the rows -above_, -above_ + dilation_, ...
  int dilation_ = 1, pairs_ = 0;
  // V (dM) of the last rows: [point][channel][row % window][pair]. Distances from one channel, and
  // one point, to the next; and where the taps lie, [first row % window][kh][channel].
  std::int64_t v_channel_ = 0, v_point_ = 0;
  std::vector<std::int64_t> offsets_;
  std::vector<real> u_;           // [group][point][kh][from channel][to channel]
  std::vector<real> by_element_;  // w, for transform_kernels()
  std::vector<real> last_w_;      // what u_ was made of
};

// dw += dy * x.
class LineSums {
 public:
  void prepare(const Conv2dGeometry& g);
  // Adds what `blocks` blocks of x and dy, one behind the other, give to the weights of the output
  // channels [first_channel, end_channel).
  void add(const real* x, const real* dy, int blocks, int first_channel, int end_channel,
           real* dw) const;

 private:
  void add_channels(const real* v, const real* dy, int blocks, int co, int channels,
                    real* dw) const;

  Conv2dGeometry g_;
  int pairs_ = 0;
  std::vector<std::int64_t> offsets_;     // of V, from the window's first row: [kh][ci]
  std::vector<std::int64_t> du_offsets_;  // in dU [ci][kh], the same
  std::vector<int> first_row_, end_row_;  // for each kh, the rows of y whose x is in the image
};

}  // namespace longhand::fast::lanes
