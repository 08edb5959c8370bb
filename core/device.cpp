#include "core/device.h"

#include "core/cpu.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/streaming.h"

namespace longhand {

std::string to_string(Device device) {
  switch (device) {
    case Device::reference:
      return "reference";
    case Device::cpu:
      return "cpu";
    case Device::cuda:
      return "cuda";
  }
  return "unknown";
}

Device parse_device(const std::string& name) {
  for (const Device device : {Device::reference, Device::cpu, Device::cuda}) {
    if (name == to_string(device)) return device;
  }
  throw ValueError("unknown device '" + name + "': choose reference, cpu or cuda");
}

std::string describe(Device device) {
  if (device != Device::cuda) return to_string(device);
  return "cuda (" + cuda::describe() + ")";
}

Device resolve(Device device) {
  if (device != Device::cpu) return device;
  // A wrong LONGHAND_ISA or LONGHAND_STREAM is better refused here than in a worker's loop.
  instruction_set();
  streaming_pays(0);
  return cpu_rung() == CpuRung::reference ? Device::reference : device;
}

}  // namespace longhand
