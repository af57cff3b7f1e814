# SPDX-License-Identifier: BSD-3-Clause
"""Images with the shape, the classes and the share of background of MNIST, for machines without it:
blots of a class' own place on black, as IDX files."""
import numpy as np

SIDE = 28
CLASSES = 10


def blots(count, generator):
    """(images uint8 (count, 28, 28), labels): about a fifth of the pixels is not black."""
    labels = generator.integers(CLASSES, size=count).astype(np.uint8)
    angle = 2 * np.pi * labels / CLASSES
    y, x = np.mgrid[:SIDE, :SIDE]
    images = np.zeros((count, SIDE, SIDE))
    for turn in (0.0, 0.6):
        row = 13.5 + 6 * np.sin(angle + turn) + generator.normal(size=count)
        column = 13.5 + 6 * np.cos(angle + turn) + generator.normal(size=count)
        square = (y - row[:, None, None]) ** 2 + (x - column[:, None, None]) ** 2
        images = np.maximum(images, 255 * np.exp(-square / generator.uniform(6, 14, count)[:, None, None]))
    images[images < 12] = 0
    return images.astype(np.uint8), labels


def idx(path, values):
    header = bytes([0, 0, 8, values.ndim]) + np.array(values.shape, ">i4").tobytes()
    path.write_bytes(header + values.tobytes())


def write(folder, train=6000, test=1000):
    """Writes the four files; returns their folder."""
    folder.mkdir()
    generator = np.random.default_rng(3)
    for name, count in (("train", train), ("t10k", test)):
        images, labels = blots(count, generator)
        idx(folder / f"{name}-images-idx3-ubyte", images)
        idx(folder / f"{name}-labels-idx1-ubyte", labels)
    return folder
