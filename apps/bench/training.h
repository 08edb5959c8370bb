// A LeNet with images in memory, ready for one step after another.
#pragma once

#include <cmath>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/bench/images.h"
#include "apps/bench/machine.h"
#include "apps/support/replay.h"
#include "apps/zoo/lenet.h"
#include "core/error.h"
#include "core/optimizer.h"
#include "core/random.h"
#include "layers/softmax_cross_entropy.h"

namespace longhand::bench {

// The images are those of images.h.
class Training {
 public:
  // `model` is a name of zoo/lenet.h. Without `train` there is no optimizer, and only infer works.
  // ValueError when the machine has not the memory for such a batch.
  Training(const std::string& model, int batch, Device device, bool train)
      : net_(make_lenet(model)), replay_(device) {
    const Shape image{batch, 1, 28, 28};
    const double image_bytes =
        count_batches(batch) * static_cast<double>(image.size()) * sizeof(real);
    const double bytes = activation_bytes(image, train) + image_bytes;
    require_memory("a batch of " + std::to_string(batch), bytes);
    Random random(1);
    initialise(*net_, lenet_init(model), random);
    net_->to(device);
    net_->fuse();
    loss_.to(device);
    batches_ = make_batches(batch, random);
    if (device == Device::cuda && batches_.size() > 8) batches_.resize(8);  // a record each
    for (Batch& one : batches_) {
      one.x.to(device);
      device_labels_.emplace_back(memory_of(device));
      device_labels_.back().assign(one.labels.data(), batch);
    }
    if (train) {
      net_->want_input_gradient(false);
      sgd_.emplace(net_->params(), SgdOptions{.learning_rate = real(0.001), .momentum = real(0.9)});
      sgd_->to(device);
    }
  }

  Sequential& net() { return *net_; }
  SoftmaxCrossEntropy& loss() { return loss_; }
  Sgd& sgd() { return *sgd_; }
  const Shape& input() const { return batches_.front().x.shape(); }

  // Bytes of every layer's y, and with `train` of every layer's dx but the first's, which nobody
  // needs: at most what the network will hold.
  double activation_bytes(const Shape& x, bool train) const {
    double values = 0;
    Shape shape = x;
    for (int i = 0; i < net_->size(); ++i) {
      if (train && i > 0) values += static_cast<double>(shape.size());
      shape = net_->layer(i).output_shape(shape);
      values += static_cast<double>(shape.size());
    }
    return values * sizeof(real);
  }

  // Makes x() and labels() the next batch, round and round.
  void next() { place_ = (place_ + 1) % batches_.size(); }
  const Tensor& x() const { return batches_[place_].x; }
  const std::vector<int>& labels() const { return batches_[place_].labels; }
  const Buffer<int>& labels_on_device() const { return device_labels_[place_]; }

  // One step on the next batch: forward, loss, backward, update. On Device::cuda the step is
  // recorded for each batch and then replayed, and train returns when the GPU has been told.
  void train() {
    next();
    replay_.step(static_cast<int>(place_), [&] {
      sgd_->zero_grad();
      value_ = &loss_.forward(net_->forward(x()), device_labels_[place_]);
      net_->backward(loss_.backward());
      sgd_->step();
    });
  }
  // Of the last step; waits for it.
  real last_loss() const { return value_->on(Memory::host)[0]; }

  void infer() {
    next();
    replay_.step(static_cast<int>(place_), [&] { net_->forward(x()); });
  }

  // Until all that a GPU was told to do is done.
  void wait() const {
    if (net_->device() == Device::cuda) cuda::synchronize();
  }
  // What a step launches; 0 but on Device::cuda.
  int launches_a_step() const { return replay_.launches_a_step(); }

 private:
  std::unique_ptr<Sequential> net_;
  SoftmaxCrossEntropy loss_;
  std::optional<Sgd> sgd_;
  std::vector<Batch> batches_;
  std::vector<Buffer<int>> device_labels_;  // of each batch, in the device's memory
  std::size_t place_ = 0;
  const Tensor* value_ = nullptr;  // the loss of the last step
  Replay replay_;
};

// Figures of a network whose numbers overflowed are worth nothing.
inline void require_finite_loss(real loss) {
  if (!std::isfinite(loss)) throw ValueError("the loss is no longer a finite number");
}

}  // namespace longhand::bench
