// The built-in sample of MNIST: what trains on a fresh machine without a network.
#pragma once

#include <string>

#include "datasets/dataset.h"

namespace longhand {

// 5,000 real MNIST digits, 28x28, from datasets/mnist_sample: 4,000 to train on and 1,000 to test
// with, as many of each class, always the same. Each part runs through the classes 0 to 9 again
// and again, so that its beginning is balanced too.
TrainTest load_mnist_sample();

// The same from another folder, which must hold digits.png, a grey sheet of 100 x 50 digits, and
// labels.txt, 50 lines of 100 figures. FileError when it does not.
TrainTest load_mnist_sample(const std::string& folder);

}  // namespace longhand
