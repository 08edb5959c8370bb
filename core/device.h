// Device: which version of a layer's loops runs.
#pragma once

#include <string>

namespace longhand {

enum class Device {
  reference,  // the loops of the formula, one thread: namespace ref
  cpu,        // the same numbers, faster: namespace fast, or ref spread over threads
};

// "reference" or "cpu"
std::string to_string(Device device);

// The device of that name; ValueError naming the choices for any other.
Device parse_device(const std::string& name);

// `device`, or Device::reference in place of Device::cpu where LONGHAND_CPU asks for it (cpu.h).
Device resolve(Device device);

}  // namespace longhand
