"""What the two programs that write docs/benchmarks.md share: running bench, the form of a figure, of
a table and of the page."""
import json
import os
import subprocess
import sys
import tempfile


class Bench:
    """The program, its options, and what it printed last."""

    def __init__(self, program, quick, probes):
        self.program, self.quick, self.text, self.found = program, quick, '', set()
        # Once without a list of names: what is missing is said, and not waited for again and again.
        for probe in probes:
            self.found |= set(self.run(probe + ' --against all', 1, 0.01).get('against', {}))
            print(self.text, file=sys.stderr)

    def against(self, peers):
        """The option for those of the peers that are here."""
        here = [peer for peer in peers if peer in self.found]
        return ' --against ' + ','.join(here) if here else ''

    def run(self, command, windows=5, seconds=0.15):
        """bench COMMAND; returns its JSON."""
        if self.quick:
            windows, seconds = 1, 0.01
        timing = f' --windows {windows} --seconds {seconds}'
        result, self.text = run_for_json([self.program] + (command + timing).split())
        return result


def run_for_json(words):
    """Runs a program that knows --json; returns what it wrote there, and what it printed."""
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, 'result.json')
        name = os.path.basename(words[0])
        print(name, *words[1:], file=sys.stderr, flush=True)
        done = subprocess.run(words + ['--json', file], stdout=subprocess.PIPE, text=True)
        if done.returncode != 0:
            sys.exit(f'{script()}: {name} {" ".join(words[1:])} failed')
        with open(file) as result:
            return json.load(result), done.stdout


def script():
    return os.path.basename(sys.argv[0])


def figure(value):
    """As bench prints it: enough figures to compare with."""
    return f'{value:,.0f}' if value >= 1000 else f'{value:.1f}' if value >= 100 else f'{value:.2f}'


def star(result, windows):
    return '\\*' if windows - result['disturbed'] < min(3, windows) else ''


def spread(result, key, windows):
    return (f'{figure(result[key])} ({figure(result["min"])} to {figure(result["max"])})'
            + star(result, windows))


def table(heading, rows):
    lines = ['| ' + ' | '.join(heading) + ' |', '| --- ' * len(heading) + '|']
    return lines + ['| ' + ' | '.join(str(cell) for cell in row) + ' |' for row in rows]


def command_line(command):
    return ['', '    bench ' + command, '']


def beside(result, key, peers):
    """A row's cells: the engine's figure, then each peer's and the ratio to it."""
    windows, cells = result['windows'], [spread(result, key, result['windows'])]
    for peer in peers:
        theirs = result.get('against', {}).get(peer)
        cells.append(spread(theirs, key, windows) if theirs else '-')
        cells.append(f'**{theirs["ratio"]:.2f}**' if theirs else '')
    return cells


def heading(first, peers):
    return first + ['Longhand'] + [cell for peer in peers for cell in (peer, 'ratio')]


def read_page(file, begin, end):
    """The page, which must hold both marks, each once and in this order."""
    with open(file) as page:
        text = page.read()
    if text.count(begin) != 1 or text.count(end) != 1 or text.index(begin) > text.index(end):
        sys.exit(f'{script()}: {file} must hold the line "{begin}" and later "{end}"')
    return text


def between_marks(page, begin, end, lines):
    """The page with these lines in place of what stands between the marks."""
    measured = begin + '\n\n' + '\n'.join(lines).strip('\n') + '\n\n' + end
    return page[:page.index(begin)] + measured + page[page.index(end) + len(end):]


def write_page(file, text):
    """All of it or nothing: whoever reads the file meanwhile reads the old page."""
    part = file + '.part'
    with open(part, 'w') as page:
        page.write(text)
    os.replace(part, file)
