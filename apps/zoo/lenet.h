// LeNet: the networks that read digits.
#pragma once

#include <memory>
#include <string>

#include "core/init.h"
#include "layers/sequential.h"

namespace longhand {

// All take N x 1 x 28 x 28, pixels from 0 (ground) to 1 (ink), and give N x 10 scores.

// LeNet-5 (LeCun, Bottou, Bengio, Haffner 1998), with all maps connected and softmax at the end:
// 61,706 parameters.
std::unique_ptr<Sequential> lenet_classic();

// LeNet as Caffe's tutorial made it known, with ReLU and "same" padding: 1,256,080 parameters.
std::unique_ptr<Sequential> lenet_modern();

// LeNet as taught at the University of Zagreb: 16 and 32 maps, 512 hidden units:
// 281,034 parameters.
std::unique_ptr<Sequential> lenet_zagreb();

// The network of that name ("classic", "modern" or "zagreb"); ValueError for any other.
std::unique_ptr<Sequential> make_lenet(const std::string& model);

// How its weights are drawn: LeCun's way for the network with tanh, He's for those with ReLU.
Init lenet_init(const std::string& model);

}  // namespace longhand
