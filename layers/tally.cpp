#include "layers/tally.h"

#include <string>

#include "core/error.h"
#include "core/layer.h"

namespace longhand {

namespace ref {

void tally(const TallyGeometry& g, const real* scores, const int* labels, const real* loss,
           Totals* totals) {
  const Shape s{g.n, g.classes};
  for (int n = 0; n < g.n; ++n) {
    int best = 0;
    for (int k = 1; k < g.classes; ++k) {
      if (scores[at(s, n, k, 0, 0)] > scores[at(s, n, best, 0, 0)]) best = k;
    }
    if (best == labels[n]) ++totals->right;
  }
  totals->images += g.n;
  totals->loss += static_cast<double>(*loss) * g.n;
}

}  // namespace ref

void Tally::to(Device device) {
  device_ = resolve(device);
  totals_ = {};
  if (device_ == Device::cuda) totals_there_.assign(&totals_, 1);
}

void Tally::add(const Tensor& scores, const Buffer<int>& labels, const Tensor& loss) {
  const Shape& s = scores.shape();
  if (s.h != 1 || s.w != 1 || labels.size() != s.n || loss.empty()) {
    throw ShapeError("tally: scores " + to_string(s) + " need " + std::to_string(s.n) +
                     " labels and a loss, but there are " + std::to_string(labels.size()) +
                     " labels and " + std::to_string(loss.size()) + " losses");
  }
  require_memory("tally", scores, device_);
  require_memory("tally", loss, device_);
  require_memory("tally", labels, device_);
  const TallyGeometry g{s.n, s.c};
  switch (device_) {
    case Device::reference:
    case Device::cpu:
      ref::tally(g, scores.data(), labels.data(), loss.data(), &totals_);
      break;
    case Device::cuda:
      cuda::tally(g, scores.data(), labels.data(), loss.data(), totals_there_.data());
      break;
  }
}

Totals Tally::take() {
  if (device_ == Device::cuda) {
    cuda::copy(sizeof totals_, totals_there_.data(), Memory::cuda, &totals_, Memory::host);
  }
  const Totals taken = totals_;
  to(device_);
  return taken;
}

}  // namespace longhand
