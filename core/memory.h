// Memory: where numbers lie, in the computer's memory or in the GPU's.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "core/device.h"
#include "core/real.h"

namespace longhand {

enum class Memory {
  host,  // the computer's: what Device::reference and Device::cpu work on
  cuda,  // the GPU's, which only kernels and copies may touch
};

// "host" or "cuda"
std::string to_string(Memory memory);

// The memory that a device's loops work on.
constexpr Memory memory_of(Device device) {
  return device == Device::cuda ? Memory::cuda : Memory::host;
}

namespace host {

// Aligned to 64 bytes: a cache line, and the widest vector register.
void* allocate(std::size_t bytes);
void release(void* memory) noexcept;

}  // namespace host

// Defined in cuda/memory.cu. What fails throws CudaError (cuda/launch.h), with the call in it.
namespace cuda {

// Aligned to 256 bytes, its contents unspecified.
void* allocate(std::size_t bytes);
void release(void* memory) noexcept;
// How many times allocate was called: it must not grow from one training step to the next.
std::int64_t allocation_count();

// `from` and `to` are of the given memories. From or to the host it waits for all that was launched
// before, and returns when the copy is done. Within the GPU's memory it is launched like a kernel.
void copy(std::size_t bytes, const void* from, Memory from_memory, void* to, Memory to_memory);
// How many copies there were from or to the host: a training step needs none.
std::int64_t copy_count();

// y[i] = value for i < size
void fill(std::int64_t size, real value, real* y);

// Waits until everything that was launched is done.
void synchronize();

// What runs the kernels: "NVIDIA H100", or that it is the CPU.
std::string describe();

}  // namespace cuda

// Numbers one after the other, in either memory. It only grows, so a training step allocates
// nothing. Copying copies the numbers, in the same memory.
template <class T>
class Buffer {
 public:
  explicit Buffer(Memory memory = Memory::host) : numbers_(nullptr, Free{memory}) {}
  Buffer(const Buffer& other) : Buffer(other.memory()) { *this = other; }
  Buffer& operator=(const Buffer& other) {
    if (this == &other) return *this;
    if (memory() != other.memory()) *this = Buffer(other.memory());
    assign(other);
    return *this;
  }
  Buffer(Buffer&&) noexcept = default;
  Buffer& operator=(Buffer&&) noexcept = default;
  ~Buffer() = default;

  T* data() { return numbers_.get(); }
  const T* data() const { return numbers_.get(); }
  std::int64_t size() const { return size_; }
  std::int64_t bytes() const { return size_ * static_cast<std::int64_t>(sizeof(T)); }
  Memory memory() const { return numbers_.get_deleter().memory; }

  // The numbers are unspecified afterwards, unless there were as many or more before.
  void resize(std::int64_t size) {
    if (size > capacity_) {
      const Memory memory = this->memory();
      numbers_.reset();  // the old memory goes first: its numbers are not kept
      capacity_ = size_ = 0;
      const auto bytes = static_cast<std::size_t>(size) * sizeof(T);
      void* fresh = memory == Memory::cuda ? cuda::allocate(bytes) : host::allocate(bytes);
      numbers_ = {static_cast<T*>(fresh), Free{memory}};
      capacity_ = size;
    }
    size_ = size;
  }

  // Moves the numbers there.
  void to(Memory memory) {
    if (memory == this->memory()) return;
    Buffer there(memory);
    there.assign(*this);
    *this = std::move(there);
  }

  // Takes the other's numbers, and keeps them where its own are.
  void assign(const Buffer& other) {
    resize(other.size_);
    copy(other.data(), other.memory(), other.size_, data(), memory());
  }
  // Takes `count` numbers of the host.
  void assign(const T* from, std::int64_t count) {
    resize(count);
    copy(from, Memory::host, count, data(), memory());
  }

 private:
  struct Free {
    Memory memory;
    void operator()(T* numbers) const {
      if (memory == Memory::cuda) {
        cuda::release(numbers);
      } else {
        host::release(numbers);
      }
    }
  };

  static void copy(const T* from, Memory from_memory, std::int64_t count, T* to, Memory to_memory) {
    if (count == 0) return;
    if (from_memory == Memory::host && to_memory == Memory::host) {
      std::copy_n(from, count, to);
    } else {
      cuda::copy(static_cast<std::size_t>(count) * sizeof(T), from, from_memory, to, to_memory);
    }
  }

  std::int64_t size_ = 0, capacity_ = 0;
  std::unique_ptr<T[], Free> numbers_;
};

}  // namespace longhand
