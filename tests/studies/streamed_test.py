#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Spectra of trajectories that are read in pieces from disk (koopman.memory) against those of
trajectories in memory: the same bits, and as many bytes read as `plan` says."""
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.equikoop import StudyTest, main

STEPS, INITIALS, SEEDS = 60, 3, 2
WIDE = dict(model__width="300", data__classes=10, study__seeds=SEEDS, study__initials=INITIALS, training__steps=STEPS,
            koopman__folds=3, koopman__windows="0:1 0.25:0.8", koopman__grid_delays="1 0.5", koopman__pseudospectrum=8)
RAW = 4 * INITIALS * STEPS * 3000          # bytes of an ensemble's output weights
PANEL = 1.01 * RAW / 6 / 2**20             # MiB of 500 features, the panels of one rank

# The system says what a file says that stands in the working folder.
LITTLE_MEMORY = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
FILE *fopen64(const char *path, const char *mode) {
  FILE *(*found)(const char *, const char *) = (FILE *(*)(const char *, const char *))dlsym(RTLD_NEXT, "fopen64");
  return found(strcmp(path, "/proc/meminfo") == 0 ? "meminfo" : path, mode);
}
"""


class Streamed(StudyTest):
    def same_in_pieces(self, ini, out, memory, ranks):
        """Spectra of the trajectories in `out` held, then read in pieces; the log of the latter."""
        spectra = self.folder / out / "spectra.h5"
        held = self.succeed("spectra", ini, "--out", out, "--force", ranks=ranks)
        self.assertNotIn("of it: read", held.out)
        spectra.rename(self.folder / "held.h5")
        read = self.succeed("spectra", ini, "--out", out, f"--koopman.memory={memory}", ranks=ranks)
        self.assert_same_data(self.folder / "held.h5", spectra)
        return read.out

    def test_every_way_gives_the_bits_of_trajectories_in_memory(self):
        for precision in ("float32", "float64"):
            ini = self.study(**WIDE, study__precision=precision)
            self.succeed("train", ini, "--out", precision, "-q")
            for method in ("snapshots", "matrix_free", "dense"):
                for ranks in (1, 2, 4):
                    with self.subTest(precision=precision, method=method, ranks=ranks):
                        ini = self.study(**WIDE, study__precision=precision, koopman__method=method)
                        log = self.same_in_pieces(ini, precision, PANEL, ranks)
                        self.assertIn("trajectories read in pieces", log)

    def test_pieces_of_several_panels_and_networks_that_diverge(self):
        ini = self.study(**WIDE, training__learning_rate=3e5, koopman__method="snapshots")
        trained = self.succeed("train", ini, "--out", "out")
        self.assertIn("trajectories diverged", trained.out)
        self.same_in_pieces(ini, "out", 4 * PANEL, 1)

    def test_a_node_too_small_is_seen(self):
        ini = self.study(**WIDE, koopman__method="snapshots")
        self.succeed("train", ini, "--out", "out", "-q")
        env = {"LD_PRELOAD": self.preload(LITTLE_MEMORY)}
        logs = []
        for kibibytes in (1 << 20, 1 << 11):
            (self.folder / "meminfo").write_text(f"MemAvailable: {kibibytes} kB\n")
            logs.append(self.succeed("spectra", ini, "--out", "out", "--force", ranks=1, env=env).out)
            (self.folder / "out/spectra.h5").rename(self.folder / f"{kibibytes}.h5")
        self.assertEqual(["read in pieces" in log for log in logs], [False, True])
        # An eighth of what there is, but a panel at least: six times in a pass, once for each initial.
        reads = int(re.search(r"of it: read +(\d+)", logs[1]).group(1))
        self.assertEqual(reads, SEEDS * INITIALS * 6 * (1 + 4 * 4))
        self.assert_same_data(self.folder / f"{1 << 20}.h5", self.folder / f"{1 << 11}.h5")

    def test_as_many_bytes_as_planned(self):
        keys = WIDE | dict(koopman__method="snapshots", koopman__memory=PANEL)
        ini = self.study(**keys)
        plan = json.loads(self.succeed("plan", ini, "--json", ranks=1).out)
        self.succeed("train", ini, "--out", "out", "-q")
        log = self.succeed("spectra", ini, "--out", "out", ranks=1).out
        # One look for what is not finite; four passes for each factorisation of the whole and of the window.
        passes = 1 + 2 * 4 * (1 + 0.55)
        self.assertAlmostEqual(plan["read_bytes"], SEEDS * passes * RAW, delta=1)
        found = re.search(r"of it: read.* ([\d.]+ MiB)", log)
        self.assertEqual(found.group(1), f"{SEEDS * passes * RAW / 2**20:.1f} MiB")

    def test_a_kernel_is_refused(self):
        result = self.run_program("spectra", self.study(koopman__kernel="gaussian", koopman__memory=1), ranks=1)
        self.assert_refused(result, 2, "koopman.memory above 0 does not go with koopman.kernel")


if __name__ == "__main__":
    main()
