#!/usr/bin/env python3
"""Measures every table of docs/benchmarks.md with bench and writes them between its two marks.

benchmarks.py [--bench PROGRAM] [--page FILE] [--threads N] [--quick] [--only SECTION...]

What stands outside the marks is written by hand and stays. It takes eight minutes or so, in which
the machine should do nothing else; --only measures some sections anew and leaves the others as they
are; --quick only shows that everything runs. A figure whose windows
were too often disturbed by other processes gets a star.
"""
import argparse
import datetime
import os
import subprocess
import sys
import time

from tables import (Bench, beside, between_marks, command_line, figure, heading, read_page, spread,
                    star, table, write_page)

BEGIN = '<!-- measured: what follows is written by make benchmarks -->'
END = '<!-- measured: end -->'
LENETS = ('lenet-classic', 'lenet-modern')
# M N K, transposes, where it comes from.
SKINNY = [
    ('20 784 25 nn', 'modern conv 1, forward, one image'),
    ('50 196 500 nn', 'modern conv 2, forward, one image'),
    ('500 196 50 tn', 'modern conv 2, backward by the data, one image'),
    ('16 100 150 nn', 'classic conv 2, forward, one image'),
    ('64 500 2450 nt', 'modern dense 1, forward, batch 64'),
    ('500 2450 64 tn', 'modern dense 1, backward by the weights'),
    ('64 2450 500 nn', 'modern dense 1, backward by the data'),
    ('64 120 400 nt', 'classic dense 1, forward, batch 64'),
    ('64 3136 256 nn', 'ResNet 1x1 256->64 at 56x56'),
    ('256 3136 64 nn', 'ResNet 1x1 64->256 at 56x56'),
    ('256 196 2304 nn', 'ResNet 3x3 256->256 at 14x14'),
    ('512 49 4608 nn', 'ResNet 3x3 512->512 at 7x7'),
    ('64 12544 147 nn', 'ResNet 7x7 3->64 at 224x224'),
    ('8 1000 2048 nt', 'ResNet dense, batch 8'),
]
CONVS = [
    ('8 64 56 56 64 3 3 1 1', '3x3 64->64 at 56x56'),
    ('8 256 14 14 256 3 3 1 1', '3x3 256->256 at 14x14'),
    ('8 256 56 56 64 1 1 1 0', '1x1 256->64 at 56x56'),
    ('8 3 224 224 64 7 7 2 3', '7x7 stride 2 3->64 at 224x224'),
]


def machine(bench, threads):
    result = bench.run('ceiling', windows=5, seconds=0.2)
    first = bench.text.splitlines()[0].split(None, 1)[1]
    lines = ['## The machine', '', f'{first}. {datetime.date.today():%d %B %Y}.']
    lines += command_line('ceiling')
    rows = [('multiply-adds', spread(result, 'gflops', result['windows']) + ' GFLOP/s'),
            ('the same, from L1', spread(result['tile'], 'gflops', result['windows'])
             + ' GFLOP/s')]
    if 'parts' in result:
        rows.append(('products of floats by the matrix unit, from L1',
                     spread(result['parts'], 'gflops', result['windows']) + ' GFLOP/s'))
    for copy in result['copy']:
        rows.append((f'copy in {copy["level"]}', spread(copy, 'gb_per_second', result['windows'])
                     + ' GB/s'))
    return lines + table([f'{threads} threads', 'median (least to most)'], rows), result['gflops']


