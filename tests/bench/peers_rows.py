# SPDX-License-Identifier: BSD-3-Clause
"""What NumPy, SciPy and PyTorch need for the same work on the same data with one thread, where they are
installed: seconds of the peer over ours, and their results against ours."""
import gzip
import importlib.util
import pathlib
import time

import h5py
import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse.linalg import LinearOperator, svds

import figures
import make_spectra

ORDER = 35
WIDTHS = (5, 10, 40, 400, 1024)
BATCH = 60
CHECKED = 12       # steps that PyTorch goes on from our first snapshot
DELAYS, RANK = 8, 10


def idx(folder, name):
    """The numbers of an IDX file, plain or gzip."""
    path = pathlib.Path(folder) / name
    data = path.read_bytes() if path.is_file() else gzip.decompress(pathlib.Path(f"{path}.gz").read_bytes())
    rank = data[3]
    shape = np.frombuffer(data, ">i4", rank, 4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(shape)


def our_weights(bench, width):
    """(step, initial, weight): all weights of ten networks, after each of the first steps."""
    study = bench.study(f"peer{width}.ini", bench.images() | {
        "study.seeds": 1, "study.initials": 10, "model.width": width, "training.steps": CHECKED + 1,
        "training.batch_size": BATCH, "training.learning_rate": 0.1, "record.observable": "all",
        "koopman.delays": 1, "koopman.rank": 2})
    folder = bench.folder / f"peer{width}"
    bench.equikoop("train", study, "--out", folder)
    with h5py.File(folder / "trajectories.h5") as f:
        (group,) = f["configurations"].values()
        return group["observables"][0].swapaxes(0, 1), group["loss"][0, 0]


def torch_rows(bench):
    if importlib.util.find_spec("torch") is None:
        yield figures.Skipped("peers: a training step in PyTorch", "no python3-torch")
        return
    import torch
    import torch_loops
    folder = bench.images()["data.path"]
    for width in (5,) if bench.quick else WIDTHS:
        steps = 20 if bench.quick else max(20, min(90, 10000 // width))
        x, y = torch_loops.minibatches(idx(folder, "train-images-idx3-ubyte"), idx(folder, "train-labels-idx1-ubyte"),
                                       BATCH, max(steps, CHECKED + 1))
        weights, loss = our_weights(bench, width)
        w1 = torch.from_numpy(weights[0][:, : 784 * width].reshape(10, width, 784).copy())
        w2 = torch.from_numpy(weights[0][:, 784 * width:].reshape(10, 10, width).copy())
        ours = bench.measure("training", "mnist", width, 1 if bench.quick else 2, 40 if bench.quick else max(60, min(600, 20000 // width)), folder)
        for way, train in torch_loops.WAYS.items():
            recorded, losses = train(x[1:], y[1:], w1, w2, CHECKED)
            theirs = recorded.numpy()
            error = np.abs(theirs - weights[1:, 0, 784 * width:]).max() / np.abs(theirs).max()
            error = max(error, np.abs(losses.numpy() / loss[1:] - 1).max())
            samples = torch_loops.microseconds(way, x, y, w1, w2, steps, 1 if bench.quick else 3)
            yield figures.Figure(f"peers: PyTorch, {way}, h = {width}", "us", samples, ours["step"], "equikoop, a step",
                                 None if bench.quick else ("ratio>=", 1),
                                 [(f"{CHECKED} steps of PyTorch from our first weights", float(error), 2e-4)])


def delay_matrix(x, delays):
    """(features·(delays + 1), columns) of trajectories (initial, time, feature), and the same a step later."""
    times = x.shape[1] - delays - 1
    now = [np.concatenate([m[i: i + times + 1].T for i in range(delays + 1)]) for m in x.astype(float)]
    return np.hstack([z[:, :-1] for z in now]), np.hstack([z[:, 1:] for z in now])


def eigenvalues(u, s, v, later):
    """Of A = U^T Z' V / S."""
    return np.linalg.eigvals(u.T @ later(v) / s)


def dense_svd(x):
    z, later = delay_matrix(x, DELAYS)
    u, s, vt = np.linalg.svd(z, full_matrices=False)
    return eigenvalues(u[:, :RANK], s[:RANK], vt[:RANK].T, lambda v: later @ v)


def matrix_free(x):
    """SciPy's Lanczos on products with blocks of the raw trajectories; the matrix is never formed."""
    x = x.astype(float)
    initials, times, features = x.shape
    columns = times - DELAYS - 1

    def forward(v, shift=0):
        v = v.reshape(initials, columns, -1)
        return np.concatenate([np.einsum("mtf,mtk->fk", x[:, i + shift: i + shift + columns], v, optimize=True)
                               for i in range(DELAYS + 1)])

    def backward(u):
        u = u.reshape(DELAYS + 1, features, -1)
        return sum(x[:, i: i + columns] @ u[i] for i in range(DELAYS + 1)).reshape(initials * columns, -1)

    z = LinearOperator((features * (DELAYS + 1), initials * columns), matvec=forward, rmatvec=backward,
                       matmat=forward, rmatmat=backward, dtype=float)
    start = np.random.default_rng(0).normal(size=min(z.shape))
    u, s, vt = svds(z, k=RANK, v0=start)
    return eigenvalues(u, s, vt.T, lambda v: forward(v, 1))


def largest_difference(a, b):
    cost = np.abs(a[:, None] - b[None, :])
    return float(cost[linear_sum_assignment(cost)].max())


def spectra_rows(bench):
    """On an ensemble short enough for a full SVD within seconds."""
    steps = 60 if bench.quick else 180
    study = bench.study("peer_spectra.ini", bench.images() | {
        "study.seeds": 1, "study.initials": 10, "model.width": 20, "training.steps": steps, "training.batch_size": BATCH,
        "koopman.delays": DELAYS, "koopman.rank": RANK})
    folder = bench.folder / "peer_spectra"
    bench.equikoop("train", study, "--out", folder)
    bench.equikoop("spectra", study, "--out", folder)
    with h5py.File(folder / "trajectories.h5") as f, h5py.File(folder / "spectra.h5") as g:
        (x,) = (group["observables"][0] for group in f["configurations"].values())
        (ours,) = (group["eigenvalues"][0] for group in g["configurations"].values())
    seconds = bench.measure("spectra", folder / "trajectories.h5", 0, 0, DELAYS, 1 if bench.quick else 5)["spectrum"]
    for name, peer, rounds in (("NumPy, full SVD", dense_svd, 1), ("SciPy, matrix-free Lanczos", matrix_free, 3)):
        samples = []
        for _ in range(1 if bench.quick else rounds):
            began = time.perf_counter()
            theirs = peer(x)
            samples.append(time.perf_counter() - began)
        yield figures.Figure(f"peers: {name}, {x.shape[2] * (DELAYS + 1)} x {10 * (steps - DELAYS - 1)}", "s", samples,
                             seconds, "equikoop, residuals too", None if bench.quick else ("ratio>=", 1),
                             [("eigenvalues against ours", largest_difference(theirs, ours), 1e-9)])


def distance_rows(bench):
    folder = bench.folder / "peer_distances"
    folder.mkdir()
    values = make_spectra.write(folder / "spectra.h5", 4, 4)
    study = bench.study("peer_distances.ini", {"study.seeds": 4})
    bench.equikoop("distances", study, "--out", folder)
    flat = values.reshape(16, -1)
    samples = []
    for _ in range(1 if bench.quick else 7):
        began = time.perf_counter()
        theirs = np.empty((16, 16))
        for i, a in enumerate(flat):
            for j, b in enumerate(flat):
                cost = np.abs(a[:, None] - b[None, :])
                theirs[i, j] = cost[linear_sum_assignment(cost)].mean()
        samples.append(1e6 * (time.perf_counter() - began) / 256)
    with h5py.File(folder / "distances.h5") as f:
        ours = f["distances"][...].transpose(0, 2, 1, 3).reshape(16, 16)
    seconds = bench.measure("distances", 10, 1 if bench.quick else 5)["distance"]
    yield figures.Figure("peers: SciPy, distance of two spectra of 10", "us", samples, seconds, "equikoop, a distance",
                         None if bench.quick else ("ratio>=", 1),
                         [("distances against ours", float(np.abs(theirs - ours).max()), 1e-14)])


def rows(bench):
    yield from torch_rows(bench)
    yield from spectra_rows(bench)
    yield from distance_rows(bench)
