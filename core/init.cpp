#include "core/init.h"

#include <cmath>

namespace longhand {

double init_variance(Init init, const Shape& weights) {
  const double kernel_size = static_cast<double>(weights.h) * weights.w;
  const double fan_in = weights.c * kernel_size;
  const double fan_out = weights.n * kernel_size;
  switch (init) {
    case Init::lecun:
      return 1 / fan_in;
    case Init::xavier:
      return 2 / (fan_in + fan_out);
    case Init::he:
      return 2 / fan_in;
  }
  return 0;
}

void initialise(Layer& layer, Init init, Random& random) {
  for (Param* p : layer.params()) {
    if (p->rank < 2) continue;
    const double deviation = std::sqrt(init_variance(init, p->value.shape()));
    const auto bound = static_cast<real>(std::sqrt(3.0) * deviation);  // of the uniform one
    const Memory memory = p->value.memory();
    p->value.to(Memory::host);
    for (std::int64_t i = 0; i < p->value.size(); ++i) {
      p->value[i] = init == Init::xavier ? random.uniform(-bound, bound)
                                         : random.normal(0, static_cast<real>(deviation));
    }
    p->value.to(memory);
  }
}

}  // namespace longhand
