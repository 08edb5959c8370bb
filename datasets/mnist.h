// MNIST (LeCun, Cortes and Burges): 60,000 handwritten digits of 28x28 to train on and 10,000 to
// test with, or the built-in sample of them.
#pragma once

#include <iosfwd>
#include <string>

#include "datasets/dataset.h"

namespace longhand {

// where:
//
//   "sample"  the built-in sample (sample.h)
//   "auto"    the first of these that has the four files: the folder data/mnist here, the folder
//             $LONGHAND_DATA/mnist, a download into data/mnist (only files that are missing there);
//             if none has, the sample, with the reason in one line on `log`
//   a folder  that holds train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte
//             and t10k-labels-idx1-ubyte, each as it is or with .gz (Fashion-MNIST's fit as well)
//
// $LONGHAND_MNIST_MIRROR, one or more base URLs with spaces between, takes the place of the
// built-in addresses for the download; the files there must be MNIST's own, which their SHA-256
// proves.
//
// FileError when a folder that was named lacks a file, when a file is damaged (idx.h says how), or
// when its images are not 28x28.
TrainTest load_mnist(const std::string& where, std::ostream& log);

}  // namespace longhand
