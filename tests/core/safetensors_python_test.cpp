// Checkpoints that Python's safetensors package reads and writes; skipped where it is not.
#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>

#include "core/checkpoint.h"
#include "core/gradcheck.h"
#include "tests/support/skip.h"
#include "tests/support/temp_dir.h"

using namespace longhand;

TEST_CASE("a round trip through Python's safetensors") {
  if (std::system("python3 -c 'import numpy, safetensors.numpy' 2>/dev/null") != 0) {
    test::skip("Python has no safetensors package (and numpy)");
    return;
  }
  const test::TempDir dir;
  Param w("0.weight", {2, 3, 4, 5}, 4), b("0.bias", {3}, 1);
  w.value = spread_values(w.value.shape(), 1);
  b.value = spread_values(b.value.shape(), 2);
  const Tensor w_before = w.value, b_before = b.value;
  save_checkpoint(dir.file("in.safetensors"), {&w, &b}, {{"model", "classic"}});
  std::ofstream(dir.file("double.py")) << R"(
import sys
from safetensors import safe_open
from safetensors.numpy import load_file, save_file
folder = sys.argv[1]
tensors = load_file(folder + "/in.safetensors")
assert tensors["0.weight"].shape == (2, 3, 4, 5) and tensors["0.bias"].shape == (3,)
with safe_open(folder + "/in.safetensors", framework="numpy") as file:
    assert file.metadata() == {"model": "classic"}, file.metadata()
save_file({name: 2 * t for name, t in tensors.items()}, folder + "/out.safetensors",
          metadata={"by": "python"})
)";
  const std::string command = "python3 " + dir.file("double.py") + " " + dir.path().string();
  REQUIRE(std::system(command.c_str()) == 0);
  load_checkpoint(dir.file("out.safetensors"), {&w, &b});
  CHECK(read_checkpoint_metadata(dir.file("out.safetensors")).at("by") == "python");
  for (std::int64_t i = 0; i < w.value.size(); ++i) REQUIRE(w.value[i] == 2 * w_before[i]);
  for (std::int64_t i = 0; i < b.value.size(); ++i) REQUIRE(b.value[i] == 2 * b_before[i]);
}
