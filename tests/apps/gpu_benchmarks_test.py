"""The two programs that write docs/benchmarks.md, with programs that play bench, lenet and nvidia-smi:
figures land in their rows, each keeps what the other wrote, and a run that fails leaves the page alone.
"""
import os
import stat
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SCRIPTS = os.path.join(ROOT, 'apps', 'bench')
GPU, GPU_END = '<!-- gpu: what follows is written by make gpu -->', '<!-- gpu: end -->'
CPU = '<!-- measured: what follows is written by make benchmarks -->'
CPU_END = '<!-- measured: end -->'
PAGE = f'# Title\n\nBy hand.\n\n{CPU}\n\nold cpu\n\n{CPU_END}\n\nBetween.\n\n{GPU}\n\nold gpu\n\n{GPU_END}\n\nAfter.\n'

# Every figure is 100, every peer's 80, but for the tf32 rung, which is at 60, and for what $SLOW
# names, which is at a tenth. Peers are those in $PEERS. A command with $FAIL in it fails.
BENCH = r'''
import json, os, sys
words = sys.argv[1:]
command = ' '.join(words)
if os.environ.get('FAIL') and os.environ['FAIL'] in command:
    print('bench: no', file=sys.stderr)
    sys.exit(1)
ours = 10.0 if os.environ.get('SLOW', 'nothing') in command else 100.0
spread = {'min': ours - 1, 'max': ours + 1, 'disturbed': 0}
result = {'windows': 5, 'rung': 'split_k', 'launches': 33, 'peak_rss_mb': 9.0,
          'activations_mb': 3.0, 'microseconds_a_batch': 7.0, 'train_images': 60000, 'seconds': 1.25,
          'tile': dict(spread, gflops=ours),
          'copy': [dict(spread, level=level, gb_per_second=ours) for level in ('L2', 'memory')], **spread}
for key in ('gflops', 'images_per_second', 'copies'):
    result[key] = ours
one = {'microseconds': 5.0, 'gb_per_second': 50.0, 'copies': 1.25}
result['operations'] = [
    {'operation': name, 'elements': size, **({'step': one} if name in ('sgd', 'adam') else
                                             {'forward': one, 'backward': one})}
    for size in (1 << 20, 1 << 26) for name in ('relu', 'tanh', 'max_pool', 'avg_pool', 'softmax',
                                                'sgd', 'adam')]
names = ('naive coalesced shared_tile register_tile_1d register_tile_2d vectorised warp_tile '
         'asynchronous small_tile split_k tf32 bf16').split()
result['rungs'] = [dict(spread, name=name, gflops=60.0 if name == 'tf32' else ours)
                   for name in names]
if '--epochs' in words:
    result['test_accuracy'] = 0.98 + 0.005 * int(words[words.index('--epochs') + 1])
if '--against' in words:
    asked = words[words.index('--against') + 1]
    here = os.environ.get('PEERS', '').split(',')
    chosen = here if asked == 'all' else [name for name in asked.split(',') if name in here]
    result['against'] = {
        name: {'gflops': 80.0, 'images_per_second': 80.0, 'min': 79.0, 'max': 81.0, 'disturbed': 0,
               'peak_rss_mb': 5.0, 'ratio': ours / 80, 'version': name + ' 1.0'}
        for name in chosen if name}
print('machine      a fake, 2 thread(s)')
with open(words[words.index('--json') + 1], 'w') as file:
    json.dump(result, file)
'''
PEERS = 'cublas,cublas-pedantic,cublas-tf32,cublas-bf16,cudnn,torch,torch-graph'


