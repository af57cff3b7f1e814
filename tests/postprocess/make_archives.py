# SPDX-License-Identifier: BSD-3-Clause
"""Writes small archives with the documented schema by h5py alone, from numbers that tests know.
Not a reference for the mathematics: the pair statistics are plain formulas of the distances."""
import itertools
import pathlib

import h5py
import numpy as np
from scipy.optimize import linear_sum_assignment

VERDICTS = ("undecided", "equivalent", "non-equivalent", "different but negligible")
PAIR_COLUMNS = ("first", "second", "mean_distance", "standard_error", "floor", "effect", "effect_low",
                "effect_high", "p_value", "p_adjusted", "margin", "shuffle_fraction",
                "shuffle_fraction_conjugate", "contained_first_in_second", "contained_second_in_first",
                "verdict", "seeds_first", "seeds_second")
INTEGERS = ("first", "second", "verdict", "seeds_first", "seeds_second")
RUNS = np.dtype([("start", "S24"), ("end", "S24"), ("stage", "S16"), ("ranks", "i4"), ("nodes", "i4"),
                 ("seconds", "f8"), ("done", "i4"), ("hosts", "S256")])
STUDY_TEXT = """[study]
name = fake
question = Does the <width> of a network change how it trains?
[model]
width = 5 10 40
"""


class Study:
    """What to write: configurations with parameters, and sizes."""

    def __init__(self, configurations, seeds=5, initials=4, modes=10, features=12, steps=200,
                 without_spectrum=(), spread=0.03, version="1.0", question=None, optimizer="sgd"):
        self.configurations = dict(configurations)  # name -> {key: text}
        self.seeds, self.initials, self.modes = seeds, initials, modes
        self.features, self.steps = features, steps
        self.without_spectrum = set(without_spectrum)
        self.version, self.optimizer = version, optimizer
        self.text = STUDY_TEXT if question is None else f"[study]\nname = fake\nquestion = {question}\n"
        self.rng = np.random.default_rng(7)
        self.spread = spread
        self.eigenvalues = {n: self._spectra(i) for i, n in enumerate(self.configurations)}
        self.distances = self._distances()

    @property
    def names(self):
        return list(self.configurations)

    def _spectra(self, index):
        """(seed, mode): conjugate pairs near the circle; configurations differ in their angles."""
        half = self.modes // 2
        angle = np.linspace(0.02, 2.2, half) * (1 + 0.25 * (index % 4) + 0.02 * index)
        modulus = np.linspace(0.999, 0.6, half)
        shape = (self.seeds, half)
        noisy = (modulus + self.spread * self.rng.normal(size=shape) * (1 - modulus + 0.02)) * np.exp(
            1j * (angle + self.spread * self.rng.normal(size=shape)))
        noisy = noisy.real + 1j * np.abs(noisy.imag)
        return np.stack([noisy, noisy.conj()], axis=2).reshape(self.seeds, -1)

    def _distances(self):
        count = len(self.names)
        out = np.full((count, count, self.seeds, self.seeds), np.nan)
        for (i, a), (j, b) in itertools.product(enumerate(self.names), repeat=2):
            if {a, b} & self.without_spectrum:
                continue
            for s, t in np.ndindex(self.seeds, self.seeds):
                cost = abs(self.eigenvalues[a][s][:, None] - self.eigenvalues[b][t][None])
                out[i, j, s, t] = cost[linear_sum_assignment(cost)].mean()
        return out

    def reductions(self):
        """mean (diagonal: floor), standard error, floor."""
        count, equal = len(self.names), np.eye(self.seeds, dtype=bool)
        mean, error = np.full((count, count), np.nan), np.full((count, count), np.nan)
        for i, j in np.ndindex(count, count):
            chosen = self.distances[i, j][~equal if i == j else equal]
            if chosen.size:
                mean[i, j], error[i, j] = chosen.mean(), chosen.std() / np.sqrt(chosen.size)
        return mean, error, np.diag(mean).copy()

    def pairs(self):
        mean, error, floor = self.reductions()
        rows = []
        for i, j in itertools.combinations(range(len(self.names)), 2):
            middle = (floor[i] + floor[j]) / 2
            effect = 2 * mean[i, j] - floor[i] - floor[j]
            differs, near = mean[i, j] > 2 * middle, effect + 2 * error[i, j] < 0.5 * middle
            p = 0.008 if differs else 0.4
            verdict = 2 if differs else 1 if near else 0
            rows.append((i, j, mean[i, j], error[i, j], middle, effect, effect - 2 * error[i, j],
                         effect + 2 * error[i, j], p, min(1.0, 1.5 * p), 0.5 * middle, 0.13, 0.25,
                         0.9 * mean[i, j], 0.8 * mean[i, j], verdict, self.seeds, self.seeds))
        return rows


