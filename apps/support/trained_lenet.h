// A trained LeNet from its checkpoint, and a digit as its input.
#pragma once

#include <memory>
#include <string>

#include "datasets/image.h"
#include "layers/sequential.h"

namespace longhand {

// Where `lenet` puts the weights of its default model.
inline constexpr const char* default_weights = "lenet-classic.safetensors";

// The network that the checkpoint says it holds, with its weights, on that device. FileError when
// the file is missing, damaged, or not one that `lenet` wrote.
std::unique_ptr<Sequential> load_trained_lenet(const std::string& path,
                                               Device device = Device::cpu);

// A 28 x 28 grey image with light ink (0 to 255) as the network takes it: 1 x 1 x 28 x 28, 0 to 1.
Tensor digit_input(const Image& digit);

}  // namespace longhand
