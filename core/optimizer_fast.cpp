// The steps of the optimizers by vectors. (Compiled with -fno-math-errno: a square root that must
// be able to set errno is taken one at a time.)
#include <cmath>

#include "core/cpu.h"
#include "core/optimizer.h"
#include "core/reciprocal.h"

namespace longhand::fast {

namespace {

// `count` is left out for a whole vector. The end of an array goes through the same operations, so
// that the result does not depend on where a thread's piece begins.
struct SgdKernel {
  template <class Isa>
  [[gnu::always_inline]] static void run(SgdOptions options, std::int64_t size, const real* grad,
                                         real* v, real* w) {
    constexpr int lanes = Vectors<Isa>::lanes;
    std::int64_t i = 0;
    for (; i + lanes <= size; i += lanes) move<Isa>(options, grad + i, v + i, w + i);
    if (i < size) move<Isa>(options, grad + i, v + i, w + i, size - i);
  }

 private:
  template <class Isa, class... Count>
  [[gnu::always_inline]] static void move(const SgdOptions& options, const real* grad, real* v,
                                          real* w, Count... count) {
    using V = Vectors<Isa>;
    typename V::Vector g, velocity, weight;
    V::load(grad, count..., g);
    V::load(v, count..., velocity);
    V::load(w, count..., weight);
    g += options.weight_decay * weight;
    velocity = options.momentum * velocity + g;
    V::store(velocity, count..., v);
    weight -=
        options.learning_rate * (options.nesterov ? g + options.momentum * velocity : velocity);
    V::store(weight, count..., w);
  }
};

template <class Vector>
[[gnu::always_inline]] inline void square_root(const Vector& x, Vector& y) {
  Vector result{};
  constexpr int lanes = static_cast<int>(sizeof(Vector) / sizeof(real));
  for (int i = 0; i < lanes; ++i) result[i] = std::sqrt(x[i]);
  y = result;
}

struct AdamKernel {
  // of step t: learning_rate / (1 - beta1^t) and 1 / (1 - beta2^t)
  struct Step {
    real rate, correction;
  };

  template <class Isa>
  [[gnu::always_inline]] static void run(AdamOptions options, Step step, std::int64_t size,
                                         const real* grad, real* m, real* v, real* w) {
    constexpr int lanes = Vectors<Isa>::lanes;
    std::int64_t i = 0;
    for (; i + lanes <= size; i += lanes) move<Isa>(options, step, grad + i, m + i, v + i, w + i);
    if (i < size) move<Isa>(options, step, grad + i, m + i, v + i, w + i, size - i);
  }

 private:
  template <class Isa, class... Count>
  [[gnu::always_inline]] static void move(const AdamOptions& options, const Step& step,
                                          const real* grad, real* m, real* v, real* w,
                                          Count... count) {
    using V = Vectors<Isa>;
    typename V::Vector g, mean, square, weight, root, change;
    V::load(grad, count..., g);
    V::load(m, count..., mean);
    V::load(v, count..., square);
    V::load(w, count..., weight);
    g += options.weight_decay * weight;
    mean = options.beta1 * mean + (1 - options.beta1) * g;
    square = options.beta2 * square + (1 - options.beta2) * g * g;
    V::store(mean, count..., m);
    V::store(square, count..., v);
    square_root(square * step.correction, root);
    divide<typename V::Vector>(step.rate * mean, root + options.epsilon, change);
    weight -= change;
    V::store(weight, count..., w);
  }
};

}  // namespace

void sgd_step(const SgdOptions& options, std::int64_t size, const real* grad, real* v, real* w) {
  run_kernel<SgdKernel>(options, size, grad, v, w);
}

void adam_step(const AdamOptions& options, std::int64_t t, std::int64_t size, const real* grad,
               real* m, real* v, real* w) {
  const real correction1 = 1 - std::pow(options.beta1, static_cast<real>(t));
  const real correction2 = 1 - std::pow(options.beta2, static_cast<real>(t));
  const AdamKernel::Step step{options.learning_rate / correction1, 1 / correction2};
  run_kernel<AdamKernel>(options, step, size, grad, m, v, w);
}

}  // namespace longhand::fast