def widths(*values, **options):
    """A study of widths, as in the published experiment."""
    return Study({f"width={v}": {"model.width": str(v), "model.activation": "relu",
                                 "training.optimizer": options.get("optimizer", "sgd")}
                  for v in values}, **options)


def write_all(study, folder, trajectories=True):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    write_spectra(study, folder / "spectra.h5")
    write_distances(study, folder / "distances.h5")
    if trajectories:
        write_trajectories(study, folder / "trajectories.h5")
    return folder


def write_spectra(study, path):
    with h5py.File(path, "w") as file:
        header(file, study, "spectra")
        for i, name in enumerate(study.names):
            group = configuration(file, study, name, i)
            group.attrs.update({"delays": np.int32(8), "snapshots": np.int32(study.steps),
                                "clock_step": 1.0, "clock_sample": 60.0, "clock_time": 0.1,
                                "method": "features", "rank_rule": "number", "window_begin": 0.0,
                                "window_end": 1.0})
            scale(group, "seed", np.arange(study.seeds, dtype="i4"))
            scale(group, "mode", np.arange(study.modes, dtype="i4"))
            spectrum(group, study, name)


def spectrum(group, study, name):
    missing = name in study.without_spectrum
    shape = (study.seeds, study.modes)
    values = np.full(shape, np.nan + 1j * np.nan) if missing else study.eigenvalues[name]
    residual = 10 ** study.rng.uniform(-4, 0, shape)
    amplitude = np.sort(study.rng.dirichlet(np.full(study.modes, 0.3), study.seeds))[:, ::-1]
    for key, data in (("eigenvalues", values), ("residuals_heldout", residual),
                      ("residuals_insample", residual / 3), ("amplitudes", amplitude),
                      ("singular_values", np.sort(study.rng.uniform(0, 9, shape))[:, ::-1])):
        plain(group, key, np.where(missing, np.nan, data), ("seed", "mode"))
    for key, value, kind in (("total_energy", 12.0, "f8"), ("rank", 0 if missing else study.modes, "i4"),
                             ("trajectories_used", 1 if missing else study.initials, "i4"),
                             ("noise_cut", 0, "i4"), ("complete", 1, "u1")):
        plain(group, key, np.full(study.seeds, value, kind), ("seed",))


def write_distances(study, path):
    mean, error, floor = study.reductions()
    with h5py.File(path, "w") as file:
        header(file, study, "distances")
        longest = max(len(n.encode()) for n in study.names)
        names = np.array([n.encode() for n in study.names], f"S{longest}")
        file.create_dataset("configuration", data=names.astype(h5py.string_dtype("utf-8", longest)))
        file["configuration"].make_scale("configuration")
        scale(file, "seed", np.arange(study.seeds, dtype="i4"))
        rows = study.pairs()
        scale(file, "pair", np.arange(len(rows), dtype="i4"))
        plain(file, "distances", study.distances, ("configuration", "configuration", "seed", "seed"))
        plain(file, "mean_distance", mean, ("configuration", "configuration"))
        plain(file, "standard_error", error, ("configuration", "configuration"))
        plain(file, "floor", floor, ("configuration",))
        group = file.create_group("pairs")
        for k, column in enumerate(PAIR_COLUMNS):
            kind = "i4" if column in INTEGERS else "f8"
            plain(group, column, np.array([r[k] for r in rows], kind), ("/pair",))
        words = np.array([VERDICTS[r[PAIR_COLUMNS.index("verdict")]].encode() for r in rows], "S32")
        plain(group, "verdict_text", words.astype(h5py.string_dtype("utf-8", 32)), ("/pair",))


