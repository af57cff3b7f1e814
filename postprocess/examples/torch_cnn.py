#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A small convolutional network in PyTorch under two optimisers, its last layer recorded.

    python3 postprocess/examples/torch_cnn.py results/cnn
then equikoop spectra, distances and report.py as in numpy_softmax.py, with recorded.ini beside it.

Says so and ends with code 77 where PyTorch is not installed.
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from recorder import Recorder  # noqa: E402

try:
    import torch
except ImportError:
    print("torch_cnn.py: skipped: PyTorch is not installed")
    sys.exit(77)

SEEDS, INITIALS, STEPS, BATCH, SIDE, CLASSES = 2, 3, 60, 16, 8, 4
OPTIMIZERS = {"sgd": lambda p: torch.optim.SGD(p, lr=0.1), "adam": lambda p: torch.optim.Adam(p, lr=0.003)}


class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(1, 4, 3, padding=1)
        self.last = torch.nn.Linear(4 * (SIDE // 2) ** 2, CLASSES)

    def forward(self, images):
        hidden = torch.nn.functional.max_pool2d(torch.relu(self.conv(images)), 2)
        return self.last(hidden.flatten(1))


def batches(seed):
    """Noisy images with a bright quarter: which one is the class."""
    generator = torch.Generator().manual_seed(seed)
    half = SIDE // 2
    for _ in range(STEPS):
        labels = torch.randint(CLASSES, (BATCH,), generator=generator)
        images = torch.randn(BATCH, 1, SIDE, SIDE, generator=generator)
        for image, label in zip(images, labels.tolist()):
            row, column = divmod(label, 2)
            image[0, row * half:(row + 1) * half, column * half:(column + 1) * half] += 1
        yield images, labels


def train(recorder, seed, initial, make_optimizer):
    torch.manual_seed(seed)
    model = Network()
    if initial:  # the seed's base weights, moved a little
        generator = torch.Generator().manual_seed(1000 * seed + initial)
        with torch.no_grad():
            for weights in model.parameters():
                weights.mul_(1 + 1e-3 * (2 * torch.rand(weights.shape, generator=generator) - 1))
    optimizer = make_optimizer(model.parameters())
    for images, labels in batches(seed):
        loss = torch.nn.functional.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        recorder.step(model.named_parameters(), loss.item())


def main(folder):
    for name, make_optimizer in OPTIMIZERS.items():
        with Recorder(f"{folder}/trajectories.h5", f"optimizer={name}", SEEDS, INITIALS, STEPS, select="^last",
                      parameters={"training.optimizer": name}) as recorder:
            for seed, initial in recorder.todo():
                train(recorder, seed, initial, make_optimizer)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("torch_cnn.py: give the folder of the results")
    main(sys.argv[1])