def networks(bench, threads, ceiling):
    peers = ('onednn', 'torch')
    lines = ['', '## Networks, batch 64', '',
             'Images a second; ratio: how many times the peer\'s figure the engine\'s is.']
    lines += command_line('lenet-classic train --threads N --against all')
    memory, versions, rows = [], {}, []
    for mode in ('train', 'infer'):
        for lenet in LENETS:
            for count in sorted({1, threads}):
                r = bench.run(f'{lenet} {mode} --threads {count}' + bench.against(peers), 8, 0.25)
                share = '' if count != threads else f'{100 * r["gflops"] / ceiling:.0f}%'
                rows.append([f'{lenet} {mode}', count] + beside(r, 'images_per_second', peers)
                            + [share])
                cells = [figure(r['peak_rss_mb']), figure(r['activations_mb'])]
                for peer in peers:
                    theirs = r.get('against', {}).get(peer)
                    cells.append(figure(theirs['peak_rss_mb']) if theirs else '-')
                    if theirs:
                        versions[peer] = theirs['version']
                memory.append([f'{lenet} {mode}', count] + cells)
    lines += table(heading(['', 'threads'], peers) + ['of the ceiling'], rows)
    lines += [''] + [f'- {peer}: {version}' for peer, version in versions.items()]
    lines += ['', '## Memory, batch 64', '',
              'Peak resident memory in MB of the same runs, 3 MB of images included; and what of '
              'it are activations and their gradients.', '']
    return lines + table(['', 'threads', 'Longhand', 'of it activations'] + list(peers), memory)


def latency(bench, threads):
    peers = ('onednn', 'torch')
    lines = ['', '## One image', '', 'Inference at batch 1: microseconds an image.']
    lines += command_line('lenet-classic infer --batch 1 --threads N --against all')
    rows = []
    for lenet in LENETS:
        for count in sorted({1, threads}):
            r = bench.run(f'{lenet} infer --batch 1 --threads {count}' + bench.against(peers))
            row = [lenet, count, figure(r['microseconds_a_batch']) + star(r, r['windows'])]
            for peer in peers:
                theirs = r.get('against', {}).get(peer)
                row += ([figure(1e6 / theirs['images_per_second']) + star(theirs, r['windows']),
                         f'**{theirs["ratio"]:.2f}**'] if theirs else ['-', ''])
            rows.append(row)
    return lines + table(heading(['us', 'threads'], peers), rows)


def batches(bench, threads):
    lines = ['', '## Threads and batches', '', 'Training, images a second with 1 and with '
             f'{threads} threads.']
    lines += command_line('lenet-classic train --batch B --threads N')
    rows = []
    for batch in (1, 2, 4, 8, 16, 32, 64, 128, 256):
        row = [batch]
        for lenet in LENETS:
            one, all_ = (bench.run(f'{lenet} train --batch {batch} --threads {count}')
                         for count in (1, threads))
            row += [figure(r['images_per_second']) + star(r, r['windows']) for r in (one, all_)]
            row.append(f'**{all_["images_per_second"] / one["images_per_second"]:.2f}**')
        rows.append(row)
    return lines + table(['batch'] + [cell for lenet in LENETS
                                      for cell in (lenet + ' 1', f'{threads} threads', 'ratio')],
                         rows)


def busy(bench, threads):
    lines = ['', '## A core taken', '', 'Training at batch 64 while another process counts as fast '
             'as it can: images a second, and the share of the figure without it.']
    lines += command_line(f'lenet-classic train --threads {threads}')
    rows = []
    for lenet in LENETS:
        command = f'{lenet} train --threads {threads}'
        alone = bench.run(command)
        other = subprocess.Popen([sys.executable, '-c', 'while True: pass'])
        try:
            time.sleep(0.2)
            beside_it = bench.run(command)
        finally:
            other.kill()
            other.wait()
        ratio = beside_it['images_per_second'] / alone['images_per_second']
        rows.append([lenet, spread(alone, 'images_per_second', alone['windows']),
                     f'{figure(beside_it["images_per_second"])} ({figure(beside_it["min"])} to '
                     f'{figure(beside_it["max"])})', f'**{ratio:.2f}**'])
    return lines + table(['', 'alone', 'beside it', 'ratio'], rows)


def products(bench, threads):
    peers = ('openblas', 'onednn')
    lines = ['', '## gemm', '', 'GFLOP/s.']
    lines += command_line(f'gemm M N K nn --threads {threads} --against openblas,onednn')
    rows = []
    for size in (512, 1024, 2048):
        cases = [(threads, word) for word in ('nn', 'nt', 'tn', 'tt')] + [(1, 'nn')]
        for count, word in cases:
            shape = f'{size} {size} {size} {word}'
            r = bench.run(f'gemm {shape} --threads {count}' + bench.against(peers))
            rows.append([shape, count] + beside(r, 'gflops', peers))
    lines += table(heading(['M N K', 'threads'], peers), rows)
    lines += ['', '### The skinny products that layers make', '']
    rows = []
    for shape, where in SKINNY:
        r = bench.run(f'gemm {shape} --threads {threads}' + bench.against(peers))
        rows.append([shape, where] + beside(r, 'gflops', peers))
    return lines + table(heading(['M N K', 'where'], peers), rows)


