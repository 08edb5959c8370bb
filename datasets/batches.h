// Batches: a data set's images in random order, a batch of them at a time.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/augment.h"
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
// order (core/shuffle.h) and the same moves (core/augment.h) on every device. All memory is taken
// by the constructor and by to().
class Batches {
 public:
  // Keeps pointers: data and random must outlive it. Without random the order is the data's.
  // ValueError for a batch below 1, a deviation that is not above 0, no images, pixels that are
  // not as many as shape and labels say, a shift below 0 or as large as the image, or an
  // augmentation without random.
  Batches(const Dataset& data, int batch, const Scaling& scaling = {}, Random* random = nullptr,
          const Augmentation& augmentation = {});

  // The batches are made on that device, in its memory, from the next start() on. To Device::cuda
  // the whole data set is copied once, as bytes; order, moves and batches are made there.
  void to(Device device);

  // A new epoch in a new order, with other moves, which depend on the state of random alone.
  void start();

  // Makes x() and labels() the next batch; false when the epoch is over. OrderError before start.
  bool next() {
    const bool there_is_one = advance();
    if (there_is_one) gather();
    return there_is_one;
  }

  // next() in two halves, for a step that is replayed (apps/support/replay.h). advance() is what
  // the host keeps: how many images the next batch has, and whether there is one. gather() puts
  // them together, on Device::cuda by the same launches for every batch of a size: where the batch
  // begins stands in the device's memory, and they move it on. To every advance belongs one gather;
  // OrderError for a second one.
  bool advance();
  void gather();

  const Tensor& x() const { return x_; }                        // count() x C x H x W
  const Buffer<int>& device_labels() const { return labels_; }  // count(), in the device's memory
  // The same in the host's: on Device::cuda they are copied there, and that waits for the GPU.
  std::span<const int> labels();
  int count() const { return static_cast<int>(used_); }         // images in this batch
  bool last() const { return given_ == data_->labels.size(); }  // in this epoch
  int batches() const;                                          // in an epoch

 private:
  void resize(std::size_t count);

  const Dataset* data_;
  std::size_t batch_;
  Random* random_;
  Augmentation augmentation_;
  Device device_ = Device::reference;
  std::size_t given_ = 0;  // images of this epoch, this batch's included
  std::size_t used_ = 0;   // images in this batch
  bool started_ = false;
  bool gathered_ = false;  // this batch
  bool fetched_ = false;   // its labels, from Device::cuda
  std::vector<int> host_labels_;

  // In the device's memory, but for the data set of a device that works on the host's own.
  Tensor x_;
  Buffer<int> labels_, indices_;  // of this batch
  Buffer<int> order_;             // the images of this epoch, by their places in the data
  Buffer<int> position_;          // one: how many of them have been gathered
  Buffer<std::uint64_t> keys_;    // two, drawn for this epoch: of the order, of the moves
  Buffer<real> scaled_;           // what each of the 256 bytes becomes
  Buffer<std::uint8_t> pixels_there_{Memory::cuda}, labels_there_{Memory::cuda};
};

}  // namespace longhand
