#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes the handwritten digits that scikit-learn ships as IDX files, for data.source = digits.

Source: optical recognition of handwritten digits, UCI Machine Learning Repository
(E. Alpaydin and C. Kaynak, 1998), as sklearn.datasets.load_digits() gives it: 1797 images of
8 x 8 pixels with values 0..16, here scaled to 0..255. The first 1500 are for training, the last
297 for testing. Needs numpy and scikit-learn (Debian: python3-sklearn), no network.
"""
import argparse
import pathlib
import struct
import sys

TRAIN = 1500
WHITE, STORED_WHITE = 16, 255
DEFAULT_FOLDER = pathlib.Path(__file__).resolve().parent / "data" / "digits"


def idx_bytes(values):
    """IDX of unsigned bytes: magic 0x0000080N for N dimensions, the dimensions, the values."""
    header = struct.pack(">I", 0x0800 | values.ndim) + struct.pack(f">{values.ndim}I", *values.shape)
    return header + values.tobytes()


def idx_files():
    try:
        import numpy
        from sklearn.datasets import load_digits
    except ImportError as missing:
        sys.exit(f"make_digits.py: {missing}; install numpy and scikit-learn (Debian: apt install "
                 "python3-sklearn, then run /usr/bin/python3 input/make_digits.py)")
    digits = load_digits()
    pixels = numpy.rint(digits.images * STORED_WHITE / WHITE).astype(numpy.uint8)
    labels = digits.target.astype(numpy.uint8)
    return {"train-images-idx3-ubyte": idx_bytes(pixels[:TRAIN]),
            "train-labels-idx1-ubyte": idx_bytes(labels[:TRAIN]),
            "t10k-images-idx3-ubyte": idx_bytes(pixels[TRAIN:]),
            "t10k-labels-idx1-ubyte": idx_bytes(labels[TRAIN:])}


def write_if_different(path, content):
    if path.is_file() and path.read_bytes() == content:
        print(f"{path} is there already")
        return
    unfinished = path.with_name(path.name + ".tmp")
    unfinished.write_bytes(content)
    unfinished.replace(path)
    print(f"wrote {path} ({len(content)} bytes)")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, default=DEFAULT_FOLDER, metavar="DIR",
                        help="folder of the four files (default: %(default)s)")
    folder = parser.parse_args().out
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in idx_files().items():
            write_if_different(folder / name, content)
    except OSError as error:
        sys.exit(f"make_digits.py: cannot write {folder}: {error.strerror}")


if __name__ == "__main__":
    main()