def convolutions(bench, threads):
    peers = ('onednn', 'torch')
    lines = ['', '## Convolutions', '', 'Batch 8, GFLOP/s; the engine with x and y in either of its '
             'layouts, the peers in those that they like best.']
    lines += command_line(f'conv 8 64 56 56 64 3 3 1 1 forward --threads {threads} --against all')
    rows = []
    for shape, where in CONVS:
        for direction in ('forward', 'data', 'weights'):
            for layout in ('nchw', 'lanes'):
                r = bench.run(f'conv {shape} {direction} --layout {layout} --threads {threads}'
                              + bench.against(peers if layout == 'nchw' else ('onednn',)))
                rows.append([where, direction, layout] + beside(r, 'gflops', peers))
    return lines + table(heading(['', 'direction', 'layout'], peers), rows)


def elementwise(bench, threads):
    lines = ['', '## What only moves numbers', '', 'GB/s, and how many times as long as a plain '
             'copy of as many bytes it takes.']
    lines += command_line(f'elementwise --threads {threads}')
    sizes = ['--size 16384'] if bench.quick else ['']
    r = bench.run(f'elementwise {sizes[0]} --threads {threads}', 5, 0.1)
    rows = []
    for row in r['operations']:
        cells = [row['operation'], f'{row["elements"]:,}']
        for name in ('forward', 'backward'):
            one = row.get(name) or (row.get('step') if name == 'forward' else None)
            cells += ([figure(one['gb_per_second']), f'**{one["copies"]:.2f}**'] if one
                      else ['', ''])
        rows.append(cells)
    return lines + table(['', 'elements', 'forward or step, GB/s', 'copies', 'backward, GB/s',
                          'copies'], rows)


def layers(bench, threads):
    lines = ['', '## Layer by layer', '', 'docs/bench.md says how to read this.']
    for lenet in LENETS:
        command = f'layers {lenet} --threads {threads}'
        bench.run(command, 8, 0.25)
        lines += command_line(command) + ['```'] + bench.text.splitlines() + ['```']
    return lines


PARTS = (latency, batches, busy, products, convolutions, elementwise, layers)


def replace_section(page, lines):
    """The page with these lines, which begin with a heading, in place of that heading's section."""
    title = next(line for line in lines if line.startswith('## '))
    begin = page.find('\n' + title + '\n')
    if begin < 0:
        sys.exit(f'benchmarks.py: the page has no section "{title}" yet: run without --only first')
    ends = [page.find(end, begin + 1) for end in ('\n## ', '\nAll of it took', '\n' + END)]
    end = min(place for place in ends if place > 0)
    return page[:begin] + '\n'.join(lines).rstrip() + '\n' + page[end:]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--bench', default='build/release/bin/bench')
    parser.add_argument('--page', default='docs/benchmarks.md')
    parser.add_argument('--threads', type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument('--quick', action='store_true')
    parser.add_argument('--only', nargs='+', choices=[part.__name__ for part in PARTS], default=[],
                        metavar='SECTION', help='some of: %(choices)s')
    options = parser.parse_args()
    page = read_page(options.page, BEGIN, END)
    start, threads = time.time(), options.threads
    bench = Bench(options.bench, options.quick, ['gemm 8 8 8'])
    if options.only:
        for part in PARTS:
            if part.__name__ in options.only:
                page = replace_section(page, part(bench, threads))
        write_page(options.page, page)
        return
    lines, ceiling = machine(bench, threads)
    lines += networks(bench, threads, ceiling)
    for part in PARTS:
        lines += part(bench, threads)
    lines += ['', f'All of it took {time.time() - start:.0f} seconds. A star: too many of the '
              'windows were disturbed by other processes.']
    write_page(options.page, between_marks(page, BEGIN, END, lines))


main()
