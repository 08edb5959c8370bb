// The race detector: told of every access to memory that a kernel makes.
#pragma once

#include <cstddef>

namespace longhand::simt {

enum class Touch { read, write, atomic };

// `caller` is the address after the instruction. Ends the kernel with a fault where the access
// races with an earlier one, or reads shared memory that nobody has written.
void touch(const void* address, std::size_t bytes, Touch how, const void* caller);

}  // namespace longhand::simt
