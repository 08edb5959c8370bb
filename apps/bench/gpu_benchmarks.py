#!/usr/bin/env python3
"""Measures the engine on this machine's GPU beside cuBLAS, cuDNN and PyTorch, and writes the tables
between two marks of docs/benchmarks.md.

gpu_benchmarks.py [--bench PROGRAM] [--lenet PROGRAM] [--page FILE] [--quick]
                  [--dry-run | --unmeasured]

make gpu runs it after the tests. What stands outside the marks stays. --dry-run only prints the
commands that it would run; --unmeasured runs nothing and writes the same tables with what is
predicted; --quick only shows that everything runs. A figure whose windows were too often disturbed by
other processes gets a star.
"""
import argparse
import datetime
import subprocess
import sys
import time

from tables import (Bench, beside, between_marks, figure, heading, read_page, run_for_json, script,
                    spread, table, write_page)

BEGIN = '<!-- gpu: what follows is written by make gpu -->'
END = '<!-- gpu: end -->'
NOTHING = 'not measured'
# Published for an H100 SXM: operations a second in float, tf32 and bf16, and bytes a second.
FLOAT, TF32, BF16, MEMORY = 67e12, 495e12, 989e12, 3.35e12
LENETS = ('lenet-classic', 'lenet-modern')
DIRECTIONS = ('forward', 'data', 'weights')

# The rungs of gemm, the peer with the same arithmetic, and the arithmetic's limit.
RUNGS = [(rung, 'cublas', FLOAT) for rung in (
    'naive', 'coalesced', 'shared_tile', 'register_tile_1d', 'register_tile_2d', 'vectorised',
    'warp_tile', 'asynchronous', 'small_tile', 'split_k')]
RUNGS += [('tf32', 'cublas-tf32', TF32), ('bf16', 'cublas-bf16', BF16)]
# M N K, transposes, where it comes from.
SKINNY = [
    ('512 500 2450 nt', 'modern dense 1, forward'),
    ('500 2450 512 tn', 'modern dense 1, backward by the weights'),
    ('512 2450 500 nn', 'modern dense 1, backward by the data'),
    ('512 10 500 nt', 'modern dense 2, forward'),
    ('10 500 512 tn', 'modern dense 2, backward by the weights'),
    ('512 84 120 nt', 'classic dense 1, forward'),
    ('64 100352 256 nn', 'ResNet 1x1 256->64 at 56x56, batch 32'),
    ('256 6272 2304 nn', 'ResNet 3x3 256->256 at 14x14, batch 32'),
    ('32 1000 2048 nt', 'ResNet dense, batch 32'),
]
# N C H W K R S stride padding, where it comes from.
RESNET = [
    ('32 64 56 56 64 3 3 1 1', '3x3 64->64 at 56x56'),
    ('32 256 14 14 256 3 3 1 1', '3x3 256->256 at 14x14'),
    ('32 256 56 56 64 1 1 1 0', '1x1 256->64 at 56x56'),
    ('32 3 224 224 64 7 7 2 3', '7x7 stride 2 3->64 at 224x224'),
]
LENET = [
    ('512 1 28 28 20 5 5 1 2', 'modern conv 1'),
    ('512 20 14 14 50 5 5 1 2', 'modern conv 2'),
    ('512 1 28 28 6 5 5 1 2', 'classic conv 1'),
    ('512 6 14 14 16 5 5 1 0', 'classic conv 2'),
    ('512 16 5 5 120 5 5 1 0', 'classic conv 3'),
]
# What elementwise measures, and the numbers moved for each element of x: forward and backward, or
# a step. Two sizes: in the L2 of an H100, and in memory.
OPERATIONS = [('relu', (2, 3)), ('tanh', (2, 3)), ('max_pool', (1.5, 1.5)),
              ('avg_pool', (1.25, 1.25)), ('softmax', (2, 3)), ('sgd', (5,)), ('adam', (7,))]
SIZES = (1 << 20, 1 << 26)
EPOCHS = (1, 2, 3, 4, 6, 8, 10)

