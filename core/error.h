// The errors Longhand throws. Each message is one line: what was wrong, where, and what to do.
#pragma once

#include <stdexcept>
#include <string>

namespace longhand {

// The base of all of them, so that a program can catch one type and print one line.
struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Tensors whose shapes do not fit a layer or each other; both shapes are named.
struct ShapeError : Error {
  using Error::Error;
};

// A value outside its range: an option of a layer, a label, an argument of a program.
struct ValueError : Error {
  using Error::Error;
};

// A call out of order, such as backward without a fresh forward.
struct OrderError : Error {
  using Error::Error;
};

// Numbers that lie in the memory of another device than the one that is to work on them.
struct DeviceError : Error {
  using Error::Error;
};

// A file that cannot be read or written, or does not hold what its format promises.
struct FileError : Error {
  using Error::Error;
};

}  // namespace longhand
