#include "datasets/batches.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "core/error.h"
#include "core/gather.h"

namespace longhand {

namespace {

std::size_t image_size(const Dataset& data) {
  return static_cast<std::size_t>(data.image.size());
}

void require_valid(const Dataset& data, int batch, const Scaling& scaling) {
  if (batch < 1) {
    throw ValueError("batches: the batch must be at least 1, but is " + std::to_string(batch));
  }
  if (!(scaling.deviation > 0) || !std::isfinite(scaling.deviation) ||
      !std::isfinite(scaling.mean)) {
    throw ValueError("batches: scaling needs a finite mean and a deviation above 0, but they are " +
                     std::to_string(scaling.mean) + " and " + std::to_string(scaling.deviation));
  }
  if (data.count() < 1) throw ValueError("batches: the data set has no images");
  if (data.image.n != 1 || data.pixels.size() != data.labels.size() * image_size(data)) {
    throw ValueError("batches: " + std::to_string(data.count()) + " images of shape " +
                     to_string(data.image) + " do not make " + std::to_string(data.pixels.size()) +
                     " pixels");
  }
}

}  // namespace

Batches::Batches(const Dataset& data, int batch, const Scaling& scaling, Random* random)
    : data_(&data), random_(random) {
  require_valid(data, batch, scaling);
  batch_ = static_cast<std::size_t>(std::min(batch, data.count()));
  for (std::size_t byte = 0; byte < scaled_.size(); ++byte) {
    scaled_[byte] = (static_cast<real>(byte) / 255 - scaling.mean) / scaling.deviation;
  }
  order_.resize(data.labels.size());
  labels_.resize(batch_);
  x_.resize({static_cast<int>(batch_), data.image.c, data.image.h, data.image.w});
}

void Batches::to(Device device) {
  device_ = resolve(device);
  x_.to(device_);
  if (device_ != Device::cuda) return;
  pixels_there_.assign(data_->pixels.data(), static_cast<std::int64_t>(data_->pixels.size()));
  scaled_there_.assign(scaled_.data(), static_cast<std::int64_t>(scaled_.size()));
  order_there_.assign(order_.data(), static_cast<std::int64_t>(order_.size()));
}

void Batches::start() {
  // From the data's order each time, so that a seed alone says what an epoch's order is.
  std::iota(order_.begin(), order_.end(), 0);
  if (random_ != nullptr) random_->shuffle(order_);
  if (device_ == Device::cuda) {
    order_there_.assign(order_.data(), static_cast<std::int64_t>(order_.size()));
  }
  position_ = 0;
  started_ = true;
}

bool Batches::next() {
  if (!started_) throw OrderError("batches: next before start");
  if (position_ == order_.size()) return false;
  used_ = std::min(batch_, order_.size() - position_);
  x_.resize({static_cast<int>(used_), data_->image.c, data_->image.h, data_->image.w});
  const GatherGeometry g{count(), data_->image.size()};
  const int* indices = order_.data() + position_;
  switch (device_) {
    case Device::reference:
    case Device::cpu:
      ref::gather_images(g, data_->pixels.data(), indices, scaled_.data(), x_.data());
      break;
    case Device::cuda:
      cuda::gather_images(g, pixels_there_.data(), order_there_.data() + position_,
                          scaled_there_.data(), x_.data());
      break;
  }
  ref::gather_labels(g, data_->labels.data(), indices, labels_.data());
  position_ += used_;
  return true;
}

int Batches::batches() const {
  return static_cast<int>((order_.size() + batch_ - 1) / batch_);
}

}  // namespace longhand