# Predictions, from the pages that say how they were counted.
# docs/cuda_gemm.md: milliseconds of 4096 x 4096 x 4096, or at least and at most so many
GEMM_PREDICTED = {
    'naive': (271,), 'coalesced': (82,), 'shared_tile': (16.4,), 'register_tile_1d': (9.2,),
    'register_tile_2d': (4.8,), 'vectorised': (2.3,), 'warp_tile': (2.3,), 'asynchronous': (2.4,),
    'tf32': (0.40, 1.3), 'bf16': (0.20, 1.3)}
# docs/cuda_conv.md; microseconds
CONV_PREDICTED = {
    ('modern conv 2', 'forward'): 140, ('modern conv 2', 'data'): 160,
    ('modern conv 2', 'weights'): 230, ('3x3 64->64 at 56x56', 'forward'): 180,
    ('3x3 64->64 at 56x56', 'data'): 190, ('3x3 64->64 at 56x56', 'weights'): 230}
# docs/cuda_training_loop.md; images a second
NETWORKS_PREDICTED = {'lenet-modern train': 610_000, 'lenet-classic train': 3_400_000}
EPOCHS_PREDICTED = {2: '0.4 s'}
# docs/cuda_memory_speed.md: 85% of the memory's published speed; bytes a second
PREDICTED_MEMORY = 2.85e12


class Session:
    """Runs the commands, or, without a Bench, prints them or does nothing. Keeps what counts for
    the aims, and the versions of the peers."""

    def __init__(self, bench, lenet, dry_run):
        self.bench, self.lenet_program, self.dry_run = bench, lenet, dry_run
        self.aims, self.versions = {}, {}

    def run(self, command, peers=(), windows=5, seconds=0.15):
        """The JSON of bench COMMAND on the GPU beside those peers; None where nothing is run."""
        command += ' --device cuda'
        if self.bench is None:
            if self.dry_run:
                print('bench ' + command + (' --against ' + ','.join(peers) if peers else ''))
            return None
        result = self.bench.run(command + self.bench.against(peers), windows, seconds)
        for peer, theirs in result.get('against', {}).items():
            self.versions.setdefault(peer, theirs['version'])
        return result

    def lenet(self, command):
        if self.dry_run:
            print('lenet ' + command + ' --save ""')
        if self.bench is None:
            return None
        return run_for_json([self.lenet_program] + command.split() + ['--save', ''])[0]

    def count(self, aim, value):
        """Adds a value to those of which the worst must reach the aim."""
        self.aims.setdefault(aim, []).append(value)


def command(words):
    return ['', '    ' + words, '']


def cells(result, key, peers):
    return beside(result, key, peers) if result else [NOTHING] * (1 + 2 * len(peers))


def ratio(result, peer):
    """The engine's figure over the peer's; None where either is missing."""
    return (result or {}).get('against', {}).get(peer, {}).get('ratio')


def gflops(flop, seconds):
    return figure(1e-9 * flop / seconds)


def limit(flop, values, rate=FLOAT):
    """GFLOP/s when either the arithmetic or the memory, where each value passes once, is busy."""
    return gflops(flop, max(flop / rate, 4 * values / MEMORY))


def product_limit(shape):
    m, n, k = (int(word) for word in shape.split()[:3])
    return limit(2 * m * n * k, m * k + k * n + m * n)


def ceiling(session):
    lines = ['', '### Copies', '', 'GB/s, bytes read and bytes written, both in the GPU\'s memory.']
    lines += command('bench ceiling --device cuda')
    result = session.run('ceiling')
    measured = {copy['level']: copy for copy in result['copy']} if result else {}
    rows = [[level, published, spread(measured[level], 'gb_per_second', result['windows'])
             if result else NOTHING]
            for level, published in (('L2', ''), ('memory', figure(1e-9 * MEMORY)))]
    return lines + table(['in', 'at most', 'measured'], rows)


