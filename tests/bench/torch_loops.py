# SPDX-License-Identifier: BSD-3-Clause
"""Ten networks 784-h-10 trained by PyTorch in three ways, as a careful user would write them; one
thread, output weights recorded at each step. `start`: (w1 (10, h, 784), w2 (10, 10, h)), float32."""
import time

import numpy as np
import torch

RATE = 0.1


def autograd(x, y, w1, w2, steps):
    """One network after another, gradients by autograd; (recorded, losses) of the first network."""
    first = None
    for a, b in zip(w1, w2):
        a, b = a.clone().requires_grad_(), b.clone().requires_grad_()
        recorded = torch.empty((steps, b.numel()))
        losses = torch.empty(steps)
        for t in range(steps):
            loss = torch.nn.functional.cross_entropy(torch.relu(x[t] @ a.T) @ b.T, y[t])
            grad_a, grad_b = torch.autograd.grad(loss, (a, b))
            with torch.no_grad():
                a -= RATE * grad_a
                b -= RATE * grad_b
            recorded[t] = b.detach().flatten()
            losses[t] = loss.detach()
        first = first or (recorded, losses)
    return first


def by_hand(x, y, w1, w2, steps):
    """One network after another, gradients written out."""
    first = None
    every = torch.arange(y.shape[1])
    with torch.no_grad():
        for a, b in zip(w1.clone(), w2.clone()):
            recorded, losses = torch.empty((steps, b.numel())), torch.empty(steps)
            for t in range(steps):
                hidden = torch.relu(x[t] @ a.T)
                scores = torch.log_softmax(hidden @ b.T, 1)
                losses[t] = -scores[every, y[t]].mean()
                error = scores.exp_()
                error[every, y[t]] -= 1
                error *= 1 / len(y[t])
                back = (error @ b) * (hidden > 0)
                b.addmm_(error.T, hidden, alpha=-RATE)
                a.addmm_(back.T, x[t], alpha=-RATE)
                recorded[t] = b.flatten()
            first = first or (recorded, losses)
    return first


def stacked(x, y, w1, w2, steps):
    """All networks at once: first layers in one product, output layers in batched ones."""
    networks, width, inputs = w1.shape
    a, b = w1.reshape(networks * width, inputs).clone(), w2.clone()
    recorded, losses = torch.empty((steps, networks, b[0].numel())), torch.empty((steps, networks))
    with torch.no_grad():
        for t in range(steps):
            batch = len(y[t])
            hidden = torch.relu(x[t] @ a.T)
            parts = hidden.reshape(batch, networks, width).transpose(0, 1)
            scores = torch.log_softmax(torch.bmm(parts, b.transpose(1, 2)), 2)
            index = y[t].expand(networks, batch)[..., None]
            losses[t] = -scores.gather(2, index).mean((1, 2))
            error = scores.exp_()
            error.scatter_add_(2, index, torch.full_like(index, -1, dtype=error.dtype))
            error *= 1 / batch
            back = (torch.bmm(error, b).transpose(0, 1).reshape(batch, -1)) * (hidden > 0)
            b.baddbmm_(error.transpose(1, 2), parts, alpha=-RATE)
            a.addmm_(back.T, x[t], alpha=-RATE)
            recorded[t] = b.reshape(networks, -1)
    return recorded[:, 0], losses[:, 0]


WAYS = {"autograd": autograd, "gradients by hand": by_hand, "ten networks stacked": stacked}


def minibatches(images, labels, batch, steps):
    """The first `steps` minibatches in the order of the file: pixels normalised as MNIST's are."""
    pixels = (images[: batch * steps].reshape(steps, batch, -1) / np.float32(255) - np.float32(0.1307)) / np.float32(0.3081)
    return torch.from_numpy(pixels.astype(np.float32)), torch.from_numpy(labels[: batch * steps].astype(np.int64)).reshape(steps, batch)


def microseconds(way, x, y, w1, w2, steps, rounds):
    """Of a step of one network, a sample a round."""
    torch.set_num_threads(1)
    WAYS[way](x, y, w1, w2, 2)
    samples = []
    for _ in range(rounds):
        began = time.perf_counter()
        WAYS[way](x, y, w1, w2, steps)
        samples.append(1e6 * (time.perf_counter() - began) / steps / len(w1))
    return samples
