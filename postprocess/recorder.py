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
import pathlib
import re

import h5py
import numpy as np


def named(tree, name=""):
    """(name, flat array) of every leaf of nested dicts, lists and (name, value) pairs, in order."""
    if hasattr(tree, "detach"):  # a PyTorch tensor; double holds bfloat16 too, which NumPy lacks
        tree = tree.detach().cpu().double().numpy()
    if hasattr(tree, "shape") or np.isscalar(tree):
        yield name, np.asarray(tree).ravel()
        return
    for key, value in tree.items() if hasattr(tree, "items") else enumerate(tree):
        if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str):
            key, value = value
        yield from named(value, f"{name}.{key}" if name else str(key))


def describe(node, attributes):
    for key, value in attributes.items():
        if node.attrs.get(key) != value:  # a file that has it stays the same to the byte
            node.attrs[key] = value


def dataset(group, name, shape, dtype, fill=None):
    """Makes a dataset, or checks the one that an earlier run has made."""
    if name not in group:
        group.create_dataset(name, shape, dtype, fillvalue=fill, track_times=False)
    found = group[name]
    if (found.shape, found.dtype) != (shape, np.dtype(dtype)):
        raise ValueError(f"{group.file.filename}: {found.name} is {found.shape} {found.dtype}, this loop "
                         f"records {shape} {np.dtype(dtype)}: choose another path or configuration")
    return found


class Recorder:
    """One configuration. `select`: regular expression that the names of the recorded parameters hold;
    `every`: steps between snapshots; `dtype`: f4 or f8; `parameters`: {"section.key": text}."""

    def __init__(self, path, configuration, seeds, initials, snapshots, every=1, dtype="f4", select="",
                 parameters=None):
        self.shape, self.every, self.steps = (seeds, initials, snapshots), every, snapshots * every
        self.select, self.dtype, self.at = re.compile(select), np.dtype(dtype).newbyteorder("<"), None
        pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)
        self.file = h5py.File(path, "a")
        self.group = group = self.file.require_group(f"configurations/{configuration}")
        describe(self.file, {"filetype": "equikoop trajectories", "format_version": "1.0"})
        describe(group, {"index": group.attrs.get("index", len(group.parent) - 1), "clock_step": float(every),
                         **(parameters or {})})
        dataset(group, "time", (snapshots,), "i8")[...] = every * (1 + np.arange(snapshots))
        self.loss = dataset(group, "loss", (seeds, initials, self.steps), self.dtype, np.nan)
        self.diverged_at = dataset(group, "diverged_at", (seeds, initials), "i8", -1)
        self.done = dataset(group, "done", (seeds, initials), "u1", 0)
        self.complete = dataset(group, "complete", (seeds,), "u1", 0)
        self.file.flush()  # a loop that is killed in its first trajectory leaves a file that opens

    def todo(self):
        """(seed, initial) of every trajectory that is not whole yet; the loop's body records it."""
        for self.at in map(tuple, np.argwhere(self.done[...] == 0).tolist()):
            self.losses, self.diverged = [], -1
            yield self.at
            if len(self.losses) != self.steps:
                raise ValueError(f"trajectory {self.at} has {len(self.losses)} steps, expected {self.steps}")
            self.loss[self.at], self.diverged_at[self.at] = self.losses, self.diverged
            self.file.flush()  # the data is on the disk before its mark
            self.done[self.at] = 1
            self.complete[self.at[0]] = self.done[self.at[0]].all()
            self.file.flush()
        self.at = None

    def step(self, parameters, loss=np.nan):
        """After each update: parameters as a dict, list or named_parameters(); the loss before it."""
        if self.at is None or len(self.losses) == self.steps:
            raise ValueError("step() is called outside of todo(), or more than snapshots * every times")
        self.losses.append(float(loss))
        snapshot, between = divmod(len(self.losses), self.every)
        if between:
            return
        flat = [values for name, values in named(parameters) if self.select.search(name)]
        if not flat:
            raise ValueError(f"no parameter's name holds {self.select.pattern!r}")
        flat = np.concatenate(flat).astype(self.dtype)
        data = dataset(self.group, "observables", (*self.shape, flat.size), self.dtype)
        data[(*self.at, snapshot - 1)] = flat
        if self.diverged < 0 and not np.isfinite(flat).all():
            self.diverged = len(self.losses)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
