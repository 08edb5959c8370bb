// The dense layer's three sums are three products of matrices:
//   y [N, out] = x [N, in] w^T,   dx [N, in] = dy [N, out] w,   dw [out, in] += dy^T x
// In Layout::nchw that is gemm; in Layout::lanes, where 16 images stand side by side in a vector,
// core/lanes.h does the same sums without moving them. Threads share the outputs or the inputs: so
// each reads, or writes, its own part of w, which is often the largest of the matrices.
#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/elementwise.h"
#include "core/gemm.h"
#include "core/lanes.h"
#include "core/parallel.h"
#include "core/scratch.h"
#include "layers/dense.h"

namespace longhand::fast {

namespace {

// The grain of `count` outputs, inputs or groups of weights.
std::int64_t grain_of(const DenseGeometry& g, std::int64_t count) {
  return grain_of_work(count, std::int64_t{lane_blocks(g.n) * lane_count} * g.in * g.out);
}

// Where the features of a block lie: 0, 16, 32, ...
const std::int64_t* feature_offsets(int features) {
  thread_local std::vector<std::int64_t> offsets;
  while (static_cast<int>(offsets.size()) < features) {
    offsets.push_back(static_cast<std::int64_t>(offsets.size()) * lane_count);
  }
  return offsets.data();
}

void lanes_forward(const DenseGeometry& g, const real* x, const real* w, const real* b, real* y) {
  const std::int64_t* offset = feature_offsets(g.in);
  parallel_for(g.out, grain_of(g, g.out), [&](std::int64_t begin, std::int64_t end, int) {
    lanes::sum({.channels = static_cast<int>(end - begin),
                .places = lane_blocks(g.n),
                .taps = g.in,
                .offset = offset,
                .w = w + begin * g.in,
                .w_channel = g.in,
                .w_tap = 1,
                .b = b ? b + begin : nullptr,
                .x = x,
                .x_place = std::int64_t{g.in} * lane_count,
                .y = y + begin * lane_count,
                .y_channel = lane_count,
                .y_place = std::int64_t{g.out} * lane_count});
  });
}

// dx [N, in] = what outputs [o0, o1) send back.
void send_back(const DenseGeometry& g, std::int64_t o0, std::int64_t o1, const real* dy,
               const real* w, std::int64_t i0, std::int64_t i1, real* dx) {
  lanes::sum({.channels = static_cast<int>(i1 - i0),
              .places = lane_blocks(g.n),
              .taps = static_cast<int>(o1 - o0),
              .offset = feature_offsets(g.out),
              .w = w + o0 * g.in + i0,
              .w_channel = 1,
              .w_tap = g.in,
              .x = dy + o0 * lane_count,
              .x_place = std::int64_t{g.out} * lane_count,
              .y = dx + i0 * lane_count,
              .y_channel = lane_count,
              .y_place = std::int64_t{g.in} * lane_count});
}

void lanes_backward_data(const DenseGeometry& g, const real* dy, const real* w, real* dx) {
  const int pieces = parallel_pieces(g.out, grain_of(g, g.out));
  const std::int64_t size = std::int64_t{lane_blocks(g.n)} * g.in * lane_count;
  if (pieces == 1 || (pieces - 1) * g.n >= 2 * g.out) {
    parallel_for(g.in, grain_of(g, g.in), [&](std::int64_t begin, std::int64_t end, int) {
      send_back(g, 0, g.out, dy, w, begin, end, dx);
    });
    return;
  }
  real* others = scratch<struct DenseParts>((pieces - 1) * size);
  parallel_for(g.out, grain_of(g, g.out), [&](std::int64_t begin, std::int64_t end, int piece) {
    send_back(g, begin, end, dy, w, 0, g.in, piece == 0 ? dx : others + (piece - 1) * size);
  });
  for (int piece = 1; piece < pieces; ++piece) {
    elementwise(Add{}, elementwise_grain / 8, size, dx, dx, others + (piece - 1) * size);
  }
}

void lanes_backward_weights(const DenseGeometry& g, const real* x, const real* dy, real* dw) {
  parallel_for(g.out, grain_of(g, g.out), [&](std::int64_t begin, std::int64_t end, int) {
    lanes::add_outer_products({.images = g.n,
                               .in = g.in,
                               .out = g.out,
                               .o0 = static_cast<int>(begin),
                               .o1 = static_cast<int>(end),
                               .x = x,
                               .dy = dy,
                               .dw = dw});
  });
}

}  // namespace

void dense_forward(const DenseGeometry& g, const real* x, const real* w, const real* b, real* y) {
  if (g.layout == Layout::lanes) return lanes_forward(g, x, w, b, y);
  if (b) {
    for (std::int64_t n = 0; n < g.n; ++n) std::copy_n(b, g.out, y + n * g.out);
  }
  gemm({.m = g.n, .n = g.out, .k = g.in, .transpose_b = true, .accumulate = b != nullptr}, x, w, y);
}

void dense_backward_data(const DenseGeometry& g, const real* dy, const real* w, real* dx) {
  if (g.layout == Layout::lanes) return lanes_backward_data(g, dy, w, dx);
  gemm({.m = g.n, .n = g.in, .k = g.out}, dy, w, dx);
}

void dense_backward_weights(const DenseGeometry& g, const real* x, const real* dy, real* dw) {
  if (g.layout == Layout::lanes) return lanes_backward_weights(g, x, dy, dw);
  gemm({.m = g.out, .n = g.in, .k = g.n, .transpose_a = true, .accumulate = true}, dy, x, dw);
}

int dense_weight_shares(const DenseGeometry& g) {
  return g.layout == Layout::lanes ? parallel_pieces(g.out, grain_of(g, g.out)) : 1;
}

void dense_backward_bias(const DenseGeometry& g, const real* dy, real* db) {
  if (g.layout == Layout::lanes) return lanes::add_sums(g.out, lane_blocks(g.n), 1, dy, db);
  ref::dense_backward_bias(g, dy, db);
}

}  // namespace longhand::fast
