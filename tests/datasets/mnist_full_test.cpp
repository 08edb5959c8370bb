// The whole of MNIST, where it is at hand: read, and fetched from a mirror that is a folder.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <sstream>

#include "datasets/mnist.h"
#include "datasets/sample.h"
#include "tests/datasets/surroundings.h"
#include "tests/support/skip.h"
#include "tests/support/temp_dir.h"

using namespace longhand;
using namespace longhand::test;
namespace fs = std::filesystem;

namespace {

const fs::path folder = LONGHAND_TEST_DATA "/mnist";

bool is_there() {
  if (fs::exists(folder / "train-images-idx3-ubyte.gz")) return true;
  skip("there is no MNIST in " + folder.string());
  return false;
}

void check_counts(const Dataset& data, const std::vector<int>& expected) {
  CHECK(data.image == Shape{1, 1, 28, 28});
  CHECK(data.pixels.size() == data.labels.size() * 28 * 28);
  for (std::size_t label = 0; label < 10; ++label) {
    CHECK(std::ranges::count(data.labels, label) == expected[label]);
  }
}

void check_is_mnist(const TrainTest& mnist) {
  CHECK(mnist.train.count() == 60000);
  CHECK(mnist.test.count() == 10000);
  check_counts(mnist.train, {5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949});
  check_counts(mnist.test, {980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009});
}

// Each image with its label as an 785th byte.
std::vector<std::string> digits(const Dataset& data) {
  std::vector<std::string> result;
  for (int i = 0; i < data.count(); ++i) {
    const auto start = data.pixels.begin() + i * 28 * 28;
    result.emplace_back(start, start + 28 * 28);
    result.back() += static_cast<char>(data.labels[static_cast<std::size_t>(i)]);
  }
  return result;
}

}  // namespace

TEST_CASE("the whole set is read") {
  if (!is_there()) return;
  std::ostringstream log;
  check_is_mnist(load_mnist(folder.string(), log));
  CHECK(log.str().empty());
}

TEST_CASE("the sample's digits are all of the training set, with its labels") {
  if (!is_there()) return;
  std::ostringstream log;
  const std::vector<std::string> list = digits(load_mnist(folder.string(), log).train);
  const std::set<std::string> train(list.begin(), list.end());
  const TrainTest sample = load_mnist_sample();
  for (const Dataset* part : {&sample.train, &sample.test}) {
    CHECK(std::ranges::count_if(digits(*part), [&train](const std::string& digit) {
            return train.contains(digit);
          }) == part->count());
  }
}

TEST_CASE("auto fetches the four files from a mirror, and next time finds them") {
  if (!is_there()) return;
  const TempDir dir;
  const CurrentDirectory here(dir.path());
  const Environment data("LONGHAND_DATA", std::nullopt);
  std::ostringstream log;
  TrainTest mnist;
  {
    // The first mirror is not there, the second is.
    const Environment mirror("LONGHAND_MNIST_MIRROR", "file://" + dir.file("no") + " file://" +
                                                          fs::canonical(folder).string());
    mnist = load_mnist("auto", log);
  }
  if (log.str().find("without libcurl") != std::string::npos) {
    skip(log.str());
    return;
  }
  check_is_mnist(mnist);
  CHECK(log.str().find("MNIST: downloaded into data/mnist\n") != std::string::npos);
  int count = 0;
  for (const auto& entry : fs::directory_iterator("data/mnist")) {
    CHECK(entry.path().extension() == ".gz");
    CHECK(fs::file_size(entry.path()) == fs::file_size(folder / entry.path().filename()));
    ++count;
  }
  CHECK(count == 4);

  // Without a mirror it must be enough.
  const Environment mirror("LONGHAND_MNIST_MIRROR", "file://" + dir.file("no"));
  log.str("");
  check_is_mnist(load_mnist("auto", log));
  CHECK(log.str().empty());

  // One file lost: it alone is missed.
  fs::remove("data/mnist/t10k-labels-idx1-ubyte.gz");
  CHECK(load_mnist("auto", log).source == "the built-in sample of MNIST");
  CHECK(log.str().find("lacks t10k-labels-idx1-ubyte") != std::string::npos);
  CHECK(log.str().find("cannot download data/mnist/t10k-labels") != std::string::npos);
}
