#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# The archives in NumPy, pandas and xarray, step by step. Cells begin with "# %%": editors that know
# notebooks run them one by one; as a script: python3 postprocess/tutorial.py results/quickstart

# %% Open a file: one call for each of the three
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from archive import open_archive  # noqa: E402

folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "results/quickstart")
spectra = open_archive(folder / "spectra.h5")
print(spectra.kind, "of the study", spectra.attributes["study"], "with", len(spectra.names), "configurations")

# %% A configuration is a group of arrays; complex numbers are complex
first = spectra[spectra.names[0]]
print(first.name, {key: np.shape(value) for key, value in first.arrays.items()})
print("swept and other parameters:", dict(list(first.parameters.items())[:3]), "...")
values = first["eigenvalues"]  # (seed, mode)
print("largest eigenvalue of each seed:", np.round(values[:, 0], 4))

# %% Which eigenvalues can be trusted? The held-out residual says so
for name in spectra.names:
    residual = spectra[name].get("residuals_heldout")
    if residual is not None and np.isfinite(residual).any():
        share = np.nanmean(residual < 0.1)
        print(f"{name}: {100 * share:.0f} % of the eigenvalues have a held-out residual below 0.1")

# %% The rate of each mode in optimiser steps: |λ|^(t / clock) falls to 1/e at t = -clock / log |λ|
clock = first.attributes["clock_step"]
with np.errstate(divide="ignore", invalid="ignore"):
    print("memory of the modes in steps:", np.round(-clock / np.log(np.abs(values[0])), 1))

# %% Distances and verdicts, as a table of plain rows
distances = open_archive(folder / "distances.h5")
for row in distances.rows()[:5]:
    print(f"{row['first']} | {row['second']}: {row['mean_distance']:.4g} beside a floor of {row['floor']:.4g}: "
          f"{row['verdict_text']}")
print("whole matrix, noise floors on its diagonal:\n", np.round(distances["mean_distance"], 4))

# %% Trajectories may exceed the memory: slices alone are read
if (folder / "trajectories.h5").exists():
    trajectories = open_archive(folder / "trajectories.h5")
    weights = trajectories[trajectories.names[0]]["observables"]  # an h5py dataset, on the disk
    print("on the disk:", weights.shape, weights.dtype, "; one feature over time:", weights[0, 0, :3, 0], "...")
    trajectories.close()

# %% pandas, where it is installed: one row an eigenvalue, or a pair
try:
    table = spectra.to_pandas()
    print(table.groupby("configuration")["residuals_heldout"].median())
    print(distances.to_pandas()[["first", "second", "mean_distance", "p_adjusted"]].head())
except ImportError as error:
    print("pandas is skipped:", error)

# %% xarray, where it is installed: named axes and labels
try:
    labelled = spectra.to_xarray()[spectra.names[0]]
    print(labelled["eigenvalues"].sel(seed=0).dims, abs(labelled["eigenvalues"]).mean("seed").values[:3])
    matrix = distances.to_xarray()["mean_distance"]
    print(matrix.dims, float(matrix.max()))
except ImportError as error:
    print("xarray is skipped:", error)

# %% A figure of your own: the style file of the report
try:
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    plt.style.use(pathlib.Path(__file__).with_name("equikoop.mplstyle"))
    figure, axis = plt.subplots(figsize=(4, 4), layout="constrained")
    axis.add_patch(plt.Circle((0, 0), 1, fill=False, color="#6b6b76"))
    for name in spectra.names[:7]:
        axis.plot(spectra[name]["eigenvalues"].real.ravel(), spectra[name]["eigenvalues"].imag.ravel(), ls="none",
                  label=name)
    axis.set(aspect="equal", xlabel="Re λ", ylabel="Im λ")
    axis.legend(fontsize=6)
    figure.savefig(folder / "tutorial.png")
    print("written:", folder / "tutorial.png")
except ImportError as error:
    print("matplotlib is skipped:", error)

# %% Files are closed like any other
spectra.close()
distances.close()
