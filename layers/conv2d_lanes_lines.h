// Winograd's convolution along lines in Layout::lanes, for kernels of 3 to 5 columns that move by
// one: conv2d_line_winograd.h has the formula and its sources. With a vector of 16 images in the
// place of each number,
//
//   M[point] = U[point] * V[point]     and     dU[point] += (A dy)[point] * V[point]
//
// are the two sums of core/lanes.h with pairs of outputs for places, and (kh, ci) for taps. The
// second is the gradient of the first: dw = G^T dU, because w = ... (it is linear in w).
#pragma once

#include <cstdint>
#include <vector>

#include "layers/conv2d.h"
#include "layers/conv2d_line_weights.h"

namespace longhand::fast::lanes {

// Whether the convolution of this geometry is faster by points than by taps.
bool lines_pay_forward(const Conv2dGeometry& g);
bool lines_pay_backward_data(const Conv2dGeometry& g);
bool lines_pay_backward_weights(const Conv2dGeometry& g);

struct LineColumns;
// The columns of x that the pairs of outputs see.
LineColumns seen_columns(const Conv2dGeometry& g);

// Forward, y = b + w * x, or backward by data, dx = w^T * dy, row by row. Backward transposes every
// step of forward: dx = B [U (A dy)]. prepare_...() comes first, and again when w may have changed.
// rows() may then run on several threads.
class LineRows {
 public:
  void prepare_forward(const Conv2dGeometry& g, const real* w);
  void prepare_backward(const Conv2dGeometry& g, const real* w);
  // The rows [first, end) of one block's y or dx, from the whole of its x or dy. `b` may be null,
  // and backward must be.
  void rows(const real* from, const real* b, int first, int end, real* to) const;

 private:
  void prepare(const Conv2dGeometry& g, const real* w);
  void find_offsets();
  void transform_kernels(const real* w);
  void make_row(const real* from, int row, real* v) const;
  void finish_row(const real* m, int row, int channel, real* to) const;
  int window() const { return (kernel_.h - 1) * dilation_ + 1; }  // rows that a row is made of

  bool backward_ = false;
  Conv2dGeometry g_;
  Shape from_, to_, kernel_;  // of one image; kernel_ is [to, from, kh, kw] of a group
  int above_ = 0;             // the first of the rows that row 0 is made of is row -above_
  int dilation_ = 1, pairs_ = 0;
  std::int64_t v_channel_ = 0, v_point_ = 0;  // from one channel, and one point, to the next
  std::vector<std::int64_t> offsets_;         // of V: [first row % window][kh][channel]
  std::vector<real> u_;                       // [group][point][kh][from channel][to channel]
  std::vector<real> by_element_;              // for transform_kernels()
  std::vector<real> last_w_;                  // what u_ was made of
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
  void add_channels(const real* v, const real* dy, int first_block, int blocks, int co,
                    int channels, real* dw) const;

  Conv2dGeometry g_;
  int pairs_ = 0;
  std::vector<std::int64_t> offsets_, sum_offsets_;
  std::vector<int> first_row_, end_row_;
};

}  // namespace longhand::fast::lanes
