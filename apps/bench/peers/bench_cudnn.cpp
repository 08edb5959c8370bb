// bench_cudnn conv N C H W K R S STRIDE PADDING forward|data|weights THREADS: cuDNN as a peer of
// bench. Tensors are float in NCHW, the arithmetic float without tensor cores, and the algorithm is
// the fastest of those that cuDNN tries at the start, with as much memory of its own as it likes.
//
// It is built only with nvcc and where cuDNN is. Elsewhere the file is empty, so that whoever reads
// all files of the repository, a linter say, can read it too.
#if __has_include(<cudnn.h>)
#include <cudnn.h>

#include <functional>

#include "apps/bench/peers/gpu.h"

using namespace longhand;
using namespace longhand::bench;

namespace {

void check(cudnnStatus_t status) {
  if (status != CUDNN_STATUS_SUCCESS) throw std::runtime_error(cudnnGetErrorString(status));
}

// A tensor in NCHW, with numbers in it. What is made here stays until the program ends.
struct DeviceTensor {
  int n, c, h, w;
  cudnnTensorDescriptor_t desc = nullptr;
  float* data = nullptr;

  DeviceTensor(int n_, int c_, int h_, int w_, Random& random) : n(n_), c(c_), h(h_), w(w_) {
    check(cudnnCreateTensorDescriptor(&desc));
    check(cudnnSetTensor4dDescriptor(desc, CUDNN_TENSOR_NCHW, CUDNN_DATA_FLOAT, n, c, h, w));
    data = gpu::random_numbers(std::int64_t{n} * c * h * w, random);
  }
};

// What cuDNN found out about its algorithms, the fastest first.
template <class Results>
auto fastest(const Results& results, int count) {
  if (count == 0 || results[0].status != CUDNN_STATUS_SUCCESS) {
    throw std::runtime_error("no algorithm takes this convolution");
  }
  return results[0];
}

template <class Result>
std::string text_of(const Result& result) {
  const bool same = result.determinism == CUDNN_DETERMINISTIC;
  return "algorithm " + std::to_string(result.algo) + (same ? "" : ", not deterministic") + ", " +
         std::to_string(result.memory >> 20) + " MB of its own";
}

int serve_conv(const std::vector<int>& v, const std::string& direction) {
  const int stride = v[7], padding = v[8];
  const auto extent = [&](int size, int kernel) {
    return (size + 2 * padding - kernel) / stride + 1;
  };
  Random random(1);
  const DeviceTensor x(v[0], v[1], v[2], v[3], random);
  const DeviceTensor w(v[4], v[1], v[5], v[6], random);
  const DeviceTensor y(v[0], v[4], extent(v[2], v[5]), extent(v[3], v[6]), random);
  cudnnHandle_t cudnn = nullptr;
  cudnnFilterDescriptor_t w_desc = nullptr;
  cudnnConvolutionDescriptor_t conv = nullptr;
  check(cudnnCreate(&cudnn));
  check(cudnnCreateFilterDescriptor(&w_desc));
  check(
      cudnnSetFilter4dDescriptor(w_desc, CUDNN_DATA_FLOAT, CUDNN_TENSOR_NCHW, w.n, w.c, w.h, w.w));
  check(cudnnCreateConvolutionDescriptor(&conv));
  check(cudnnSetConvolution2dDescriptor(conv, padding, padding, stride, stride, 1, 1,
                                        CUDNN_CROSS_CORRELATION, CUDNN_DATA_FLOAT));
  check(cudnnSetConvolutionMathType(conv, CUDNN_FMA_MATH));

  constexpr int most = 16;  // algorithms
  int count = 0;
  const float one = 1, zero = 0;
  std::string algorithm;
  std::function<void()> step;
  if (direction == "forward") {
    cudnnConvolutionFwdAlgoPerf_t results[most];
    check(cudnnFindConvolutionForwardAlgorithm(cudnn, x.desc, w_desc, conv, y.desc, most, &count,
                                               results));
    const cudnnConvolutionFwdAlgoPerf_t best = fastest(results, count);
    algorithm = text_of(best);
    void* const memory = gpu::allocate(best.memory);
    step = [=, &one, &zero] {
      check(cudnnConvolutionForward(cudnn, &one, x.desc, x.data, w_desc, w.data, conv, best.algo,
                                    memory, best.memory, &zero, y.desc, y.data));
    };
  } else if (direction == "data") {
    cudnnConvolutionBwdDataAlgoPerf_t results[most];
    check(cudnnFindConvolutionBackwardDataAlgorithm(cudnn, w_desc, y.desc, conv, x.desc, most,
                                                    &count, results));
    const cudnnConvolutionBwdDataAlgoPerf_t best = fastest(results, count);
    algorithm = text_of(best);
    void* const memory = gpu::allocate(best.memory);
    step = [=, &one, &zero] {
      check(cudnnConvolutionBackwardData(cudnn, &one, w_desc, w.data, y.desc, y.data, conv,
                                         best.algo, memory, best.memory, &zero, x.desc, x.data));
    };
  } else {
    cudnnConvolutionBwdFilterAlgoPerf_t results[most];
    check(cudnnFindConvolutionBackwardFilterAlgorithm(cudnn, x.desc, y.desc, conv, w_desc, most,
                                                      &count, results));
    const cudnnConvolutionBwdFilterAlgoPerf_t best = fastest(results, count);
    algorithm = text_of(best);
    void* const memory = gpu::allocate(best.memory);
    step = [=, &one, &zero] {
      check(cudnnConvolutionBackwardFilter(cudnn, &one, x.desc, x.data, y.desc, y.data, conv,
                                           best.algo, memory, best.memory, &zero, w_desc, w.data));
    };
  }
  const auto version = static_cast<int>(cudnnGetVersion());  // 91300 for 9.13.0, 8907 for 8.9.7
  const int major = version >= 10000 ? version / 10000 : version / 1000;
  return gpu::serve(
      "cuDNN " + std::to_string(major) + " (" + std::to_string(version) + "), " + algorithm, step);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  const auto known = [&](const std::string& direction) {
    return direction == "forward" || direction == "data" || direction == "weights";
  };
  if (words.size() != 12 || words[0] != "conv" || !known(words[10])) {
    std::cerr << "usage: bench_cudnn conv N C H W K R S STRIDE PADDING forward|data|weights "
                 "THREADS\n";
    return 2;
  }
  try {
    if (!gpu::found()) return 0;
    std::vector<int> shape;
    for (std::size_t i = 1; i <= 9; ++i) shape.push_back(std::stoi(words[i]));
    return serve_conv(shape, words[10]);
  } catch (const std::exception& error) {
    std::cerr << "bench_cudnn: " << error.what() << "\n";
    return 1;
  }
}
#endif
