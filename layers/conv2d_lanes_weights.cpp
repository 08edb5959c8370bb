// The convolution over lanes, backward by weights and bias: every weight sums dy * x over all
// places and images (lanes::add_products). Threads share the blocks, and their sums are added at
// the end. Where there are fewer blocks than threads, they share the output channels instead. Where
// it takes fewer operations, the sums are made along lines (conv2d_lanes_lines.h).
#include <algorithm>

#include "core/lanes.h"
#include "layers/conv2d_lanes.h"

namespace longhand::fast::lanes {

void WeightSums::prepare(const Conv2dGeometry& g) {
  if (g == g_) return;
  g_ = g;
  if (lines_pay_backward_weights(g)) return lines_.prepare(g);
  taps_.find(g, input_frame(g));
}

void WeightSums::add(const real* x, const real* dy, int blocks, int first_channel, int end_channel,
                     real* dw) const {
  constexpr std::int64_t cache = (1 << 20) / sizeof(real);  // numbers of x that stay in an L2
  const Conv2dGeometry& g = g_;
  if (lines_pay_backward_weights(g)) {
    return lines_.add(x, dy, blocks, first_channel, end_channel, dw);
  }
  const Frame frame = input_frame(g);
  const int out = g.y.c / g.groups;
  const int at_once = static_cast<int>(std::max<std::int64_t>(1, cache / frame.size()));
  const std::int64_t x_block = block_size(g.x);
  const std::int64_t dy_channel = std::int64_t{g.y.h} * g.y.w * lane_count;
  real* memory = scratch<struct PaddedInputs>(frame.plain() ? 0 : at_once * frame.size());
  for (int first = 0; first < blocks; first += at_once) {
    const int here = std::min(at_once, blocks - first);
    const real* images = x + first * x_block;
    for (int i = 0; i < here && !frame.plain(); ++i) {
      frame.fill(images + i * x_block, memory + i * frame.size());
    }
    if (!frame.plain()) images = memory;
    for (int co = first_channel; co < end_channel;) {
      const int group = co / out, channels = std::min((group + 1) * out, end_channel) - co;
      add_products({.channels = channels,
                    .groups = g.w.h,
                    .taps = g.w.c * g.w.w,
                    .run = g.dilation_w == 1 ? g.w.w : 1,
                    .offset = taps_.offsets.data(),
                    .dw_offset = taps_.w_offsets.data(),
                    .first_row = taps_.first_row.data(),
                    .end_row = taps_.end_row.data(),
                    .blocks = here,
                    .rows = g.y.h,
                    .places = g.y.w,
                    .dy = dy + (std::int64_t{first} * g.y.c + co) * dy_channel,
                    .dy_channel = dy_channel,
                    .dy_block = g.y.c * dy_channel,
                    .dy_row = std::int64_t{g.y.w} * lane_count,
                    .x = images + group * g.w.c * frame.channel_size(),
                    .x_block = frame.size(),
                    .x_first = frame.at(-g.padding_top, -g.padding_left),
                    .x_row = g.stride_h * frame.row_size(),
                    .x_place = std::int64_t{g.stride_w} * lane_count,
                    .dw = dw + std::int64_t{co} * g.w.c * g.w.h * g.w.w,
                    .dw_channel = std::int64_t{g.w.c} * g.w.h * g.w.w});
      co += channels;
    }
  }
}

void conv2d_backward_weights(const Conv2dGeometry& g, const real* x, const real* dy, real* dw) {
  thread_local WeightSums own;
  WeightSums& weights = own;  // this thread's, also in the pieces of the others
  weights.prepare(g);
  const int blocks = lane_blocks(g.x.n);
  if (blocks < threads()) {
    parallel_for(g.y.c, grain_of_work(g.y.c, multiplications(g)),
                 [&](std::int64_t begin, std::int64_t end, int) {
                   weights.add(x, dy, blocks, static_cast<int>(begin), static_cast<int>(end), dw);
                 });
    return;
  }
  add_over_blocks(blocks, g.w.size(), dw, [&](int begin, int end, real* sums) {
    weights.add(x + begin * block_size(g.x), dy + begin * block_size(g.y), end - begin, 0, g.y.c,
                sums);
  });
}

void conv2d_backward_bias(const Conv2dGeometry& g, const real* dy, real* db) {
  const std::int64_t places = std::int64_t{g.y.h} * g.y.w;
  add_over_blocks(lane_blocks(g.x.n), g.y.c, db, [&](int begin, int end, real* sums) {
    lanes::add_sums(g.y.c, end - begin, places, dy + begin * g.y.c * places * lane_count, sums);
  });
}

}  // namespace longhand::fast::lanes