def gemm(session):
    shape = '4096 4096 4096'
    lines = ['', '### gemm', '', f'{shape}, GFLOP/s, rung by rung ([cuda_gemm.md](cuda_gemm.md)). '
             'The rungs come one after the other, when the peers are done.']
    peers = ('cublas', 'cublas-tf32', 'cublas-bf16')
    what = f'gemm {shape} nn --rung all'
    lines += command(f'bench {what} --device cuda --against {",".join(peers)}')
    result = session.run(what, peers, 5, 0.3)
    measured = {rung['name']: rung for rung in result['rungs']} if result else {}
    rows = []
    for rung, peer, rate in RUNGS:
        ours, theirs = measured.get(rung), (result or {}).get('against', {}).get(peer)
        predicted = [gflops(2 * 4096**3, 1e-3 * ms) for ms in GEMM_PREDICTED.get(rung, ())]
        row = [rung, limit(2 * 4096**3, 3 * 4096**2, rate), ' to '.join(reversed(predicted))]
        row += ([spread(ours, 'gflops', result['windows'])] if ours else [NOTHING]) + [peer]
        if ours and theirs:
            times = ours['gflops'] / theirs['gflops']
            row += [spread(theirs, 'gflops', result['windows']), f'**{times:.2f}**']
            if rung == 'tf32':
                session.count('tf32', times)
        else:
            row += ['-', ''] if result else [NOTHING, NOTHING]
        rows.append(row)
    lines += table(['rung', 'at most', 'predicted', 'Longhand', 'peer', 'GFLOP/s', 'ratio'], rows)
    peers = ('cublas', 'cublas-pedantic')
    lines += ['', 'The rung that the shape picks, in all transpositions.']
    lines += command(f'bench gemm {shape} nt --device cuda --against {",".join(peers)}')
    rows = []
    for word in ('nn', 'nt', 'tn', 'tt'):
        result = session.run(f'gemm {shape} {word}', peers)
        session.count('fp32', ratio(result, 'cublas'))
        rows.append([f'{shape} {word}', product_limit(shape)] + cells(result, 'gflops', peers))
    lines += table(heading(['M N K', 'at most'], peers), rows)
    lines += ['', 'Skinny products.', '']
    rows = []
    for shape, where in SKINNY:
        result = session.run(f'gemm {shape}', ('cublas',))
        rows.append([shape, where, result['rung'] if result else NOTHING, product_limit(shape)]
                    + cells(result, 'gflops', ('cublas',)))
    return lines + table(heading(['M N K', 'where', 'rung', 'at most'], ('cublas',)), rows)


