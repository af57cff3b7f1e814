# SPDX-License-Identifier: BSD-3-Clause
"""Writes trajectories.h5 from any training loop: PyTorch, JAX, NumPy. Needs h5py and NumPy alone.

    from recorder import Recorder
    with Recorder("results/mine/trajectories.h5", "adam", seeds=3, initials=5, snapshots=200,
                  select="fc2", parameters={"training.optimizer": "adam"}) as recorder:
        for seed, initial in recorder.todo():              # a loop that was killed goes on here
            model = train_from(seed, initial)              # yours
            for step in range(200):
                ...
                recorder.step(model.named_parameters(), loss)

One process writes at a time; further configurations are further Recorders on the same path, all of the
same seeds, initials and dtype. Then: equikoop spectra STUDY --out results/mine
"""
import os
import re

import h5py
import numpy as np


def named(tree, name=""):
    """(name, array) of every leaf of nested dicts, lists and (name, value) pairs, in order."""
    if isinstance(tree, tuple) and len(tree) == 2 and isinstance(tree[0], str):
        yield from named(tree[1], f"{name}.{tree[0]}" if name else tree[0])
    elif hasattr(tree, "detach"):  # a PyTorch tensor
        yield name, tree.detach().cpu().numpy()
    elif hasattr(tree, "shape") or np.isscalar(tree):
        yield name, np.asarray(tree)
    else:
        for key, value in tree.items() if hasattr(tree, "items") else enumerate(tree):
            pair = isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str)
            yield from named(value if pair else (str(key), value), name)


def describe(node, attributes):
    """Sets attributes; a file that has them all stays the same to the byte."""
    for key, value in attributes.items():
        if node.attrs.get(key) != value:
            node.attrs[key] = value


class Recorder:
    """One configuration. `select`: regular expression that the names of the recorded parameters hold;
    `every`: steps between snapshots; `dtype`: f4 or f8; `parameters`: {"section.key": text}."""

    def __init__(self, path, configuration, seeds, initials, snapshots, every=1, dtype="f4", select="",
                 parameters=None):
        self.shape, self.every, self.select = (seeds, initials, snapshots), every, re.compile(select)
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        self.file = h5py.File(path, "a")
        describe(self.file, {"filetype": "equikoop trajectories", "format_version": "1.0"})
        groups = self.file.require_group("configurations")
        self.group = groups.require_group(configuration)
        describe(self.group, {"index": self.group.attrs.get("index", len(groups) - 1),
                              "clock_step": float(every), **(parameters or {})})
        self.dtype, self.at = np.dtype(dtype).newbyteorder("<"), None
        self._dataset("time", (snapshots,), "i8", every * (1 + np.arange(snapshots)))
        self._dataset("loss", (seeds, initials, snapshots * every), self.dtype, np.nan)
        self._dataset("diverged_at", (seeds, initials), "i8", -1)
        self.done = self._dataset("done", (seeds, initials), "u1", 0)
        self.complete = self._dataset("complete", (seeds,), "u1", 0)

    def _dataset(self, name, shape, dtype, fill):
        """Makes a dataset, filled and on the disk, or checks the one that is there."""
        if name not in self.group:
            self.group.create_dataset(name, shape, dtype, track_times=False)[...] = fill
            self.file.flush()
        found = self.group[name]
        if found.shape != shape or found.dtype != np.dtype(dtype):
            raise ValueError(f"{self.file.filename}: {found.name} is {found.shape} {found.dtype}, this loop "
                             f"records {shape} {np.dtype(dtype)}: choose another path or configuration")
        return found

    def todo(self):
        """(seed, initial) of every trajectory that is not whole yet; the loop's body records it."""
        for seed, initial in np.argwhere(self.done[...] == 0).tolist():
            self.at, self.count, self.loss = (seed, initial), 0, np.full(self.group["loss"].shape[2], np.nan)
            yield seed, initial
            self._finish()

    def step(self, parameters, loss=np.nan):
        """After each update: parameters as a dict, list or named_parameters(); the loss before it."""
        if self.at is None or self.count >= self.loss.size:
            raise ValueError("step() is called outside of todo(), or more than snapshots * every times")
        self.loss[self.count] = float(loss)
        self.count += 1
        if self.count % self.every == 0:
            flat = [np.ravel(value) for name, value in named(parameters) if self.select.search(name)]
            if not flat:
                raise ValueError(f"no parameter's name holds {self.select.pattern!r}")
            values = np.concatenate(flat).astype(self.dtype)
            data = self._dataset("observables", (*self.shape, values.size), self.dtype, 0) \
                if self.count == self.every else self.group["observables"]
            data[(*self.at, self.count // self.every - 1)] = values
            if self.group["diverged_at"][self.at] < 0 and not np.isfinite(values).all():
                self.group["diverged_at"][self.at] = self.count

    def _finish(self):
        if self.count != self.loss.size:
            raise ValueError(f"trajectory {self.at} has {self.count} steps, expected {self.loss.size}")
        self.group["loss"][self.at] = self.loss
        self.file.flush()  # the data is on the disk before its mark
        self.done[self.at] = 1
        self.complete[self.at[0]] = int(self.done[self.at[0]].all())
        self.file.flush()
        self.at = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
