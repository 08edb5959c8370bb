"""PyTorch as a peer of bench: bench_torch.py [cuda|cuda-graph] WORK... THREADS, where WORK is

  lenet-classic|lenet-modern train|infer BATCH
  gemm M N K nn|nt|tn|tt
  conv N C H W K R S STRIDE PADDING forward|data|weights

The conversation is that of docs/bench.md. On the CPU PyTorch is tuned: channels-last tensors, SGD
over all parameters at once, AVX-512 where the CPU has it, and Debian's OpenMP build of OpenBLAS,
whose threads are PyTorch's own. (With the other build the two compete for the cores.)

With `cuda` it works on the GPU, call by call: NCHW tensors, all arithmetic in float without tensor
cores, cuDNN's algorithms chosen by trying them, SGD in as few kernels as PyTorch has for it. With
`cuda-graph` a network's step is captured into a CUDA graph for each batch, and these are replayed.
"""
import ctypes
import glob
import json
import os
import resource
import sys
import time

VARIANT = sys.argv.pop(1) if sys.argv[1] in ('cuda', 'cuda-graph') else ''
CUDA = VARIANT != ''


def name_of_unknown_cpu(openblas, flags):
    """What OpenBLAS should take the CPU for if it is older and takes it for a Prescott of 2004, whose
    vectors have 4 floats; None if it knows it, or is not there. bench_openblas.cpp does the same."""
    try:
        core = ctypes.CDLL(openblas).openblas_get_corename
    except OSError:
        return None
    core.restype = ctypes.c_char_p
    if core() != b'Prescott':
        return None
    known = {'avx512_bf16': 'Cooperlake', 'avx512f': 'SkylakeX', 'avx2': 'Haswell'}
    return next((name for flag, name in known.items() if flag in flags), None)


def restart_tuned():
    """PyTorch and the loader read these when they start, so the program starts a second time."""
    folders = glob.glob('/usr/lib/*/openblas-openmp')
    with open('/proc/cpuinfo') as file:
        flags = set(file.read().split())
    tuned = {'LONGHAND_TORCH_TUNED': ' '.join(['OpenBLAS with OpenMP'] * bool(folders))}
    if folders:
        tuned['LD_LIBRARY_PATH'] = folders[0]
    core = name_of_unknown_cpu('/'.join(folders[:1] + ['libopenblas.so.0']), flags)
    if core and not os.environ.get('OPENBLAS_CORETYPE'):
        tuned['OPENBLAS_CORETYPE'] = core
    if 'avx512f' in flags:
        tuned['ATEN_CPU_CAPABILITY'] = 'avx512'
    os.execve(sys.executable, [sys.executable] + sys.argv, {**os.environ, **tuned})


if not CUDA and 'LONGHAND_TORCH_TUNED' not in os.environ:
    restart_tuned()

try:
    import torch
    from torch import nn
    import torch.nn.functional as F
except ImportError as error:
    print('missing', error, flush=True)
    sys.exit(0)

if CUDA and not torch.cuda.is_available():
    print('missing a GPU that torch finds', flush=True)
    sys.exit(0)
if CUDA and not hasattr(torch, 'set_default_device'):
    print('missing PyTorch 2: this is', torch.__version__, flush=True)
    sys.exit(0)

LAYOUT = torch.contiguous_format if CUDA else torch.channels_last
if CUDA:
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = True
    torch.set_default_device('cuda')


def classic():
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.Tanh(), nn.AvgPool2d(2),
        nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10))


