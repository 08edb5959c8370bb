// Tally: losses and right answers, added up where they are computed.
#pragma once

#include <cstdint>

#include "core/device.h"
#include "core/tensor.h"

namespace longhand {

// What batches came to, all together.
struct Totals {
  double loss = 0;          // the sum over the images
  std::int64_t images = 0;  // of all batches
  std::int64_t right =
      0;  // those whose largest score is their label's, the first where several are

  double mean_loss() const { return loss / static_cast<double>(images); }
  double accuracy() const { return static_cast<double>(right) / static_cast<double>(images); }
};

// Whoever looks at a loss on a GPU must wait for it, and the GPU then waits for its next work. So
// the tally is kept there, and looked at once in a while:
//
//   tally.add(scores, labels, loss.forward(scores, labels));  // every step
//   const Totals totals = tally.take();                       // every fiftieth
class Tally {
 public:
  // Works on that device from now on, and starts with nothing.
  void to(Device device);

  // scores: N x classes x 1 x 1; labels: N; loss: the mean over the N images, its first number. All
  // lie in the device's memory. ShapeError or DeviceError otherwise.
  void add(const Tensor& scores, const Buffer<int>& labels, const Tensor& loss);

  // All that was added since it was last taken. On Device::cuda this waits for the GPU.
  Totals take();

 private:
  Device device_ = Device::reference;
  Totals totals_;
  Buffer<Totals> totals_there_{Memory::cuda};  // Device::cuda only: one
};

struct TallyGeometry {
  int n = 1, classes = 1;
};

namespace ref {
// Adds a batch. scores: N x classes, labels: N, loss: one number.
void tally(const TallyGeometry& g, const real* scores, const int* labels, const real* loss,
           Totals* totals);
}  // namespace ref

namespace cuda {
void tally(const TallyGeometry& g, const real* scores, const int* labels, const real* loss,
           Totals* totals);
}  // namespace cuda

}  // namespace longhand
