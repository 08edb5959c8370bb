// One launch for all params: the same numbers as a launch for each.
#include "core/optimizer.h"
#include "core/step_table.h"
#include "tests/cuda/real_numbers.h"
#include "tests/simt/orders.h"

namespace longhand::test {
namespace {

// Below a vector, off a vector, exactly a chunk, and several chunks with a rest.
constexpr int sizes[] = {1, 3, 8, 255, 2048, 4099};

// Arrays for each size, one after the other in one memory, the first at `offset` numbers from its
// beginning: off the edge of a vector where offset and the sizes before are. Behind the last there
// is one number that belongs to none.
class Arrays {
 public:
  Arrays(int offset, std::uint64_t seed, real low) : offset_(offset) {
    int total = offset + 1;
    for (const int size : sizes) total += size;
    host_ = real_numbers({total}, seed, low);
    device_ =
        std::make_unique<DeviceArray<real>>(std::vector<real>(host_.data(), host_.data() + total));
  }
  real* host() { return host_.data() + offset_; }
  real* device() { return device_->data() + offset_; }
  void check(const std::string& name) { check_near(name, *device_, host_); }

 private:
  int offset_;
  Tensor host_;
  std::unique_ptr<DeviceArray<real>> device_;
};

// Chunks of at most 2048 numbers over the arrays of all sizes.
std::vector<StepChunk> cut(Arrays& grad, Arrays* m, Arrays& v, Arrays& w) {
  std::vector<StepChunk> chunks;
  std::int64_t first = 0;
  for (const std::int64_t size : sizes) {
    for (std::int64_t i = 0; i < size; i += 2048) {
      const std::int64_t at = first + i;
      chunks.push_back({std::min<std::int64_t>(2048, size - i), grad.device() + at,
                        m ? m->device() + at : nullptr, v.device() + at, w.device() + at});
    }
    first += size;
  }
  return chunks;
}

constexpr int total = 1 + 3 + 8 + 255 + 2048 + 4099;

}  // namespace

TEST_CASE("sgd with one launch for all params is ref's loop, in any order of threads") {
  const SgdOptions options{.learning_rate = 100,  // not this one, but the state's
                           .momentum = real(0.5),
                           .weight_decay = real(0.2),
                           .nesterov = true};
  SgdOptions actual = options;
  actual.learning_rate = real(0.1);
  in_all_orders([&] {
    for (const int offset : {4, 5}) {
      CAPTURE(offset);
      Arrays grad(offset, 1, -3), v(offset, 2, -3), w(offset, 3, -3);
      const DeviceArray<StepChunk> chunks(cut(grad, nullptr, v, w));
      const DeviceArray<StepState> state(std::vector<StepState>{{.learning_rate = 7}});
      cuda::set_learning_rate(real(0.1), state.data());
      for (int step = 0; step < 2; ++step) {
        ref::sgd_step(actual, total, grad.host(), v.host(), w.host());
        cuda::sgd_step_all(options, static_cast<std::int64_t>(chunks.values().size()),
                           chunks.data(), state.data());
      }
      v.check("v");
      w.check("w");
    }
  });
}

TEST_CASE("adam with one launch for all params is ref's loop, in any order of threads") {
  const AdamOptions options{.learning_rate = 100,  // not this one, but the state's
                            .beta1 = real(0.5),
                            .beta2 = real(0.9),
                            .epsilon = real(0.01),
                            .weight_decay = real(0.2)};
  AdamOptions actual = options;
  actual.learning_rate = real(0.1);
  in_all_orders([&] {
    for (const int offset : {4, 5}) {
      CAPTURE(offset);
      Arrays grad(offset, 1, -3), m(offset, 2, -3), v(offset, 3, 0), w(offset, 4, -3);
      const DeviceArray<StepChunk> chunks(cut(grad, &m, v, w));
      const DeviceArray<StepState> state(std::vector<StepState>{{.learning_rate = 7, .t = 4}});
      cuda::set_learning_rate(real(0.1), state.data());
      for (std::int64_t t = 5; t <= 7; ++t) {
        ref::adam_step(actual, t, total, grad.host(), m.host(), v.host(), w.host());
        cuda::adam_step_all(options, static_cast<std::int64_t>(chunks.values().size()),
                            chunks.data(), state.data());
        CHECK(state.values()[0].t == t);
        CHECK(state.values()[0].done == 0);
      }
      m.check("m");
      v.check("v");
      w.check("w");
    }
  });
}

TEST_CASE("all gradients are zeroed by one launch, and nothing beside them") {
  in_all_orders([&] {
    for (const int offset : {4, 5}) {
      CAPTURE(offset);
      Arrays grad(offset, 1, 1), v(offset, 2, 1), w(offset, 3, 1);
      const DeviceArray<StepChunk> chunks(cut(grad, nullptr, v, w));
      cuda::zero_grad_all(static_cast<std::int64_t>(chunks.values().size()), chunks.data());
      std::fill_n(grad.host(), total, real(0));
      grad.check("grad");
      v.check("v");
      w.check("w");
    }
  });
}

}  // namespace longhand::test
