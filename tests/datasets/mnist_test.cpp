// load_mnist: where it looks, in which order, and what it says. No network: the mirror is a path.
#include "datasets/mnist.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "tests/datasets/idx_files.h"
#include "tests/datasets/surroundings.h"
#include "tests/support/temp_dir.h"

using namespace longhand;
using namespace longhand::test;

namespace {

// Four small files of MNIST's names: `train` images to train on, one to test with.
void write_mnist(const std::filesystem::path& folder, std::uint32_t train,
                 std::uint32_t side = 28) {
  std::filesystem::create_directories(folder);
  const auto file = [&folder](const std::string& name) { return (folder / name).string(); };
  write_gzip(file("train-images-idx3-ubyte.gz"), idx_images(train, side, side));
  write_bytes(file("train-labels-idx1-ubyte"), idx_labels(std::vector<std::uint8_t>(train, 3)));
  write_bytes(file("t10k-images-idx3-ubyte"), idx_images(1, side, side));
  write_gzip(file("t10k-labels-idx1-ubyte.gz"), idx_labels({8}));
}

// An empty current directory, no data anywhere, and a mirror without files.
struct Nowhere {
  TempDir dir;
  CurrentDirectory here{dir.path()};
  Environment data{"LONGHAND_DATA", std::nullopt};
  Environment mirror{"LONGHAND_MNIST_MIRROR", "file://" + dir.file("no/mirror")};
  std::ostringstream log;

  int lines() const {
    const std::string text = log.str();
    return static_cast<int>(std::count(text.begin(), text.end(), '\n'));
  }
};

}  // namespace

TEST_CASE("sample") {
  Nowhere nowhere;
  const TrainTest mnist = load_mnist("sample", nowhere.log);
  CHECK(mnist.train.count() == 4000);
  CHECK(mnist.test.count() == 1000);
  CHECK(nowhere.log.str().empty());
}

TEST_CASE("a folder") {
  Nowhere nowhere;
  write_mnist(nowhere.dir.path() / "some where", 5);
  const TrainTest mnist = load_mnist("some where", nowhere.log);
  CHECK(mnist.source == "MNIST from some where");
  CHECK(mnist.train.image == Shape{1, 1, 28, 28});
  CHECK(mnist.train.count() == 5);
  CHECK(mnist.train.labels[4] == 3);
  CHECK(mnist.train.pixels[5] == 5);
  CHECK(mnist.test.count() == 1);
  CHECK(mnist.test.labels[0] == 8);
  CHECK(nowhere.log.str().empty());
}

TEST_CASE("a folder that is not there or lacks a file") {
  Nowhere nowhere;
  const auto error = [&nowhere] { return file_error([&] { load_mnist("there", nowhere.log); }); };
  check_words(error(), {"no folder there", "sample", "auto"});
  write_mnist("there", 2);
  std::filesystem::remove("there/t10k-images-idx3-ubyte");
  check_words(error(), {"the folder there", "neither t10k-images-idx3-ubyte nor", ".gz"});
}

TEST_CASE("a folder with damaged or other images") {
  Nowhere nowhere;
  const auto error = [&nowhere] { return file_error([&] { load_mnist("there", nowhere.log); }); };
  write_mnist("there", 2, 32);
  check_words(error(), {"there/train-images-idx3-ubyte.gz", "32x32", "28x28"});
  write_mnist("there", 2);
  write_bytes("there/t10k-images-idx3-ubyte", idx_images(1, 28, 28).substr(0, 100));
  check_words(error(), {"there/t10k-images-idx3-ubyte", "cut off"});
}

TEST_CASE("auto: data/mnist, then $LONGHAND_DATA/mnist") {
  Nowhere nowhere;
  const Environment data("LONGHAND_DATA", nowhere.dir.file("elsewhere"));
  write_mnist("elsewhere/mnist", 3);
  CHECK(load_mnist("auto", nowhere.log).train.count() == 3);
  write_mnist("data/mnist", 2);
  const TrainTest mnist = load_mnist("auto", nowhere.log);
  CHECK(mnist.train.count() == 2);
  CHECK(mnist.source == "MNIST from data/mnist");
  CHECK(nowhere.log.str().empty());
}

TEST_CASE("auto: an incomplete folder is named and passed over") {
  Nowhere nowhere;
  const Environment data("LONGHAND_DATA", nowhere.dir.file("elsewhere"));
  write_mnist("data/mnist", 2);
  std::filesystem::remove("data/mnist/train-labels-idx1-ubyte");
  std::filesystem::remove("data/mnist/t10k-images-idx3-ubyte");
  write_mnist("elsewhere/mnist", 3);
  CHECK(load_mnist("auto", nowhere.log).train.count() == 3);
  CHECK(nowhere.lines() == 1);
  CHECK(nowhere.log.str().find("data/mnist, which lacks train-labels-idx1-ubyte and 1 more") !=
        std::string::npos);
}

TEST_CASE("auto: damaged files are an error, not passed over") {
  Nowhere nowhere;
  write_mnist("data/mnist", 2);
  write_bytes("data/mnist/train-labels-idx1-ubyte", idx_labels({1, 77}));
  check_words(file_error([&] { load_mnist("auto", nowhere.log); }),
              {"data/mnist/train-labels-idx1-ubyte", "label 77"});
}

TEST_CASE("auto: without files and network the sample, with the reason in one line") {
  Nowhere nowhere;
  const TrainTest mnist = load_mnist("auto", nowhere.log);
  CHECK(mnist.source == "the built-in sample of MNIST");
  CHECK(mnist.train.count() == 4000);
  CHECK(nowhere.lines() == 1);
  for (const char* words : {"cannot download data/mnist/train-images-idx3-ubyte.gz", "sample"}) {
    CHECK(nowhere.log.str().find(words) != std::string::npos);
  }
  CHECK(std::filesystem::is_empty(nowhere.dir.path()));
}

TEST_CASE("auto: mirrors with files that are not MNIST's are not believed") {
  Nowhere nowhere;
  write_mnist("wrong", 2);
  const std::string wrong = "file://" + nowhere.dir.file("wrong");
  const Environment mirror("LONGHAND_MNIST_MIRROR", wrong + "/  " + wrong + "2");
  CHECK(load_mnist("auto", nowhere.log).train.count() == 4000);
  CHECK(nowhere.lines() == 1);
  CHECK_FALSE(std::filesystem::exists("data"));
  if (nowhere.log.str().find("without libcurl") != std::string::npos) return;
  for (const char* words : {"wrong/train-images-idx3-ubyte.gz: wrong contents",
                            "wrong2/train-images-idx3-ubyte.gz: "}) {
    CHECK(nowhere.log.str().find(words) != std::string::npos);
  }
}
