// Batches: a data set's images in random order, a batch of them at a time.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/random.h"
#include "core/tensor.h"
#include "datasets/dataset.h"

namespace longhand {

// How a byte becomes the network's input: x = (byte / 255 - mean) / deviation. As it stands, black
// is 0 and white is 1.
struct Scaling {
  real mean = 0;
  real deviation = 1;
};

// One epoch after another:
//
//   Batches batches(data, 64, {}, &random);
//   for (int epoch = 0; epoch < epochs; ++epoch) {
//     batches.start();
//     while (batches.next()) train(batches.x(), batches.labels());
//   }
//
// Every image comes once an epoch; the last batch has what is left. The same seed gives the same
// order. All memory is taken by the constructor.
class Batches {
 public:
  // Keeps pointers: data and random must outlive it. Without random the order is the data's.
  // ValueError for a batch below 1, a deviation that is not above 0, no images, or pixels that are
  // not as many as shape and labels say.
  Batches(const Dataset& data, int batch, const Scaling& scaling = {}, Random* random = nullptr);

  // x() is from now on in that device's memory. For Device::cuda the whole data set is copied there
  // once, and the order of the images at each start(); a kernel then puts the batches together.
  void to(Device device);

  // A new epoch in a new order, which depends on the state of random alone.
  void start();

  // Makes x() and labels() the next batch; false when the epoch is over. OrderError before start.
  bool next();

  const Tensor& x() const { return x_; }  // count() x C x H x W
  std::span<const int> labels() const { return {labels_.data(), used_}; }
  int count() const { return static_cast<int>(used_); }  // images in this batch
  int batches() const;                                   // in an epoch

 private:
  const Dataset* data_;
  std::size_t batch_;
  Random* random_;
  std::array<real, 256> scaled_;  // what each byte becomes
  std::vector<int> order_;        // the images of this epoch, by their places in the data
  std::size_t position_ = 0;      // how many of them have been given
  bool started_ = false;
  Tensor x_;
  std::vector<int> labels_;
  std::size_t used_ = 0;

  // What Device::cuda has of the above in its memory.
  Device device_ = Device::reference;
  Buffer<std::uint8_t> pixels_there_{Memory::cuda};
  Buffer<int> order_there_{Memory::cuda};
  Buffer<real> scaled_there_{Memory::cuda};
};

}  // namespace longhand
