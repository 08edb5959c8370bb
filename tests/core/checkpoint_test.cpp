#include "core/checkpoint.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/file.h"
#include "core/gradcheck.h"
#include "layers/conv2d.h"
#include "layers/dense.h"
#include "layers/sequential.h"
#include "tests/support/temp_dir.h"

using namespace longhand;
using nlohmann::json;

namespace {

void make_net(Sequential& net) {
  net.add<Conv2d>(2, 3, Size2(3, 2)).add<Dense>(4, 5, false);
  spread_params(net, 1);
}

// A file with that header and so many bytes of data.
void write_raw(const std::string& path, const std::string& header, std::size_t data) {
  std::string contents;
  for (int i = 0; i < 8; ++i) contents += static_cast<char>(header.size() >> (8 * i) & 0xff);
  write_file(path, contents + header + std::string(data, '\1'));
}

json entry(const char* type, const std::vector<int>& shape, int begin, int end) {
  return {{"dtype", type}, {"shape", shape}, {"data_offsets", {begin, end}}};
}

// The message of loading a file with that header into one param "w" of 2x3.
std::string refusal(const std::string& header, std::size_t data) {
  const test::TempDir dir;
  const std::string path = dir.file("a.safetensors");
  write_raw(path, header, data);
  Param w("w", {2, 3}, 2);
  w.value.fill(5);
  std::string message;
  try {
    load_checkpoint(path, {&w});
  } catch (const FileError& error) {
    message = error.what();
  }
  for (std::int64_t i = 0; i < w.value.size(); ++i) CHECK(w.value[i] == 5);  // nothing changed
  CHECK(message.find(path) != std::string::npos);
  return message;
}

#define CHECK_REFUSED(header, data, words) \
  CHECK(refusal(header, data).find(words) != std::string::npos)

}  // namespace

TEST_CASE("what is saved comes back to the bit, with its words") {
  const test::TempDir dir;
  const std::string path = dir.file("net.safetensors");
  Sequential net, other;
  make_net(net);
  make_net(other);
  for (Param* p : other.params()) p->value.fill(0);
  save_checkpoint(path, net.params(), {{"model", "classic"}});
  CHECK(read_checkpoint_metadata(path).at("model") == "classic");
  load_checkpoint(path, other.params());
  for (std::size_t i = 0; i < net.params().size(); ++i) {
    const Tensor& a = net.params()[i]->value;
    const Tensor& b = other.params()[i]->value;
    for (std::int64_t j = 0; j < a.size(); ++j) REQUIRE(a[j] == b[j]);
  }
  CHECK(std::distance(std::filesystem::directory_iterator(dir.path()), {}) == 1);
}

TEST_CASE("the file is what the format says: length, JSON with names and shapes, data") {
  const test::TempDir dir;
  const std::string path = dir.file("net.safetensors");
  Sequential net;
  make_net(net);
  save_checkpoint(path, net.params(), {});
  const std::string contents = read_file(path, 1 << 20);
  const auto size = static_cast<std::size_t>(static_cast<unsigned char>(contents[0]) +
                                             256 * static_cast<unsigned char>(contents[1]));
  CHECK(size % 8 == 0);
  const json header = json::parse(contents.substr(8, size));
  CHECK(header["0.weight"]["shape"] == json({3, 2, 3, 2}));
  CHECK(header["0.bias"]["shape"] == json({3}));
  CHECK(header["1.weight"]["shape"] == json({5, 4}));
  CHECK(header["1.weight"]["dtype"] == (sizeof(real) == 8 ? "F64" : "F32"));
  CHECK(contents.size() == 8 + size + (36 + 3 + 20) * sizeof(real));
}

TEST_CASE("both number types are read") {
  const test::TempDir dir;
  const std::string path = dir.file("a.safetensors");
  const double values[] = {1.5, -2};
  const std::string header = json{{"w", entry("F64", {2}, 0, 16)}}.dump();
  std::string contents(8, '\0');
  contents[0] = static_cast<char>(header.size());
  contents += header;
  contents.append(reinterpret_cast<const char*>(values), 16);
  write_file(path, contents);
  Param w("w", {2}, 1);
  load_checkpoint(path, {&w});
  CHECK(w.value[0] == 1.5);
  CHECK(w.value[1] == -2);
}

