#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Libraries of the wrong kind are refused when CMake configures, in words that say how to go on."""
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.equikoop import ROOT, StudyTest, environment, main


class Configure(StudyTest):
    def test_petsc_of_complex_scalars(self):
        """A PETSc as it looks to whoever builds against it: its package file and its configuration."""
        petsc = self.folder / "complex"
        for name in ("PETSc", "SLEPc"):
            package = petsc / f"lib/pkgconfig/{name}.pc"
            package.parent.mkdir(parents=True, exist_ok=True)
            package.write_text(f"Name: {name}\nDescription: of complex scalars\nVersion: 3.18.5\nCflags: -I{petsc}/include\nLibs:\n")
        (petsc / "include").mkdir()
        (petsc / "include/petscconf.h").write_text("#define PETSC_USE_COMPLEX 1\n")
        done = subprocess.run(["cmake", "-S", str(ROOT), "-B", "build"], capture_output=True, text=True, cwd=self.folder,
                              env=environment(self.shared, {"PETSC_DIR": str(petsc), "SLEPC_DIR": str(petsc), "PETSC_ARCH": ""}))
        self.assertNotEqual(done.returncode, 0, done.stdout)
        said = " ".join(done.stderr.split())  # CMake breaks lines as it likes
        self.assertIn(f"equikoop needs a PETSc of real scalars; the one in {petsc}/include is complex. Set PETSC_DIR, PETSC_ARCH "
                      "and SLEPC_DIR to a real build, or load its module.", said)


if __name__ == "__main__":
    main()
