# SPDX-License-Identifier: BSD-3-Clause
"""A test that begins with a finished study, whose three files it may spoil."""
from support.equikoop import StudyTest

RANKS = 4


class FinishedStudy(StudyTest):
    """Starts from a copy of a finished study in self.folder/done."""

    finished = None  # bytes of the three files, made once

    def setUp(self):
        super().setUp()
        self.ini = self.study()
        self.out = self.folder / "done"
        if FinishedStudy.finished is None:
            self.succeed("run", self.ini, "--out", self.out, "-q")
            FinishedStudy.finished = {p.name: p.read_bytes() for p in self.out.glob("*.h5")}
        self.out.mkdir(exist_ok=True)
        for name, content in FinishedStudy.finished.items():
            (self.out / name).write_bytes(content)
        self.trajectories = self.out / "trajectories.h5"
        self.spectra = self.out / "spectra.h5"

    def run_stage(self, stage, *words, ranks=RANKS):
        return self.run_program(stage, self.ini, "--out", self.out, "-q", *words, ranks=ranks)

    def refuse(self, stages, code, *parts):
        """Every stage refuses, and leaves the file as it was; the first on all ranks."""
        before = self.trajectories.read_bytes()
        for stage in stages:
            with self.subTest(stage=stage):
                ranks = RANKS if stage == stages[0] else 1
                self.assert_refused(self.run_stage(stage, ranks=ranks), code, *parts)
        self.assertEqual(self.trajectories.read_bytes(), before)