TEST_CASE("a file that is not sound is refused, and says why") {
  const auto one = [](const json& e) { return json{{"w", e}}.dump(); };
  const test::TempDir dir;
  Param w("w", {2, 3}, 2);
  CHECK_THROWS_AS(load_checkpoint(dir.file("missing"), {&w}), FileError);
  CHECK_THROWS_AS(load_checkpoint(dir.path().string(), {&w}), FileError);
  write_file(dir.file("short"), "1234");
  CHECK_THROWS_WITH_AS(load_checkpoint(dir.file("short"), {&w}), doctest::Contains("4 bytes"),
                       FileError);
  write_file(dir.file("long header"), std::string("\xff\xff\xff\xff\xff\xff\xff\x7f", 8) + "{}");
  CHECK_THROWS_WITH_AS(load_checkpoint(dir.file("long header"), {&w}),
                       doctest::Contains("header should have"), FileError);

  CHECK_REFUSED("not json", 0, "not a JSON object");
  CHECK_REFUSED("[1, 2]", 0, "not a JSON object");
  CHECK_REFUSED(one(3), 0, "not an object");
  CHECK_REFUSED(one(entry("I8", {2, 3}, 0, 24)), 24, "number type \"I8\"");
  CHECK_REFUSED(one({{"dtype", "F32"}}), 0, "no list 'shape'");
  CHECK_REFUSED(one(entry("F32", {2, -3}, 0, 24)), 24, "must be a whole number");
  CHECK_REFUSED(one(entry("F32", {2, 3}, 0, 24)), 20, "outside the file's 20 bytes");
  CHECK_REFUSED(one(entry("F32", {2, 3}, 24, 0)), 24, "outside the file");
  CHECK_REFUSED(one(entry("F32", {2, 3}, 0, 20)), 20, "but its shape needs 24");
  CHECK_REFUSED(R"({"w":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}})", 0,
                "too large");
  CHECK_REFUSED(one(entry("F32", {2, 3}, 4, 28)), 28, "gap before tensor 'w'");
  CHECK_REFUSED(one(entry("F32", {2, 3}, 0, 24)), 30, "6 bytes after the last tensor");
  CHECK_REFUSED((json{{"w", entry("F32", {2, 3}, 0, 24)}, {"v", entry("F32", {2}, 20, 28)}}.dump()),
                28, "overlaps");
  CHECK_REFUSED((json{{"__metadata__", {{"a", 1}}}}.dump()), 0, "metadata 'a' is not a string");
}

TEST_CASE("a file for another network is refused before a weight changes") {
  CHECK_REFUSED((json{{"v", entry("F32", {2, 3}, 0, 24)}}.dump()), 24, "no tensor 'w'");
  CHECK_REFUSED((json{{"w", entry("F32", {3, 2}, 0, 24)}}.dump()), 24,
                "is [3,2], but the network needs [2,3]");
  CHECK_REFUSED((json{{"w", entry("F32", {2, 3}, 0, 24)}, {"z", entry("F32", {1}, 24, 28)}}.dump()),
                28, "a tensor 'z', which the network has not");
}

TEST_CASE("what cannot be written leaves nothing behind") {
  const test::TempDir dir;
  Param a("w", {1}, 1), b("w", {1}, 1);
  CHECK_THROWS_AS(save_checkpoint(dir.file("x"), {&a, &b}, {}), ValueError);
  CHECK_THROWS_WITH_AS(save_checkpoint(dir.file("no/such/folder"), {&a}, {}),
                       doctest::Contains("No such file or directory"), FileError);
  std::filesystem::create_directory(dir.path() / "folder");
  CHECK_THROWS_AS(save_checkpoint(dir.file("folder"), {&a}, {}), FileError);
  CHECK(std::distance(std::filesystem::directory_iterator(dir.path()), {}) == 1);
}
