// BlockLayer: what a layer must offer to be fused with the convolution before it.
#pragma once

#include "core/layer.h"
#include "core/layout.h"
#include "core/real.h"
#include "core/shape.h"

namespace longhand {

// A Sequential that fuses (Sequential::fuse) runs such a layer block by block: on 16 images in
// Layout::lanes that have just been computed and are still in the cache. The layer gets the memory
// of one block of x, y, dy and dx; `x` is the shape of the whole batch.
class BlockLayer : public Layer {
 public:
  // Whether y may be the same memory as x, and dx as dy.
  virtual bool in_place() const = 0;
  // Called before the first block of a batch.
  virtual void prepare_blocks(const Shape& x) { static_cast<void>(x); }
  virtual void forward_block(const Shape& x, int block, const real* x_block, real* y_block) = 0;
  virtual void backward_block(const Shape& x, int block, const real* y_block, const real* dy_block,
                              real* dx_block) = 0;
};

// The numbers of one block.
inline std::int64_t block_size(const Shape& shape) {
  return Shape{lane_count, shape.c, shape.h, shape.w}.size();
}

}  // namespace longhand
