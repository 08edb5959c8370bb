#include "datasets/batches.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "core/error.h"
#include "core/gather.h"
#include "core/shuffle.h"

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

void require_valid(const Augmentation& augmentation, const Shape& image, const Random* random) {
  const int shift = augmentation.shift;
  if (shift < 0 || shift >= std::min(image.h, image.w)) {
    throw ValueError("batches: images of " + to_string(image) + " cannot be shifted by up to " +
                     std::to_string(shift) + " pixels");
  }
  if (augmentation.any() && random == nullptr) {
    throw ValueError("batches: augmentation needs random");
  }
}

}  // namespace

Batches::Batches(const Dataset& data, int batch, const Scaling& scaling, Random* random,
                 const Augmentation& augmentation)
    : data_(&data), random_(random), augmentation_(augmentation) {
  require_valid(data, batch, scaling);
  require_valid(augmentation, data.image, random);
  batch_ = static_cast<std::size_t>(std::min(batch, data.count()));
  scaled_.resize(256);
  for (int byte = 0; byte < 256; ++byte) {
    scaled_.data()[byte] = (static_cast<real>(byte) / 255 - scaling.mean) / scaling.deviation;
  }
  order_.resize(data.count());
  std::iota(order_.data(), order_.data() + order_.size(), 0);
  keys_.resize(2);
  std::fill_n(keys_.data(), 2, 0);
  position_.resize(1);
  *position_.data() = 0;
  resize(batch_);
  host_labels_.resize(batch_);
}

// x, labels and indices for so many images.
void Batches::resize(std::size_t count) {
  const auto n = static_cast<int>(count);
  x_.resize({n, data_->image.c, data_->image.h, data_->image.w});
  labels_.resize(n);
  indices_.resize(n);
  used_ = count;
}

void Batches::to(Device device) {
  device_ = resolve(device);
  started_ = false;
  const Memory memory = memory_of(device_);
  resize(batch_);  // so that what moves is as large as it ever gets
  x_.to(memory);
  for (Buffer<int>* buffer : {&labels_, &indices_, &order_, &position_}) buffer->to(memory);
  keys_.to(memory);
  scaled_.to(memory);
  if (memory == Memory::host) return;
  pixels_there_.assign(data_->pixels.data(), static_cast<std::int64_t>(data_->pixels.size()));
  labels_there_.assign(data_->labels.data(), data_->count());
}

void Batches::start() {
  const int beginning = 0;
  position_.assign(&beginning, 1);
  if (random_ != nullptr) {
    const std::uint64_t keys[2] = {random_->bits(), random_->bits()};
    keys_.assign(keys, 2);
    if (device_ == Device::cuda) {
      cuda::shuffle(data_->count(), keys_.data(), order_.data());
    } else {
      ref::shuffle(data_->count(), keys_.data(), order_.data());
    }
  }
  given_ = 0;
  started_ = true;
}

bool Batches::advance() {
  if (!started_) throw OrderError("batches: next before start");
  const std::size_t left = data_->labels.size() - given_;
  if (left == 0) return false;
  resize(std::min(batch_, left));
  given_ += used_;
  gathered_ = fetched_ = false;
  return true;
}

void Batches::gather() {
  if (!started_ || gathered_) throw OrderError("batches: gather without a new advance");
  gathered_ = true;
  const GatherGeometry g{count(), data_->image.size()};
  const AugmentGeometry a{x_.shape(), augmentation_};
  const std::uint64_t* moves_key = keys_.data() + 1;
  switch (device_) {
    case Device::reference:
    case Device::cpu:
      ref::take_batch(g, order_.data(), data_->labels.data(), position_.data(), indices_.data(),
                      labels_.data());
      if (augmentation_.any()) {
        ref::augment_images(a, moves_key, data_->pixels.data(), indices_.data(), scaled_.data(),
                            x_.data());
      } else {
        ref::gather_images(g, data_->pixels.data(), indices_.data(), scaled_.data(), x_.data());
      }
      break;
    case Device::cuda:
      cuda::take_batch(g, order_.data(), labels_there_.data(), position_.data(), indices_.data(),
                       labels_.data());
      if (augmentation_.any()) {
        cuda::augment_images(a, moves_key, pixels_there_.data(), indices_.data(), scaled_.data(),
                             x_.data());
      } else {
        cuda::gather_images(g, pixels_there_.data(), indices_.data(), scaled_.data(), x_.data());
      }
      break;
  }
}

std::span<const int> Batches::labels() {
  if (labels_.memory() == Memory::host) return {labels_.data(), used_};
  if (!fetched_) {
    cuda::copy(used_ * sizeof(int), labels_.data(), Memory::cuda, host_labels_.data(),
               Memory::host);
  }
  fetched_ = true;
  return {host_labels_.data(), used_};
}

int Batches::batches() const {
  return static_cast<int>((data_->labels.size() + batch_ - 1) / batch_);
}

}  // namespace longhand
