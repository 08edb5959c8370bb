// A picture of a handwritten digit, brought to what the images of MNIST look like.
#pragma once

#include "datasets/image.h"

namespace longhand {

// A grey picture (1 channel) of any size to a 28 x 28 image with light ink (255) on dark ground
// (0), in the steps that MNIST was made by (https://yann.lecun.com/exdb/mnist), after those that
// a photo or a drawing needs before it is as clean as a scan of MNIST's forms:
//
//   1. dark ink on light paper is inverted: the paper is what most of the border shows;
//   2. the paper's shading is subtracted, and contrast stretched so that paper is 0 and ink 255;
//   3. specks are removed, the ink's bounding box is cut out,
//   4. brought into 20 x 20 pixels, keeping its aspect ratio, with grey levels from anti-aliasing,
//   5. and placed so that the ink's centre of mass is the middle of the 28 x 28 field.
//
// An image of MNIST comes out nearly as it went in. ValueError when the picture shows no ink: one
// colour, only shading, or only noise; or when it has no pixels or not 1 channel.
Image to_mnist_digit(const Image& picture);

}  // namespace longhand
