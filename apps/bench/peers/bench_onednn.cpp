// bench_onednn WORK... THREADS: oneDNN as a peer of bench, its primitives called directly. WORK is
//
//   lenet-classic|lenet-modern train|infer BATCH
//   gemm M N K nn|nt|tn|tt
//   conv N C H W K R S STRIDE PADDING forward|data|weights
//
// It is built only where oneDNN 2 and OpenMP are. Elsewhere the file is empty, so that whoever
// reads all files of the repository, a linter say, can read it too.
#if defined(_OPENMP) && __has_include(<dnnl.hpp>)
#include <omp.h>

#include <algorithm>

#include "apps/bench/images.h"
#include "apps/bench/peers/onednn_layers.h"
#include "apps/bench/peers/peer.h"

using namespace longhand;
using namespace longhand::bench;
using namespace longhand::bench::onednn;

namespace {

std::string version() {
  const dnnl_version_t* v = dnnl::version();
  return "oneDNN " + std::to_string(v->major) + "." + std::to_string(v->minor) + "." +
         std::to_string(v->patch);
}

// The mean loss of a batch's scores y, and its gradient dy.
double softmax_loss(const memory& y, const std::vector<int>& labels, const memory& dy) {
  const std::size_t classes = 10;
  double loss = 0;
  for (std::size_t n = 0; n < labels.size(); ++n) {
    const float* score = values(y) + n * classes;
    const auto label = static_cast<std::size_t>(labels[n]);
    const float largest = *std::max_element(score, score + classes);
    float sum = 0, power[classes];
    for (std::size_t c = 0; c < classes; ++c) sum += power[c] = std::exp(score[c] - largest);
    loss += std::log(sum) - (score[label] - largest);
    for (std::size_t c = 0; c < classes; ++c) {
      const float target = c == label ? 1.F : 0.F;
      values(dy)[n * classes + c] = (power[c] / sum - target) / static_cast<float>(labels.size());
    }
  }
  return loss / static_cast<double>(labels.size());
}

int serve_lenet(const std::string& model, bool train, int batch) {
  Network net;
  net.train = train;
  const std::vector<std::unique_ptr<Layer>> layers = lenet_layers(model, train);
  Random random(1);
  std::vector<Batch> batches = make_batches(batch, random);
  memory x(plain_layout({batch, 1, 28, 28}), engine(), batches[0].x.data());
  memory y = x;
  for (const auto& layer : layers) {
    layer->forward(net, y);
    y = layer->y;
  }
  const memory dy = make_memory(y.get_desc());
  memory gradient = dy;
  for (std::size_t i = layers.size(); train && i-- > 0;) {
    gradient = layers[i]->backward(net, gradient, i > 0);
  }
  dnnl::stream stream(engine());
  std::size_t place = 0;
  double loss = 0;
  const auto step = [&] {
    place = (place + 1) % batches.size();
    x.set_data_handle(batches[place].x.data());
    net.forward.run(stream);
    if (!train) return;
    loss = softmax_loss(y, batches[place].labels, dy);
    net.backward.run(stream);
    net.update(0.001F, 0.9F);
  };
  return serve(version() + ", primitives called directly", step, [&] { return loss; });
}

int serve_gemm(int m, int n, int k, const std::string& transposes) {
  const char transpose_a = transposes[0] == 't' ? 'T' : 'N';
  const char transpose_b = transposes[1] == 't' ? 'T' : 'N';
  Random random(1);
  const std::vector<float> a = random_values(std::int64_t{m} * k, random);
  const std::vector<float> b = random_values(std::int64_t{k} * n, random);
  std::vector<float> c = random_values(std::int64_t{m} * n, random);
  return serve(version(), [&] {
    dnnl::sgemm(transpose_a, transpose_b, m, n, k, 1, a.data(), transpose_a == 'T' ? m : k,
                b.data(), transpose_b == 'T' ? k : n, 0, c.data(), n);
  });
}

// Every tensor lies in the layout that the primitive chose: reorders are not timed.
int serve_conv(const std::vector<int>& v, const std::string& direction) {
  const memory::dim stride_rows = v[7], padding_rows = v[8];
  const memory::dims stride{stride_rows, stride_rows}, padding{padding_rows, padding_rows};
  const auto extent = [&](int size, int kernel) {
    return (size + 2 * padding_rows - kernel) / stride_rows + 1;
  };
  const Desc x = any_layout({v[0], v[1], v[2], v[3]});
  const Desc w = any_layout({v[4], v[1], v[5], v[6]});
  const Desc y = any_layout({v[0], v[4], extent(v[2], v[5]), extent(v[3], v[6])});
  const algorithm direct = algorithm::convolution_direct;
  const dnnl::convolution_forward::primitive_desc forward(
      {prop_kind::forward_training, direct, x, w, y, stride, padding, padding}, engine());
  dnnl::primitive primitive;
  Arguments arguments;
  std::string kernel;  // the implementation that oneDNN chose
  Random random(1);
  const auto add = [&](int argument, const Desc& desc) {
    arguments[argument] = random_memory(desc, 1, random);
  };
  if (direction == "forward") {
    primitive = dnnl::convolution_forward(forward);
    kernel = forward.impl_info_str();
    add(DNNL_ARG_SRC, forward.src_desc());
    add(DNNL_ARG_WEIGHTS, forward.weights_desc());
    add(DNNL_ARG_DST, forward.dst_desc());
  } else if (direction == "data") {
    const dnnl::convolution_backward_data::primitive_desc data(
        {direct, x, w, y, stride, padding, padding}, engine(), forward);
    primitive = dnnl::convolution_backward_data(data);
    kernel = data.impl_info_str();
    add(DNNL_ARG_DIFF_DST, data.diff_dst_desc());
    add(DNNL_ARG_WEIGHTS, data.weights_desc());
    add(DNNL_ARG_DIFF_SRC, data.diff_src_desc());
  } else {
    const dnnl::convolution_backward_weights::primitive_desc weights(
        {direct, x, w, y, stride, padding, padding}, engine(), forward);
    primitive = dnnl::convolution_backward_weights(weights);
    kernel = weights.impl_info_str();
    add(DNNL_ARG_SRC, weights.src_desc());
    add(DNNL_ARG_DIFF_DST, weights.diff_dst_desc());
    add(DNNL_ARG_DIFF_WEIGHTS, weights.diff_weights_desc());
  }
  dnnl::stream stream(engine());
  return serve(version() + " " + kernel, [&] {
    primitive.execute(stream, arguments);
    stream.wait();
  });
}

int run(const std::vector<std::string>& words) {
  const auto number = [&](std::size_t i) { return std::atoi(words[i].c_str()); };
  const bool lenet = words.size() == 4 && words[0].starts_with("lenet-");
  const bool gemm = words.size() == 6 && words[0] == "gemm";
  const bool conv = words.size() == 12 && words[0] == "conv";
  if (!lenet && !gemm && !conv) {
    std::cerr << "bench_onednn: bench starts this program\n";
    return 2;
  }
  omp_set_num_threads(number(words.size() - 1));
  if (lenet) return serve_lenet(words[0], words[1] == "train", number(2));
  if (gemm) return serve_gemm(number(1), number(2), number(3), words[4]);
  std::vector<int> shape;
  for (std::size_t i = 1; i <= 9; ++i) shape.push_back(number(i));
  return serve_conv(shape, words[10]);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::cerr << "bench_onednn: " << error.what() << "\n";
    return 1;
  }
}
#endif
