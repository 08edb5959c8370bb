// Device: which version of a layer's loops runs.
#pragma once

#include <string>

namespace longhand {

enum class Device {
  reference,  // the loops of the formula, one thread: namespace ref
  cpu,        // the same numbers, faster: namespace fast, or ref spread over threads
  cuda,       // the same numbers by kernels: namespace cuda. On a GPU, or without one on the CPU
};

// "reference", "cpu" or "cuda"
std::string to_string(Device device);

// What a program says it runs on: "cpu", or for cuda also what runs the kernels.
std::string describe(Device device);

// The device of that name; ValueError naming the choices for any other.
Device parse_device(const std::string& name);

// `device`, or Device::reference in place of Device::cpu where LONGHAND_CPU asks for it (cpu.h).
Device resolve(Device device);

}  // namespace longhand
