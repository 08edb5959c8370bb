#include "apps/support/trained_lenet.h"

#include <algorithm>
#include <filesystem>

#include "apps/zoo/lenet.h"
#include "core/checkpoint.h"
#include "core/error.h"

namespace longhand {

std::unique_ptr<Sequential> load_trained_lenet(const std::string& path, Device device) {
  if (!std::filesystem::exists(path)) {
    throw FileError("no trained weights: " + path +
                    " does not exist; train a network with `lenet` (or `make lenet`), which saves "
                    "it, or name its file with --load");
  }
  const Metadata metadata = read_checkpoint_metadata(path);
  const auto model = metadata.find("model");
  if (model == metadata.end()) {
    throw FileError(path + ": does not say which network it holds (no \"model\" in its metadata)" +
                    "; load a checkpoint written by `lenet`");
  }
  std::unique_ptr<Sequential> network;
  try {
    network = make_lenet(model->second);
  } catch (const ValueError& error) {
    throw FileError(path + ": " + error.what() + "; load a checkpoint written by `lenet`");
  }
  load_checkpoint(path, network->params());
  network->to(device);
  return network;
}

Tensor digit_input(const Image& digit) {
  Tensor x({1, 1, digit.height, digit.width});
  std::transform(digit.pixels.begin(), digit.pixels.end(), x.data(),
                 [](std::uint8_t pixel) { return static_cast<real>(pixel) / 255; });
  return x;
}

}  // namespace longhand