class Folder(tempfile.TemporaryDirectory):
    """The programs that play, and a page."""

    def __enter__(self):
        super().__enter__()
        self.program('bench', sys.executable + ' -IS', BENCH)  # which starts sooner
        self.program('nvidia-smi', '/bin/sh', 'echo "Fake GPU, 999.1"\n')
        with open(self.file('page.md'), 'w') as page:
            page.write(PAGE)
        return self

    def file(self, name):
        return os.path.join(self.name, name)

    def program(self, name, interpreter, text):
        with open(self.file(name), 'w') as file:
            file.write(f'#!{interpreter}\n{text}')
        os.chmod(self.file(name), stat.S_IRWXU)

    def page(self):
        with open(self.file('page.md')) as file:
            return file.read()

    def run(self, script, *arguments, **environment):
        path = self.name + os.pathsep + os.environ['PATH']
        words = [sys.executable, os.path.join(SCRIPTS, script), '--page', self.file('page.md')]
        if '--unmeasured' not in arguments and '--dry-run' not in arguments:
            words += ['--bench', self.file('bench')]
            if script == 'gpu_benchmarks.py':
                words += ['--lenet', self.file('bench')]
        return subprocess.run(words + list(arguments), text=True, capture_output=True,
                              env={**os.environ, 'PATH': path, **environment})


def rows(page, first):
    """The cells of the rows that begin with this cell."""
    return [[cell.strip() for cell in line.split('|')[1:-1]] for line in page.splitlines()
            if line.startswith(f'| {first} |')]


