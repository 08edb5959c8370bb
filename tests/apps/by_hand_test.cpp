// by_hand: the numbers of its lesson, against ones worked out apart from it in exact fractions;
// what it says at ties and kinks; its arguments; and that its page shows what it prints.
#include <doctest/doctest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/run_program.h"

namespace {

struct Output {
  int code = -1;
  std::string text;  // stdout and stderr
  std::vector<std::string> lines;
};

std::vector<std::string> split_lines(std::istream& in) {
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

Output by_hand(const std::string& arguments) {
  const longhand::test::ProgramResult result = longhand::test::run_program("by_hand " + arguments);
  std::istringstream in(result.output);
  return {result.code, result.output, split_lines(in)};
}

// Every line of `expected` but empty ones is a whole line of the output, in this order; other lines
// may be between.
void check_lines(const Output& output, const std::string& expected) {
  std::istringstream in(expected);
  std::size_t place = 0;
  for (const std::string& line : split_lines(in)) {
    if (line.empty()) continue;
    std::size_t found = place;
    while (found < output.lines.size() && output.lines[found] != line) ++found;
    INFO("the line: ", line);
    CHECK(found < output.lines.size());
    if (found < output.lines.size()) place = found + 1;
  }
}

std::size_t count_lines_ending(const Output& output, const std::string& end) {
  std::size_t count = 0;
  for (const std::string& line : output.lines) count += line.ends_with(end) ? 1 : 0;
  return count;
}

void check_refused(const std::string& arguments, const std::string& message) {
  const Output output = by_hand(arguments);
  INFO(arguments);
  CHECK(output.code > 1);
  REQUIRE(output.lines.size() == 2);  // the message, and CLI11's pointer to --help
  CHECK(output.lines[0] == message);
}

}  // namespace

TEST_CASE("the default lesson") {
  const Output output = by_hand("");
  CHECK(output.code == 0);
  check_lines(output, R"(
  z[0,0] = 0*1 + 0*(-0.5) + 0*(-1) + 1*0.5 + 0.1 = 0.6
  z[0,3] = 0*1 + 0*(-0.5) + 2*(-1) + 1*0.5 + 0.1 = -1.4
  z[1,2] = 2*1 + 2*(-0.5) + 1*(-1) + 2*0.5 + 0.1 = 1.1
  z[2,3] = 2*1 + 1*(-0.5) + 1*(-1) + 3*0.5 + 0.1 = 2.1
  z[3,1] = 2*1 + 1*(-0.5) + 0*(-1) + 0*0.5 + 0.1 = 1.6
  z =   0.6   0.1  -0.9  -1.4      a =  0.6  0.1    0    0
        0.1  -0.4   1.1   0.1           0.1    0  1.1  0.1
        0.6  -0.9  -0.4   2.1           0.6    0    0  2.1
       -0.9   1.6   1.1  -1.4             0  1.6  1.1    0
  Blocked: z[0,2] z[0,3] z[1,1] z[2,1] z[2,2] z[3,0] z[3,3]
  p[0,0] = max(0.6, 0.1, 0.1, 0) = 0.6  winner a[0,0]
  p[0,1] = max(0, 0, 1.1, 0.1) = 1.1    winner a[1,2]
  p[1,0] = max(0.6, 0, 0, 1.6) = 1.6    winner a[3,1]
  p[1,1] = max(0, 2.1, 1.1, 0) = 2.1    winner a[2,3]
  f = 0.6, 1.1, 1.6, 2.1
  y = 0.6*1 + 1.1*(-1) + 1.6*(-0.5) + 2.1*2 + (-0.3) = 2.6
  L = (2.6 - 2)^2 = 0.6^2 = 0.36
)");
  check_lines(output, R"(
  dy = 2*(2.6 - 2) = 1.2
  dv[0] = 1.2*0.6 = 0.72
  dv[1] = 1.2*1.1 = 1.32
  dv[2] = 1.2*1.6 = 1.92
  dv[3] = 1.2*2.1 = 2.52
  dc = 1.2
  df[2] = 1.2*(-0.5) = -0.6
  dp =   1.2  -1.2
        -0.6   2.4
  dp[0,1] = -1.2    -> da[1,2]
  dz[1,2] = -1.2    passes: z[1,2] = 1.1 > 0
  z > 0 =  1  1  0  0      dz =   1.2     0     0     0
           1  0  1  1               0     0  -1.2     0
           1  0  0  1               0     0     0   2.4
           0  1  1  0               0  -0.6     0     0
  dw[0,0] = dz[1,2]*x[0,1] + dz[2,3]*x[1,2] + dz[3,1]*x[2,0]
          = (-1.2)*2 + 2.4*2 + (-0.6)*2 = 1.2
          = (-1.2)*2 + 2.4*1 + (-0.6)*1 = -0.6
  dw[1,0] = dz[1,2]*x[1,1] + dz[2,3]*x[2,2]
          = (-1.2)*1 + 2.4*1 = 1.2
          = 1.2*1 + (-1.2)*2 + 2.4*3 = 6
  db = dz[0,0] + dz[1,2] + dz[2,3] + dz[3,1]
     = 1.2 + (-1.2) + 2.4 + (-0.6) = 1.8
  dw =   1.2  -0.6
         1.2     6
  dx =   0.6  -1.2   0.6     0
           0   1.2   1.8  -1.2
        -0.6   0.3  -2.4   1.2
         0.6  -0.3     0     0
)");
  check_lines(output, R"(
  w_new[0,0] = 1 - 0.01*1.2 = 0.988
  w_new[0,1] = -0.5 - 0.01*(-0.6) = -0.494
  w_new[1,0] = -1 - 0.01*1.2 = -1.012
  w_new[1,1] = 0.5 - 0.01*6 = 0.44
  b_new = 0.1 - 0.01*1.8 = 0.082
  v_new[0] = 1 - 0.01*0.72 = 0.9928
  v_new[1] = -1 - 0.01*1.32 = -1.0132
  v_new[2] = -0.5 - 0.01*1.92 = -0.5192
  v_new[3] = 2 - 0.01*2.52 = 1.9748
  c_new = -0.3 - 0.01*1.2 = -0.312
  L = (2.14066 - 2)^2 = 0.140657^2 = 0.0197843
  The loss was 0.36 and is now 0.0197843.
  26 gradients compared: all agree (tolerance 1e-06).
)");
  CHECK(count_lines_ending(output, "  agrees") == 26);
}

TEST_CASE("a lesson with other numbers") {
  // By spaces and by commas; one z is exactly 0, but wins no pooling, so every slope is defined.
  const Output output = by_hand(
      "--image 3 0 1 2  1 -1 0 2  2 1 4 0  0 2 1 1 --kernel 1,2,-1,0.5 --conv-bias -0.5 --weights "
      "'-1, 0.5, 1, 0.25' --dense-bias 0.5 --target=-1 --lr 0.05");
  CHECK(output.code == 0);
  check_lines(output, R"(
  z =     1  -3.5     0  -0.5      a =    1    0    0    0
          6     1   2.5   5.5             6    1  2.5  5.5
        2.5    -3  -0.5  -0.5           2.5    0    0    0
        3.5   4.5     7     3           3.5  4.5    7    3
  z[0,2] is exactly 0, the ReLU's kink: its gradient there is taken as 0.
  f = 6, 5.5, 4.5, 7
  y = 6*(-1) + 5.5*0.5 + 4.5*1 + 7*0.25 + 0.5 = 3.5
  L = (3.5 - (-1))^2 = 4.5^2 = 20.25
  dy = 2*(3.5 - (-1)) = 9
  dv[0] = 9*6 = 54
  dv[1] = 9*5.5 = 49.5
  dv[2] = 9*4.5 = 40.5
  dv[3] = 9*7 = 63
  dw[0,0] = dz[1,3]*x[0,2] + dz[3,1]*x[2,0] + dz[3,2]*x[2,1]
          = 4.5*1 + 9*2 + 2.25*1 = 24.75
          = (-9)*3 + 4.5*2 + 9*1 + 2.25*4 = 0
  dw[1,0] = dz[3,2]*x[3,1] = 2.25*2 = 4.5
          = (-9)*1 + 4.5*2 + 9*2 + 2.25*1 = 20.25
     = (-9) + 4.5 + 9 + 2.25 = 6.75
  dx =    -18      0    4.5      9
         -4.5      0   -4.5   2.25
            9  20.25    4.5      0
           -9   2.25  1.125      0
  w_new[0,0] = 1 - 0.05*24.75 = -0.2375
  w_new[0,1] = 2 - 0.05*0 = 2
  w_new[1,0] = -1 - 0.05*4.5 = -1.225
  w_new[1,1] = 0.5 - 0.05*20.25 = -0.5125
  b_new = -0.5 - 0.05*6.75 = -0.8375
  v_new[0] = -1 - 0.05*54 = -3.7
  c_new = 0.5 - 0.05*9 = 0.05
  The loss was 20.25 and is now 1267.58: it rose. The step was too long; try a smaller --lr.
  26 gradients compared: all agree (tolerance 1e-06).
)");
}

TEST_CASE("the image's gradient written out") {
  CHECK(by_hand("").text.find("dx[1,2] =") == std::string::npos);
  check_lines(by_hand("--image-gradient"), R"(
  dx[0,0] = dz[0,0]*w[1,1] = 1.2*0.5 = 0.6
  dx[0,3] = 0    (every product is 0)
  dx[1,2] = dz[1,2]*w[1,1] + dz[2,3]*w[0,0]
          = (-1.2)*0.5 + 2.4*1 = 1.8
)");
}

TEST_CASE("a tie has a winner, but not every number a slope") {
  const Output output = by_hand(
      "--image 1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1 --kernel 0,0,0,1 --conv-bias 0 --weights 1,2,3,4");
  CHECK(output.code == 0);
  check_lines(output, R"(
  p[0,1] = max(1, 1, 1, 1) = 1          winner a[0,2] (a tie of 4: the first in row order wins)
  dw[0,0]          61.6         none             a kink or a tie within h
  7 gradients compared: all agree (tolerance 1e-06).
  19 not compared: within h the winner of a window changes, or the ReLU turns on or off,
)");
}

TEST_CASE("windows of zeros are blocked by the ReLU") {
  const Output output = by_hand("--kernel -1,-1,-1,-1 --conv-bias -0.5");
  CHECK(output.code == 0);
  check_lines(output, R"(
  p[1,0] = max(0, 0, 0, 0) = 0          winner a[2,0] (all are 0: the first in row order wins)
  dz[2,0] = 0       blocked: z[2,0] = -3.5 <= 0
  dw[1,1] = 0    (every product is 0)
  c_new = -0.3 - 0.01*(-4.6) = -0.254
  26 gradients compared: all agree (tolerance 1e-06).
)");
}

TEST_CASE("a z of exactly 0 that wins has no slope") {
  // All z are 0, so b decides whether any of them passes.
  const Output output = by_hand("--kernel 0,0,0,0 --conv-bias 0");
  CHECK(output.code == 0);
  check_lines(output, R"(
  z[0,0] is exactly 0, the ReLU's kink: its gradient there is taken as 0.
  db                  0         none             a kink or a tie within h
)");
  CHECK(count_lines_ending(output, "  agrees") > 0);
}

TEST_CASE("a target that is met") {
  const Output output = by_hand("--target 2.6");
  CHECK(output.code == 0);
  check_lines(output, R"(
  L = (2.6 - 2.6)^2 = 0^2 = 0
  26 gradients compared: all agree (tolerance 1e-06).
  All of them are 0, so this says little: y is at the target.
)");
}

TEST_CASE("gradients that disagree are an error") {
  // No rounding is allowed at tolerance 0.
  const Output output = by_hand("--tolerance 0");
  CHECK(output.code == 1);
  CHECK(count_lines_ending(output, "  DISAGREES") > 0);
  CHECK(output.text.find("all agree") == std::string::npos);
  REQUIRE(!output.lines.empty());
  CHECK(output.lines.back().starts_with("by_hand: "));
  CHECK(output.lines.back().ends_with(
      " of 26 gradients disagree with the numeric ones (tolerance 0)"));
}

TEST_CASE("wrong arguments") {
  check_refused("--image 1,2,3", "--image: needs 16 numbers, but got 3");
  check_refused("--kernel 1,2,3,4,5", "--kernel: needs 4 numbers, but got 5");
  check_refused("--weights ''", "--weights: needs 4 numbers, but got 0");
  check_refused("--weights 1,2,x,4", "--weights: 'x' is not a number");
  check_refused("--weights 1,2,3e,4", "--weights: '3e' is not a number");
  check_refused("--target 1 2", "--target: needs 1 number, but got 2");
  check_refused("--target nan", "--target: nan is out of range: from -1000 to 1000");
  check_refused("--conv-bias=-1e999", "--conv-bias: -1e999 is out of range: from -1000 to 1000");
  check_refused("--dense-bias 1001", "--dense-bias: 1001 is out of range: from -1000 to 1000");
  check_refused("--lr -0.1", "--lr: -0.1 is out of range: from 0 to 1000");
  check_refused("--lr", "--lr: 1 required NUMBER missing");
  check_refused("--colour", "The following argument was not expected: --colour");
}

TEST_CASE("help") {
  const Output output = by_hand("--help");
  CHECK(output.code == 0);
  for (const std::string option : {"--image", "--kernel", "--conv-bias", "--weights",
                                   "--dense-bias", "--target", "--lr", "--image-gradient"}) {
    CHECK(output.text.find(option) != std::string::npos);
  }
  CHECK(output.text.find("1,2,2,1,1,1,2,1,2,1,1,3,0,0,1,0") != std::string::npos);
}

TEST_CASE("the page shows what the program prints") {
  std::ifstream file(LONGHAND_SOURCE_DIR "/docs/by_hand.md");
  REQUIRE(file.is_open());
  Output page;
  page.lines = split_lines(file);
  Output lesson = by_hand("--image-gradient");
  REQUIRE(lesson.lines.size() > 200);
  // The relative errors of the last table are rounding, which differs between compilers.
  const std::size_t error_column = 37;
  for (Output* output : {&page, &lesson}) {
    output->text.clear();
    for (std::string& line : output->lines) {
      if (line.ends_with("  agrees")) line.resize(error_column);
      output->text += line + "\n";
    }
  }
  check_lines(page, lesson.text);
}
