#include "datasets/mnist.h"

#include <array>
#include <cstdlib>
#include <filesystem>
#include <ostream>
#include <sstream>
#include <vector>

#include "core/error.h"
#include "datasets/download.h"
#include "datasets/idx.h"
#include "datasets/sample.h"

namespace longhand {

namespace {

const char* const own_folder = "data/mnist";
const char* const mirrors =
    "https://ossci-datasets.s3.amazonaws.com/mnist/ "
    "https://storage.googleapis.com/cvdf-datasets/mnist/";

struct MnistFile {
  const char* name;
  const char* sha256;  // of the name with .gz
};

constexpr std::array<MnistFile, 4> files{{
    {"train-images-idx3-ubyte", "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"},
    {"train-labels-idx1-ubyte", "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"},
    {"t10k-images-idx3-ubyte", "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"},
    {"t10k-labels-idx1-ubyte", "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"},
}};

// The file in the folder, with .gz or without; empty if neither is there.
std::string find_file(const std::string& folder, const std::string& name) {
  std::error_code error;
  for (const std::string ending : {"", ".gz"}) {
    std::string path = (std::filesystem::path(folder) / (name + ending)).string();
    if (std::filesystem::exists(path, error)) return path;
  }
  return "";
}

// The names of those of the four files that the folder lacks.
std::vector<std::string> missing_files(const std::string& folder) {
  std::vector<std::string> names;
  for (const MnistFile& file : files) {
    if (find_file(folder, file.name).empty()) names.push_back(file.name);
  }
  return names;
}

Dataset read_part(const std::string& folder, const MnistFile& images, const MnistFile& labels) {
  const std::string path = find_file(folder, images.name);
  Dataset part = read_idx(path, find_file(folder, labels.name));
  if (part.image.h != 28 || part.image.w != 28) {
    throw FileError(path + " has images of " + std::to_string(part.image.h) + "x" +
                    std::to_string(part.image.w) + ": expected MNIST's 28x28");
  }
  return part;
}

TrainTest load_folder(const std::string& folder) {
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error)) {
    throw FileError("there is no folder " + folder +
                    ": expected auto, sample, or a folder with the four files of MNIST");
  }
  const std::vector<std::string> missing = missing_files(folder);
  if (!missing.empty()) {
    throw FileError("the folder " + folder + " has neither " + missing.front() + " nor " +
                    missing.front() + ".gz: expected the four files of MNIST");
  }
  return {.train = read_part(folder, files[0], files[1]),
          .test = read_part(folder, files[2], files[3]),
          .source = "MNIST from " + folder};
}

// True when all four files are there. Says so on `log` when only some are.
bool has_mnist(const std::string& folder, std::ostream& log) {
  const std::vector<std::string> missing = missing_files(folder);
  if (missing.empty() || missing.size() == files.size()) return missing.empty();
  log << "MNIST: not all of it is in " << folder << ", which lacks " << missing.front();
  if (missing.size() > 1) log << " and " << missing.size() - 1 << " more";
  log << std::endl;
  return false;
}

// The file's address at each mirror.
std::vector<std::string> addresses(const std::string& name) {
  const char* own = std::getenv("LONGHAND_MNIST_MIRROR");
  std::istringstream bases(own != nullptr && *own != '\0' ? own : mirrors);
  std::vector<std::string> urls;
  for (std::string base; bases >> base;) {
    urls.push_back(base + (base.ends_with('/') ? "" : "/") + name);
  }
  return urls;
}

// Completes the folder with what it lacks of the four files.
void download(const std::string& folder, std::ostream& log) {
  for (const MnistFile& file : files) {
    if (!find_file(folder, file.name).empty()) continue;
    const std::string name = std::string(file.name) + ".gz";
    download_file(addresses(name), folder + "/" + name, file.sha256, log);
  }
  log << "MNIST: downloaded into " << folder << std::endl;
}

TrainTest load_auto(std::ostream& log) {
  if (has_mnist(own_folder, log)) return load_folder(own_folder);
  const char* data = std::getenv("LONGHAND_DATA");
  if (data != nullptr && *data != '\0') {
    const std::string folder = (std::filesystem::path(data) / "mnist").string();
    if (has_mnist(folder, log)) return load_folder(folder);
  }
  try {
    download(own_folder, log);
  } catch (const FileError& error) {
    log << "MNIST: " << error.what() << "; using the built-in sample of 5,000 digits" << std::endl;
    return load_mnist_sample();
  }
  return load_folder(own_folder);
}

}  // namespace

TrainTest load_mnist(const std::string& where, std::ostream& log) {
  if (where == "sample") return load_mnist_sample();
  if (where == "auto") return load_auto(log);
  return load_folder(where);
}

}  // namespace longhand
