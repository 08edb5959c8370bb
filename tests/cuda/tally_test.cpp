#include "layers/tally.h"

#include <limits>

#include "core/error.h"
#include "tests/cuda/on_device.h"
#include "tests/simt/orders.h"

namespace longhand::test {

TEST_CASE("tally: worked by hand") {
  const Tensor scores({3, 3}, {1, 5, 2, /**/ 4, 4, 0, /**/ -1, -3, -2});
  Tally tally;
  Buffer<int> labels;
  const std::vector<int> right_first{1, 0, 2};  // of equal scores the first wins
  labels.assign(right_first.data(), 3);
  tally.add(scores, labels, Tensor({1}, {2}));
  tally.add(scores, labels, Tensor({1}, {3}));
  const Totals totals = tally.take();
  CHECK(totals.images == 6);
  CHECK(totals.right == 4);
  CHECK(totals.loss == 15);
  CHECK(totals.mean_loss() == 2.5);
  CHECK(totals.accuracy() == doctest::Approx(2.0 / 3));
  CHECK(tally.take().images == 0);
}

TEST_CASE("the kernel of tally is ref's loop, in any order of threads") {
  in_all_orders([] {
    for (const TallyGeometry& g : {TallyGeometry{1, 1}, {1, 2}, {33, 10}, {300, 3}, {513, 10}}) {
      CAPTURE(g.n);
      const Tensor scores = whole_numbers({g.n, g.classes}, 5);
      const Tensor loss({1}, {real(0.75)});
      Random random(6);
      std::vector<int> labels(static_cast<std::size_t>(g.n));
      for (int& label : labels) {
        label = static_cast<int>(random.below(static_cast<std::uint64_t>(g.classes)));
      }
      Totals totals{.loss = 2, .images = 3, .right = 1};
      const DeviceArray<Totals> there(std::vector<Totals>{totals});
      ref::tally({g.n, g.classes}, scores.data(), labels.data(), loss.data(), &totals);
      cuda::tally({g.n, g.classes}, on_device(scores).data(), DeviceArray<int>(labels).data(),
                  on_device(loss).data(), there.data());
      const Totals found = there.values()[0];
      CHECK(found.loss == totals.loss);
      CHECK(found.images == totals.images);
      CHECK(found.right == totals.right);
    }
  });
}

TEST_CASE("a tally on cuda is copied when it is taken, and not before") {
  Tally tally;
  tally.to(Device::cuda);
  const Tensor scores = Tensor({2, 2}, {1, 0, 1, 0}).on(Memory::cuda);
  const Tensor loss = Tensor({1}, {4}).on(Memory::cuda);
  Buffer<int> labels(Memory::cuda);
  const std::vector<int> values{0, 1};
  labels.assign(values.data(), 2);
  const std::int64_t copies = cuda::copy_count();
  tally.add(scores, labels, loss);
  tally.add(scores, labels, loss);
  CHECK(cuda::copy_count() == copies);
  const Totals totals = tally.take();
  CHECK(cuda::copy_count() > copies);
  CHECK(totals.loss == 16);
  CHECK(totals.right == 2);
  CHECK(tally.take().images == 0);

  Buffer<int> here;
  here.assign(values.data(), 2);
  CHECK_THROWS_WITH_AS(tally.add(scores, here, loss),
                       doctest::Contains("tally: the buffer lies in the memory of host"),
                       DeviceError);
  CHECK_THROWS_WITH_AS(tally.add(scores.on(Memory::host), labels, loss),
                       doctest::Contains("tally: the tensor lies in the memory of host"),
                       DeviceError);
  labels.resize(1);
  CHECK_THROWS_WITH_AS(tally.add(scores, labels, loss),
                       doctest::Contains("need 2 labels and a loss, but there are 1 labels"),
                       ShapeError);
}

}  // namespace longhand::test
