# SPDX-License-Identifier: BSD-3-Clause
"""A file of made-up spectra, as another program would write one: conjugate pairs and real eigenvalues near
1, configurations that differ a little, seeds that differ less; amplitudes and residuals over decades."""
import h5py
import numpy as np


def spectra(configurations, seeds, modes, generator):
    """(configuration, seed, mode) complex, closed under conjugation."""
    centres = generator.uniform(0.9, 1.0, (1, 1, modes)) + 0.02 * generator.normal(size=(configurations, 1, modes))
    moduli = centres + 0.005 * generator.normal(size=(configurations, seeds, modes))
    angles = np.abs(0.3 * generator.normal(size=(configurations, seeds, modes)))
    values = moduli.astype(complex)
    paired = modes // 3  # pairs; the rest is real
    first, second = slice(0, 2 * paired, 2), slice(1, 2 * paired, 2)
    values[..., first] = moduli[..., first] * np.exp(1j * angles[..., first])
    values[..., second] = values[..., first].conj()
    return values


def decades(first, last, shape, generator):
    """Numbers from 10^first to 10^last, their logarithms uniform."""
    return 10 ** generator.uniform(first, last, shape)


def write(path, configurations, seeds, modes=10):
    generator = np.random.default_rng(1)
    values = spectra(configurations, seeds, modes, generator)
    with h5py.File(path, "w") as f:
        f.attrs["filetype"] = "equikoop spectra"
        f.attrs["format_version"] = "1.0"
        for c in range(configurations):
            g = f.create_group(f"configurations/made_up_{c:04d}")
            g.attrs["index"] = c
            g.attrs["features"], g.attrs["snapshots"], g.attrs["delays"] = 1, 1, 0
            g.attrs["window_begin"], g.attrs["window_end"] = 0.0, 1.0
            g.attrs["method"] = g.attrs["rank_rule"] = "made up"
            g["eigenvalues"] = values[c]
            for name in ("residuals_insample", "residuals_heldout"):
                g[name] = decades(-3, 0, (seeds, modes), generator)
            g["singular_values"] = np.ones((seeds, modes))
            amplitudes = decades(-4, 0, (seeds, modes), generator)
            g["amplitudes"] = amplitudes / amplitudes.sum(1, keepdims=True)
            g["total_energy"] = np.ones(seeds)
            g["rank"] = np.full(seeds, modes, "i4")
            g["trajectories_used"] = np.ones(seeds, "i4")
            g["noise_cut"] = np.zeros(seeds, "i4")
            g["complete"] = np.ones(seeds, "u1")
    return values
