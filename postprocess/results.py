# SPDX-License-Identifier: BSD-3-Clause
"""The three archives of one results folder as one thing that figures, tables and words read.
Derived facts live here (what was swept, labels, floors); nothing is drawn or worded."""
import collections
import pathlib
import re

import numpy as np

from archive import open_archive, pair_rows

UNDECIDED, EQUIVALENT, DIFFERENT, NEGLIGIBLE = range(4)  # verdict codes of distances.h5
STATEFUL = ("momentum", "nesterov", "adam", "adamw", "rmsprop")  # weights are not their whole state


class Results:
    """DIR/spectra.h5 and DIR/distances.h5, and DIR/trajectories.h5 where it still exists."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        if not self.folder.is_dir():
            raise FileNotFoundError(f"{folder} is not a folder. Name the folder of a study's results")
        for name in ("spectra", "distances"):
            if not (self.folder / f"{name}.h5").exists():
                raise FileNotFoundError(f"{self.folder / name}.h5 does not exist. "
                                        f"Write it first with: equikoop {name} STUDY --out {folder}")
        self.spectra = open_archive(self.folder / "spectra.h5", "spectra")
        self.distances = open_archive(self.folder / "distances.h5", "distances")
        path = self.folder / "trajectories.h5"
        self.trajectories = open_archive(path, "trajectories") if path.exists() else None
        self.names = self.distances.names or self.spectra.names
        self.labels = dict(zip(self.names, short_labels(self.names)))
        self.settings = settings(self.distances.provenance or self.spectra.provenance)
        self.pairs = pair_rows(self.distances)

    def close(self):
        for opened in (self.spectra, self.distances, self.trajectories):
            if opened is not None:
                opened.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @property
    def study(self):
        return str(self.distances.attributes.get("study", self.folder.name))

    @property
    def archives(self):
        return [a for a in (self.trajectories, self.spectra, self.distances) if a is not None]

    @property
    def runs(self):
        """Each time a job worked on one of the files."""
        return [{"file": a.path.name, **run} for a in self.archives for run in a.provenance.get("runs", [])]

    def pair_label(self, row):
        return f"{self.labels[row['first']]}  ↔  {self.labels[row['second']]}"

    def setting(self, key, default=None):
        """A key of the study as text, `section.key`."""
        return self.settings.get(key, default)

    def number(self, key, default):
        try:
            return float(self.settings[key])
        except (KeyError, ValueError):
            return default

    def flag(self, key, default):
        """A key that is on or off."""
        return self.settings.get(key, default).lower() in ("on", "true", "yes", "1")

    def spectrum(self, name):
        """The configuration's group of spectra.h5, or None."""
        return self.spectra.configurations.get(name)

    def trajectory(self, name):
        """The configuration's group of trajectories.h5, or None."""
        return self.trajectories.configurations.get(name) if self.trajectories else None

    def parameters(self, name):
        for group in (self.spectrum(name), self.trajectory(name)):
            if group is not None and group.parameters:
                return group.parameters
        return {}

    def mean_distances(self):
        """(configuration, configuration): distances off the diagonal, noise floors on it."""
        return square(self.distances.get("mean_distance"), len(self.names))

    def standard_errors(self):
        return square(self.distances.get("standard_error"), len(self.names))

    def floors(self):
        """(configuration,): mean distance between seeds of one configuration; NaN where unknown."""
        stored = self.distances.get("floor")
        return np.diag(self.mean_distances()).copy() if stored is None else np.asarray(stored)

    def choices(self):
        """What was swept: label -> {configuration: value}. Keys that move together are one choice."""
        return choices({name: self.parameters(name) for name in self.names})

    def constants(self):
        """Parameters that are the same in every configuration."""
        every = [self.parameters(name) for name in self.names]
        return {k: v for k, v in (every[0] if every else {}).items()
                if all(p.get(k) == v for p in every)}


def square(values, count):
    """A matrix of the file, or one of NaN where it is absent or of another size."""
    if values is None or np.shape(values) != (count, count):
        return np.full((count, count), np.nan)
    return np.asarray(values, dtype=float)


def settings(provenance):
    """`section.key` -> text, from the resolved study (one key a line), else from the study text."""
    found, section = {}, ""
    for line in str(provenance.get("study_resolved") or provenance.get("study_text") or "").splitlines():
        line = line.strip()
        header = re.fullmatch(r"\[(.+)\]", line)
        if header:
            section = header.group(1).strip() + "."
        elif "=" in line and not line.startswith(("#", ";")):
            key, value = (part.strip() for part in line.split("=", 1))
            found[key if "." in key else section + key] = value
    return found


def choices(parameters):
    """Swept keys of {configuration: {key: value}}; keys with one partition are joined."""
    keys = list(dict.fromkeys(k for p in parameters.values() for k in p))
    columns = {k: tuple(p.get(k, "") for p in parameters.values()) for k in keys}
    groups = collections.OrderedDict()
    for key, column in columns.items():
        if len(set(column)) > 1:
            ranks = {value: i for i, value in enumerate(dict.fromkeys(column))}
            groups.setdefault(tuple(ranks[v] for v in column), []).append(key)
    named = {part.split("=")[0] for name in parameters for part in name.split(",")}
    chosen = (_swept(group, named) for group in groups.values())
    return {_joined(group): dict(zip(parameters, _values(group, columns))) for group in chosen}


def _swept(keys, named):
    """The keys that name the configurations; others that only follow them (a path) are left out."""
    return [k for k in keys if k.split(".", 1)[1] in named] or keys


def _joined(keys):
    words = [k.split(".", 1)[1].replace("_", " ") for k in keys]
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " with " + words[-1]


def _values(keys, columns):
    return [" / ".join(row) for row in zip(*(columns[k] for k in keys))]


SHORTER = {"learning_rate": "lr", "batch_size": "batch", "label_noise": "noise", "optimizer": "opt"}


def short_labels(names, longest=28):
    """Names for axes: what all share is left out, and of what is set together as few parts are kept
    as tell a configuration from the others; long names are shortened, then cut, and stay unique."""
    parts = [n.split(",") for n in names]
    shared = set.intersection(*map(set, parts)) if len(names) > 1 else set()
    own = [[p for p in part if p not in shared] or [n] for part, n in zip(parts, names)]
    labels = [", ".join(p) for p in _alike(own) or _telling(own)]
    if len(set(labels)) < len(names):
        labels = list(names)
    if max(map(len, labels), default=0) > longest:
        labels = [re.sub(r"\w+(?==)", lambda key: SHORTER.get(key[0], key[0]), l) for l in labels]
    cut = [l if len(l) <= longest else l[:longest - 1] + "…" for l in labels]
    return [c if cut.count(c) == 1 else f"{i + 1}·{c}"[:longest] for i, c in enumerate(cut)]


def _alike(own):
    """The first one or two parts of each, where they tell all apart; else None."""
    for kept in (1, 2):
        prefixes = [tuple(part[:kept]) for part in own]
        if len(set(prefixes)) == len(own):
            return prefixes
    return None


def _telling(own):
    """The shortest beginning of each that no other has."""
    def clashes(part, kept):
        return sum(other[:kept] == part[:kept] for other in own) > 1
    return [part[:next((k for k in range(1, len(part)) if not clashes(part, k)), len(part))] for part in own]
