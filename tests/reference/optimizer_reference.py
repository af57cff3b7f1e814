# SPDX-License-Identifier: BSD-3-Clause
"""Every optimiser step by step, with its state, against NumPy and (where installed) PyTorch.

Usage: optimizer_reference.py DUMP_TRAINING
"""

import sys

import numpy as np

from training import Dump, loss_and_gradient, minibatch, relative

TOLERANCE = 1e-12  # float64; adaptive rules divide by small second moments and amplify rounding
BATCH = 20
CASES = [  # optimiser, learning rate, weight decay
    ("sgd", 0.1, 0.0), ("sgd", 0.1, 0.01), ("momentum", 0.05, 0.0), ("momentum", 0.05, 0.01),
    ("nesterov", 0.05, 0.0), ("nesterov", 0.05, 0.01), ("adam", 0.003, 0.0), ("adam", 0.003, 0.01),
    ("adamw", 0.003, 0.1), ("rmsprop", 0.003, 0.0), ("rmsprop", 0.003, 0.01),
    ("mirror", 0.1, 0.0), ("mirror", 0.1, 0.01),
]
MIRROR_BETA = 0.3


class Rule:
    """One step w, g -> w of each rule, from its published definition; `state` as recorded."""

    def __init__(self, name, rate, decay, size):
        self.name, self.rate, self.decay, self.steps = name, rate, decay, 0
        self.v, self.m = np.zeros(size), np.zeros(size)

    def step(self, w, g):
        self.steps += 1
        if self.name == "adamw":
            w = w * (1 - self.rate * self.decay)
        else:
            g = g + self.decay * w
        return w + getattr(self, self.name)(w, g)

    def sgd(self, _, g):
        return -self.rate * g

    def momentum(self, _, g):
        self.v = 0.9 * self.v + g
        return -self.rate * self.v

    def nesterov(self, _, g):
        self.v = 0.9 * self.v + g
        return -self.rate * (g + 0.9 * self.v)

    def adam(self, _, g):
        self.m = 0.9 * self.m + 0.1 * g
        self.v = 0.999 * self.v + 0.001 * g**2
        m = self.m / (1 - 0.9**self.steps)
        v = self.v / (1 - 0.999**self.steps)
        return -self.rate * m / (np.sqrt(v) + 1e-8)

    adamw = adam

    def rmsprop(self, _, g):
        self.v = 0.99 * self.v + 0.01 * g**2
        return -self.rate * g / (np.sqrt(self.v) + 1e-8)

    def mirror(self, w, g):
        return MIRROR_BETA * np.sinh(np.arcsinh(w / MIRROR_BETA) - self.rate * g) - w

    def state(self):
        if self.name in ("adam", "adamw"):
            return [self.m, self.v]
        return [] if self.name in ("sgd", "mirror") else [self.v]


def numpy_trajectory(dump, initial, name, rate, decay):
    w = dump.weights[initial].copy()
    rule = Rule(name, rate, decay, len(w))
    snapshots = []
    for step in range(dump.steps):
        _, g = loss_and_gradient(w, *minibatch(dump, step, BATCH), dump.sizes, dump.bias, "tanh")
        w = rule.step(w, g)
        snapshots.append(np.concatenate([w, *rule.state()]))
    return np.array(snapshots)


def torch_rule(torch, name, w, rate, decay):
    optim = torch.optim
    return {
        "sgd": lambda: optim.SGD([w], rate, weight_decay=decay),
        "momentum": lambda: optim.SGD([w], rate, 0.9, weight_decay=decay),
        "nesterov": lambda: optim.SGD([w], rate, 0.9, weight_decay=decay, nesterov=True),
        "adam": lambda: optim.Adam([w], rate, weight_decay=decay),
        "adamw": lambda: optim.AdamW([w], rate, weight_decay=decay),
        "rmsprop": lambda: optim.RMSprop([w], rate, weight_decay=decay),
    }[name]()


# What torch.optim keeps of each parameter, in the order of our recorded state.
TORCH_STATE = {"momentum": ["momentum_buffer"], "nesterov": ["momentum_buffer"], "rmsprop": ["square_avg"],
               "adam": ["exp_avg", "exp_avg_sq"], "adamw": ["exp_avg", "exp_avg_sq"]}


def torch_trajectory(torch, dump, initial, name, rate, decay):
    """Autograd and torch.optim on the canonical vector as one parameter: weights, then its state."""
    w = torch.tensor(dump.weights[initial], requires_grad=True)
    rule = torch_rule(torch, name, w, rate, decay)
    snapshots = []
    for step in range(dump.steps):
        x, labels = map(torch.as_tensor, minibatch(dump, step, BATCH))
        at = 0
        for layer, (n_in, n_out) in enumerate(zip(dump.sizes, dump.sizes[1:])):
            x = torch.tanh(x) if layer else x
            x = x @ w[at:at + n_in * n_out].reshape(n_out, n_in).T
            at += n_in * n_out
        rule.zero_grad()
        torch.nn.functional.cross_entropy(x, labels).backward()
        rule.step()
        kept = [rule.state[w][key] for key in TORCH_STATE.get(name, [])]
        snapshots.append(np.concatenate([v.detach().numpy() for v in (w, *kept)]))
    return np.array(snapshots)


def find_torch():
    try:
        import torch
        return torch
    except ImportError:
        print("skipped: the comparison with PyTorch (torch is not installed)")
        return None


def report(error, *words):
    passed = error <= TOLERANCE
    print(f"{'ok  ' if passed else 'FAIL'} {error:.1e}", *words)
    return passed


def state_error(ours, reference, parameters):
    """The weights and each part of the state on its own scale."""
    assert ours.shape == reference.shape, "the state has another size"
    return max(relative(ours[:, i:i + parameters], reference[:, i:i + parameters])
               for i in range(0, ours.shape[1], parameters))


def check(program, torch, name, rate, decay):
    dump = Dump(program, optimizer=name, density=0.3, first_layer="sparse" if decay else "dense",
                learning_rate=rate, weight_decay=decay, batch_size=BATCH,
                activation="tanh", mirror_beta=MIRROR_BETA, initials=2)
    passed = True
    for initial, ours in enumerate(dump.snapshots):
        references = {"numpy": numpy_trajectory(dump, initial, name, rate, decay)}
        if torch and name != "mirror":
            references["torch"] = torch_trajectory(torch, dump, initial, name, rate, decay)
        for label, reference in references.items():
            error = state_error(ours, reference, dump.weights.shape[1])
            passed &= report(error, label, name, f"decay={decay}", f"initial={initial}")
    return passed


def main(program):
    torch = find_torch()
    failures = sum(not check(program, torch, *case) for case in CASES)
    print(f"{len(CASES)} cases, {failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