def modern():
    return nn.Sequential(
        nn.Conv2d(1, 20, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(20, 50, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(2450, 500), nn.ReLU(), nn.Linear(500, 10))


def images(batch):
    """As apps/bench/images.h makes them: noise with a bright bar, a fifth of the labels random."""
    count = max(1, 1024 // batch) * batch
    x, labels = torch.rand(count, 1, 28, 28), torch.randint(10, (count,))
    for i in range(count):
        x[i, 0, 4 + 2 * labels[i]:6 + 2 * labels[i]] += 1
    labels[::5] = torch.randint(10, labels[::5].shape)
    return x.contiguous(memory_format=LAYOUT).split(batch), labels.split(batch)


def make_sgd(parameters):
    options = {'lr': 0.001, 'momentum': 0.9}
    if CUDA:
        try:
            return torch.optim.SGD(parameters, fused=True, **options)
        except (TypeError, RuntimeError):  # an older PyTorch
            pass
    return torch.optim.SGD(parameters, foreach=True, **options)


def captured(work):
    """A graph of what work() launches, once it has been called often enough to have its memory."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            work()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        result = work()
    return graph, result


def lenet(model, mode, batch):
    """A step, and the loss of the last one."""
    net = {'lenet-classic': classic, 'lenet-modern': modern}[model]().to(memory_format=LAYOUT)
    train = mode == 'train'
    net.train(train)
    sgd = make_sgd(net.parameters())
    x, labels = images(int(batch))
    if CUDA:
        x, labels = x[:8], labels[:8]  # as many as the engine takes there
    place, loss = 0, torch.zeros(())

    def work(i):
        if not train:
            with torch.inference_mode():
                return net(x[i])
        sgd.zero_grad(set_to_none=True)
        value = F.cross_entropy(net(x[i]), labels[i])
        value.backward()
        sgd.step()
        return value

    graphs = []
    if VARIANT == 'cuda-graph':
        graphs = [captured(lambda i=i: work(i)) for i in range(len(x))]

    def step():
        nonlocal place, loss
        place = (place + 1) % len(x)
        if graphs:
            graph, value = graphs[place]
            graph.replay()
        else:
            value = work(place)
        if train:
            loss = value

    return step, lambda: loss.item()


def numbers(*shape):
    """From -1 to 1, as the engine gets: a GPU's speed depends a little on the numbers."""
    return 2 * torch.rand(*shape) - 1


def gemm(m, n, k, transposes):
    m, n, k = int(m), int(n), int(k)
    a = numbers(k, m).t() if transposes[0] == 't' else numbers(m, k)
    b = numbers(n, k).t() if transposes[1] == 't' else numbers(k, n)
    c = torch.empty(m, n)

    def step():
        with torch.inference_mode():
            torch.mm(a, b, out=c)

    return step, lambda: 0.0


def conv(*words):
    n, c, h, w, k, r, s, stride, padding = map(int, words[:9])
    x = numbers(n, c, h, w).contiguous(memory_format=LAYOUT)
    weight = numbers(k, c, r, s).contiguous(memory_format=LAYOUT)
    options = {'stride': stride, 'padding': padding}
    dy = 2 * torch.rand_like(F.conv2d(x, weight, **options)) - 1
    # input, weights, bias: which gradients are wanted
    mask = {'forward': None, 'data': [True, False, False], 'weights': [False, True, False]}
    wanted = mask[words[9]]

    def step():
        with torch.inference_mode():
            if wanted is None:
                F.conv2d(x, weight, **options)
            else:
                torch.ops.aten.convolution_backward(
                    dy, x, weight, None, [stride] * 2, [padding] * 2, [1, 1], False, [0, 0], 1,
                    wanted)

    return step, lambda: 0.0


def main():
    work = sys.argv[1:-1]
    torch.set_num_threads(int(sys.argv[-1]))
    torch.manual_seed(1)
    if work[0] == 'gemm':
        step, loss = gemm(*work[1:])
    elif work[0] == 'conv':
        step, loss = conv(*work[1:])
    else:
        step, loss = lenet(*work)
    if CUDA:
        how = ['captured into CUDA graphs' if VARIANT == 'cuda-graph' else 'eager',
               torch.cuda.get_device_name()]
    else:
        how = ['channels-last', os.environ['LONGHAND_TORCH_TUNED'],
               os.environ.get('ATEN_CPU_CAPABILITY', ''),
               os.environ.get('OPENBLAS_CORETYPE', '')]
    words = ['PyTorch ' + torch.__version__] + how
    print('ready', ', '.join(word for word in words if word), flush=True)
    chunk = 1  # steps from one look at the clock to the next: a GPU is waited for before each
    for line in sys.stdin:
        seconds = float(line.split()[1])
        steps, start = 0, time.perf_counter()
        while time.perf_counter() - start < seconds or steps == 0:
            for _ in range(chunk):
                step()
            if CUDA:
                torch.cuda.synchronize()
            steps += chunk
        took = time.perf_counter() - start
        if CUDA:
            chunk = max(1, steps // 100)
        rss_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        value = loss()
        print(json.dumps({'steps': steps, 'seconds': took, 'rss_mb': rss_mb,
                          'loss': value if abs(value) < float('inf') else None}), flush=True)


main()