class GpuBenchmarks(unittest.TestCase):
    def test_figures_land_in_their_rows(self):
        with Folder() as folder:
            done = folder.run('gpu_benchmarks.py', PEERS=PEERS)
            self.assertEqual(done.returncode, 0, done.stderr)
            page = folder.page()
            self.assertNotIn('not measured', page)
            self.assertEqual(rows(page, 'device'), [['device', 'Fake GPU']])
            self.assertEqual(rows(page, 'driver'), [['driver', '999.1']])
            self.assertEqual(rows(page, 'naive'), [
                ['naive', '67,000', '507.2', '100.0 (99.00 to 101.0)', 'cublas', '80.00 (79.00 to 81.00)',
                 '**1.25**']])
            self.assertEqual(rows(page, 'tf32')[0][4:], ['cublas-tf32', '80.00 (79.00 to 81.00)',
                                                         '**0.75**'])
            self.assertEqual(rows(page, 'memory'), [['memory', '3,350', '100.0 (99.00 to 101.0)']])
            # 2 * 512 * 500 * 14 * 14 * 20 * 25 operations, no more than 67e12 a second
            self.assertEqual([row[2] for row in rows(page, 'modern conv 2')], ['67,000'] * 3)
            self.assertEqual(len(rows(page, 'modern conv 2')), 3)
            self.assertEqual(rows(page, 'lenet-modern train')[0][2:5],
                             ['33', '100.0 (99.00 to 101.0)', '80.00 (79.00 to 81.00)'])
            self.assertEqual([row[5] for row in rows(page, 'relu')], ['**80%**'] * 2)
            # It stops at the first run that is right on 99%.
            self.assertEqual(rows(page, '1')[0][2:], ['98.50%', '1.25 s'])
            self.assertEqual(rows(page, '2')[0][2:], ['99.00%', '1.25 s'])
            self.assertEqual(rows(page, '3'), [])
            self.assertIn('- cudnn: cudnn 1.0', page)
            self.assertEqual(page.count('machine      a fake'), 2)

    def test_aims(self):
        def reached(**environment):
            with Folder() as folder:
                done = folder.run('gpu_benchmarks.py', **environment)
                self.assertEqual(done.returncode, 0, done.stderr)
                table = folder.page().split('### The aims')[1].split('###')[0]
                return [line.split('|')[4].strip() for line in table.splitlines()
                        if line.startswith('| ')][2:]
        yes, no, unknown = '**yes**', '**no**', 'not measured'
        self.assertEqual(reached(PEERS=PEERS), [yes, yes, yes, yes, no, yes, yes, no])
        self.assertEqual(reached(PEERS=PEERS, SLOW='4096 tt'), [no, yes, yes, yes, no, yes, yes, no])
        self.assertEqual(reached(PEERS=PEERS, SLOW='64 1 1 1 0 data'),
                         [yes, yes, no, yes, no, yes, yes, no])
        # Without a peer nobody knows, and nobody says so.
        self.assertEqual(reached(PEERS='cublas'),
                         [yes, unknown, unknown, unknown, unknown, unknown, yes, no])

    def test_without_a_gpu(self):
        with Folder() as folder:
            for _ in range(2):
                done = folder.run('gpu_benchmarks.py', '--unmeasured')
                self.assertEqual(done.returncode, 0, done.stderr)
            page = folder.page()
            self.assertEqual(page.count(GPU), 1)
            self.assertEqual(rows(page, 'naive')[0][2:], ['507.2', 'not measured', 'cublas'] +
                             ['not measured'] * 2)
            self.assertEqual(page.split('### The aims')[1].split('###')[0].count('not measured'), 16)
            self.assertNotIn('**yes**', page)
            folder.program('nvidia-smi', '/bin/sh', 'exit 9\n')
            done = folder.run('gpu_benchmarks.py')
            self.assertEqual(done.returncode, 1)
            self.assertEqual(done.stderr, 'gpu_benchmarks.py: there is no GPU here, or no nvidia-smi '
                             'that finds it\n')

    def test_the_commands(self):
        with Folder() as folder:
            done = folder.run('gpu_benchmarks.py', '--dry-run')
            self.assertEqual(done.returncode, 0, done.stderr)
            commands = done.stdout.splitlines()
            self.assertIn('bench conv 512 20 14 14 50 5 5 1 2 data --device cuda --against cudnn',
                          commands)
            self.assertIn('lenet --model modern --epochs 1 --device cuda --save ""', commands)
            self.assertTrue(all(' --device cuda' in command for command in commands))
            self.assertEqual(folder.page(), PAGE)

    def test_a_run_that_fails_leaves_the_page(self):
        for script, command in (('gpu_benchmarks.py', 'layers lenet-modern'),
                                ('benchmarks.py', 'conv 8 3')):
            with Folder() as folder:
                done = folder.run(script, PEERS=PEERS, FAIL=command)
                self.assertEqual(done.returncode, 1)
                self.assertRegex(done.stderr.splitlines()[-1],
                                 f'^{script}: bench {command}.* failed$')
                self.assertEqual(folder.page(), PAGE)
                self.assertEqual(sorted(os.listdir(folder.name)), ['bench', 'nvidia-smi', 'page.md'])

    def test_each_keeps_what_the_other_wrote(self):
        with Folder() as folder:
            done = folder.run('gpu_benchmarks.py', '--unmeasured')
            self.assertEqual(done.returncode, 0, done.stderr)
            gpu = folder.page()[folder.page().index(CPU_END):]
            self.assertEqual(folder.page()[:folder.page().index(GPU)], PAGE[:PAGE.index(GPU)])
            done = folder.run('benchmarks.py', '--threads', '2', PEERS='onednn,torch')
            self.assertEqual(done.returncode, 0, done.stderr)
            page = folder.page()
            self.assertEqual(page[page.index(CPU_END):], gpu)
            self.assertEqual(page[:page.index(CPU)], PAGE[:PAGE.index(CPU)])
            self.assertNotIn('old cpu', page)
            self.assertEqual(rows(page, 'lenet-modern infer')[1][:3],
                             ['lenet-modern infer', '2', '100.0 (99.00 to 101.0)'])
            done = folder.run('benchmarks.py', '--only', 'latency', SLOW='--batch 1')
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(folder.page()[folder.page().index(CPU_END):], gpu)

    def test_a_page_without_marks_is_refused(self):
        with Folder() as folder:
            with open(folder.file('page.md'), 'w') as page:
                page.write(PAGE.replace(GPU_END, ''))
            done = folder.run('gpu_benchmarks.py', '--unmeasured')
            self.assertEqual(done.returncode, 1)
            self.assertIn('must hold the line', done.stderr)
            self.assertEqual(done.stderr.count('\n'), 1)


unittest.main()