def convolutions(session):
    lines = ['', '### Convolutions', '', 'GFLOP/s; the version that the shape picks '
             '([cuda_conv.md](cuda_conv.md)), beside the algorithm that cuDNN finds fastest.']
    for title, shapes, aim in (('ResNet\'s shapes, batch 32', RESNET, 'resnet'),
                               ('LeNet\'s shapes, batch 512', LENET, 'lenet')):
        lines += ['', title + ':']
        lines += command(f'bench conv {shapes[0][0]} forward --device cuda --against cudnn')
        rows = []
        for shape, where in shapes:
            n, c, h, w, k, r, s, stride, padding = (int(word) for word in shape.split())
            y = n * k * ((h + 2 * padding - r) // stride + 1) * ((w + 2 * padding - s) // stride + 1)
            flop, values = 2 * y * c * r * s, n * c * h * w + y + k * c * r * s
            for direction in DIRECTIONS:
                result = session.run(f'conv {shape} {direction}', ('cudnn',))
                session.count(aim, ratio(result, 'cudnn'))
                micros = CONV_PREDICTED.get((where, direction))
                rows.append([where, direction, limit(flop, values),
                             gflops(flop, 1e-6 * micros) if micros else '']
                            + cells(result, 'gflops', ('cudnn',)))
        lines += table(heading(['', 'direction', 'at most', 'predicted'], ('cudnn',)), rows)
    return lines


def elementwise(session):
    lines = ['', '### What only moves numbers', '', 'GB/s, and what share that is of a plain copy '
             'of as many bytes from the GPU\'s memory to the GPU\'s memory, measured in turn '
             '([cuda_memory_speed.md](cuda_memory_speed.md)). Predicted for what no cache holds.']
    lines += command('bench elementwise --device cuda')
    result = session.run('elementwise', (), 5, 0.1)
    measured = {(row['operation'], row['elements']): row
                for row in (result or {}).get('operations', [])}
    rows = []
    for elements in SIZES:
        for operation, moved in OPERATIONS:
            row = [operation, f'{elements:,}']
            for name, values in zip(('forward', 'backward'), moved):
                passes = measured.get((operation, elements), {})
                one = passes.get(name) or (passes.get('step') if name == 'forward' else None)
                in_memory = elements == SIZES[-1]
                micros = 1e6 * 4 * values * elements / PREDICTED_MEMORY
                row += [f'{micros:.0f} us' if in_memory else '']
                row += ([f'{one["microseconds"]:.1f} us', figure(one['gb_per_second']),
                         f'**{100 / one["copies"]:.0f}%**'] if one else [NOTHING] * 3)
                if in_memory:
                    session.count('elementwise', 1 / one['copies'] if one else None)
            rows.append(row + [''] * (2 + 8 - len(row)))
    return lines + table(['', 'elements', 'predicted', 'forward or step', 'GB/s', 'of the copy',
                          'predicted', 'backward', 'GB/s', 'of the copy'], rows)


def networks(session):
    peers = ('torch', 'torch-graph')
    lines = ['', '### Networks, batch 512', '', 'Images a second; the step is recorded and replayed '
             '([cuda_training_loop.md](cuda_training_loop.md)).']
    lines += command(f'bench lenet-modern train --batch 512 --device cuda --against {",".join(peers)}')
    rows = []
    for mode in ('train', 'infer'):
        for lenet in LENETS:
            result = session.run(f'{lenet} {mode} --batch 512', peers, 8, 0.25)
            predicted = NETWORKS_PREDICTED.get(f'{lenet} {mode}')
            rows.append([f'{lenet} {mode}', figure(predicted) if predicted else '',
                         result['launches'] if result else NOTHING]
                        + cells(result, 'images_per_second', peers))
            if (lenet, mode) == ('lenet-modern', 'train'):
                for peer in peers:
                    session.count(peer, ratio(result, peer))
    return lines + table(heading(['', 'predicted', 'launches'], peers), rows)


def accuracy(session):
    what = '--model modern --epochs {} --device cuda'
    lines = ['', '### 99% of MNIST\'s test images', '', 'Modern LeNet at batch 64, runs of more and '
             'more epochs until one is right on 99%; the seconds are those of training.']
    lines += command(f'lenet {what.format(EPOCHS[1])}')
    rows, reached = [], None
    for epochs in EPOCHS:
        result = session.lenet(what.format(epochs))
        cells_here = [NOTHING, NOTHING]
        if result and result['train_images'] < 60000:
            cells_here = ['MNIST is not here', NOTHING]
        elif result:
            cells_here = [f'{100 * result["test_accuracy"]:.2f}%', f'{result["seconds"]:.2f} s']
            if result['test_accuracy'] >= 0.99:
                reached = result['seconds']
        rows.append([epochs, EPOCHS_PREDICTED.get(epochs, '')] + cells_here)
        if reached is not None:
            break
    session.count('accuracy', reached)
    return lines + table(['epochs', 'predicted', 'right', 'seconds'], rows)


def layers(session):
    lines = ['', '### Layer by layer', '', '[bench.md](bench.md) says how to read this. (The floors '
             'are the host\'s.)']
    for lenet in LENETS:
        what = f'layers {lenet} --batch 512'
        result = session.run(what)
        lines += command(f'bench {what} --device cuda')
        lines += ['```'] + session.bench.text.splitlines() + ['```'] if result else [NOTHING]
    return lines


PARTS = (ceiling, gemm, convolutions, elementwise, networks, accuracy, layers)

# What is compared, the aim, its name, what must be true of the worst value, and its unit.
AIMS = [
    ('gemm 4096 in float, over cuBLAS, all transpositions', 'at least 0.85', 'fp32',
     lambda v: min(v) >= 0.85, ''),
    ('gemm 4096 in tf32, over cuBLAS\'s tf32', 'at least 0.70', 'tf32', lambda v: min(v) >= 0.7, ''),
    ('convolutions at ResNet\'s shapes, all directions, over cuDNN', 'at least 0.70', 'resnet',
     lambda v: min(v) >= 0.7, ''),
    ('convolutions at LeNet\'s shapes, all directions, over cuDNN', 'above 1', 'lenet',
     lambda v: min(v) > 1, ''),
    ('training modern LeNet, batch 512, over eager PyTorch', 'at least 5', 'torch',
     lambda v: min(v) >= 5, ''),
    ('the same over graph-captured PyTorch', 'above 1', 'torch-graph', lambda v: min(v) > 1, ''),
    ('99% of MNIST\'s test images, training', 'within 2 s', 'accuracy', lambda v: max(v) <= 2, ' s'),
    ('element-wise layers and optimizers in memory, over a copy', 'at least 0.85', 'elementwise',
     lambda v: min(v) >= 0.85, ''),
]


def aims(session):
    rows = []
    for what, wanted, name, reached, unit in AIMS:
        values = session.aims.get(name, [])
        if not values or None in values:
            rows.append([what, wanted, NOTHING, NOTHING])
            continue
        text = f'{min(values):.2f}{unit}'
        if len(values) > 1:
            text += f' to {max(values):.2f}{unit}'
        rows.append([what, wanted, text, '**yes**' if reached(values) else '**no**'])
    return ['', '### The aims, on an H100', ''] + table(['', 'aim', 'measured', 'reached'], rows)


def device():
    """The GPU's name and its driver's version."""
    query = ['nvidia-smi', '--query-gpu=name,driver_version', '--format=csv,noheader']
    try:
        done = subprocess.run(query, stdout=subprocess.PIPE, text=True, check=True)
        return [word.strip() for word in done.stdout.splitlines()[0].split(',')]
    except (OSError, subprocess.CalledProcessError, IndexError):
        sys.exit(f'{script()}: there is no GPU here, or no nvidia-smi that finds it')


def section(session, name, driver):
    start = time.time()
    parts = [line for part in PARTS for line in part(session)]
    today = f'{datetime.date.today():%d %B %Y}' if session.bench else NOTHING
    lines = ['## On a GPU', '']
    if session.bench is None:
        lines += ['Nothing here has been measured: no GPU was at hand. The tables are those that '
                  '`make gpu` fills.', '']
    lines += ['**At most** is what an H100 SXM could do by its published figures, '
              f'{FLOAT * 1e-12:.0f} TFLOP/s in float ({TF32 * 1e-12:.0f} in tf32, '
              f'{BF16 * 1e-12:.0f} in bf16, on tensor cores) and {MEMORY * 1e-12:.2f} TB/s, each '
              'number passing through memory once. **Predicted** is what the linked pages counted '
              'beforehand. Ratios: how many times the peer\'s figure the engine\'s is. How the '
              'peers are set up is in [bench.md](bench.md).', '']
    lines += table(['', ''], [['device', name], ['driver', driver], ['date', today],
                              ['command', '`make gpu`']])
    lines += aims(session) + parts
    if session.versions:
        lines += ['', '### The peers', ''] + [f'- {peer}: {version}' for peer, version
                                              in session.versions.items()]
    if session.bench:
        lines += ['', f'All of it took {time.time() - start:.0f} seconds. A star: too many of the '
                  'windows were disturbed by other processes.']
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n\n')[0])
    parser.add_argument('--bench', default='build/gpu/bin/bench')
    parser.add_argument('--lenet', default='build/gpu/bin/lenet')
    parser.add_argument('--page', default='docs/benchmarks.md')
    parser.add_argument('--quick', action='store_true', help='only show that everything runs')
    without = parser.add_mutually_exclusive_group()
    without.add_argument('--dry-run', action='store_true', help='only print the commands')
    without.add_argument('--unmeasured', action='store_true',
                         help='run nothing, and write the tables without figures')
    options = parser.parse_args()
    page = read_page(options.page, BEGIN, END)
    if options.dry_run:
        section(Session(None, '', True), '', '')
        return
    if options.unmeasured:
        session, name, driver = Session(None, '', False), NOTHING, NOTHING
    else:
        name, driver = device()
        probes = ['gemm 8 8 8', 'conv 1 1 4 4 1 3 3 1 0', 'lenet-classic infer --batch 1']
        bench = Bench(options.bench, options.quick, [probe + ' --device cuda' for probe in probes])
        session = Session(bench, options.lenet, False)
    write_page(options.page, between_marks(page, BEGIN, END, section(session, name, driver)))


main()