def write_trajectories(study, path):
    with h5py.File(path, "w") as file:
        header(file, study, "trajectories")
        for i, name in enumerate(study.names):
            group = configuration(file, study, name, i)
            for key, size in (("seed", study.seeds), ("initial", study.initials),
                              ("feature", study.features)):
                scale(group, key, np.arange(size, dtype="i4"))
            scale(group, "time", np.arange(1, study.steps + 1, dtype="i8"))
            scale(group, "step", np.arange(study.steps, dtype="i8"))
            trajectories(group, study, i)


def trajectories(group, study, index):
    shape = (study.seeds, study.initials)
    step = np.arange(study.steps)
    noise = study.rng.normal(size=(*shape, study.steps))
    loss = (0.2 + 2.1 * np.exp(-step / (20 + 8 * index)) * np.exp(0.15 * noise)).astype("f4")
    walk = np.cumsum(study.rng.normal(size=(*shape, study.steps, study.features)), axis=2) / 30
    accuracy = 0.9 + 0.01 * index / max(len(study.names), 1) + 0.004 * study.rng.normal(size=shape)
    diverged = np.full(shape, -1, "i8")
    if study.names[index] in study.without_spectrum:
        diverged[:, 1:], loss[:, 1:, 9:], accuracy[:, 1:] = 9, np.nan, np.nan
    plain(group, "observables", walk.astype("f4"), ("seed", "initial", "time", "feature"))
    plain(group, "loss", loss, ("seed", "initial", "step"))
    plain(group, "test_loss", 1 - accuracy, ("seed", "initial"))
    plain(group, "test_accuracy", accuracy, ("seed", "initial"))
    plain(group, "diverged_at", diverged, ("seed", "initial"))
    plain(group, "complete", np.ones(study.seeds, "u1"), ("seed",))


def header(file, study, kind):
    file.attrs.update({
        "filetype": f"equikoop {kind}", "format_version": study.version, "creator": "equikoop",
        "creator_version": "0.1.0", "git_commit": "0123abc", "created": "2024-01-02T03:04:05Z",
        "references": "arXiv:2302.09160", "study": "fake"})
    node = file.create_group("provenance")
    resolved = (f"study.name = fake\nstudy.question = \nstudy.initials = {study.initials}\n"
                "compare.alpha = 0.05\ncompare.margin = 0.5\ncompare.paired = off\n"
                f"training.optimizer = {study.optimizer}\n")
    node.attrs.update({"study_text": study.text, "study_resolved": resolved, "libraries": "HDF5 1.10.8",
                       "command_line": f"equikoop {kind} fake.ini"})
    runs = np.zeros(64, RUNS)
    runs[0] = (b"2024-01-02T03:04:05Z", b"2024-01-02T03:05:05Z", kind.encode(), 2, 1, 60.0, 15, b"node1")
    node.create_dataset("runs", data=runs)


def configuration(file, study, name, index):
    group = file.require_group("configurations").create_group(name)
    group.attrs["index"] = np.int32(index)
    group.attrs["features"] = np.int32(study.features)
    group.attrs.update(study.configurations[name])
    return group


def scale(group, key, values):
    group.create_dataset(key, data=values).make_scale(key)


def plain(group, key, values, axes):
    dataset = group.create_dataset(key, data=values)
    for i, axis in enumerate(axes):
        dataset.dims[i].attach_scale(group[axis])
    dataset.attrs.update({"long_name": key, "units": "1", "description": key})
