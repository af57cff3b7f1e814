#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What cmake --install leaves: a stranger's project builds on it through CMake and through
pkg-config, and manual page and completion work. EQUIKOOP_BUILD is the build folder."""
import os
import pathlib
import shlex
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.equikoop import BINARY, ROOT, StudyTest, environment, main

BUILD = pathlib.Path(os.environ.get("EQUIKOOP_BUILD") or ROOT / "build/native")
OUTSIDE = ROOT / "tests/install/outside"


def cache(name):
    """The value of a variable of the build's cache."""
    for line in (BUILD / "CMakeCache.txt").read_text().splitlines():
        if line.startswith(name + ":"):
            return line.split("=", 1)[1]
    raise AssertionError(f"{name} is not in the cache")


class Install(StudyTest):
    def setUp(self):
        super().setUp()
        if cache("EQUIKOOP_SANITIZE"):
            self.skipTest("a library with sanitizers needs their flags in every program")
        self.prefix = self.folder / "a prefix"

    def shell(self, *words, **more):
        more = {"PKG_CONFIG_PATH": os.environ.get("PKG_CONFIG_PATH", ""), **more}
        done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=300,
                              cwd=self.folder, env=environment(self.shared, more))
        self.assertEqual(done.returncode, 0, f"{words}: {done.stdout[-3000:]}{done.stderr[-3000:]}")
        return done.stdout

    def test_the_tree_is_of_use_to_strangers(self):
        self.shell("cmake", "--install", BUILD, "--prefix", self.prefix)
        with self.subTest("CMake package"):
            self.shell("cmake", "-S", OUTSIDE, "-B", "outside", f"-DCMAKE_PREFIX_PATH={self.prefix}",
                       f"-DCMAKE_CXX_COMPILER={cache('CMAKE_CXX_COMPILER')}", "-DCMAKE_BUILD_TYPE=Release")
            self.shell("cmake", "--build", "outside")
            self.assertIn("error", self.shell("outside/outside"))
        with self.subTest("pkg-config"):
            folder = next(self.prefix.rglob("equikoop.pc")).parent
            path = f"{folder}:{os.environ.get('PKG_CONFIG_PATH', '')}".rstrip(":")
            flags = shlex.split(self.shell("pkg-config", "--cflags", "--libs", "equikoop", PKG_CONFIG_PATH=path))
            self.shell("mpicxx", "-std=c++20", OUTSIDE / "outside.cpp", "-o", "with_pkg_config", *flags)
            self.assertIn("error", self.shell("./with_pkg_config"))
        with self.subTest("manual page"):
            manual = (self.prefix / "share/man/man1/equikoop.1").read_text()
            for word in (".TH EQUIKOOP 1", "selftest", "learning_rate"):
                self.assertIn(word, manual)
            if shutil.which("man"):
                page = self.prefix / "share/man/man1/equikoop.1"
                done = subprocess.run(["man", "--warnings", "-l", page], capture_output=True, text=True,
                                      env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "100"})
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertIn("equikoop distances STUDY", done.stdout)
        with self.subTest("completion"):
            script = self.prefix / "share/bash-completion/completions/equikoop"
            found = self.shell("bash", "-c", f"source '{script}'; COMP_WORDS=(equikoop dist); COMP_CWORD=1; "
                               "_equikoop; echo ${COMPREPLY[@]}")
            self.assertEqual(found.split(), ["distances"])
        with self.subTest("study files and report"):
            share = self.prefix / "share/equikoop"
            self.assertTrue((share / "input/quickstart.ini").exists())
            self.assertTrue((share / "postprocess/report.py").exists())
            self.assertFalse((share / "input/data").exists(), "data sets are not ours to install")

    def test_zsh_completes(self):
        if not shutil.which("zsh"):
            self.skipTest("zsh is not installed")
        (self.folder / "_equikoop").write_text(self.shell(BINARY, "--completion", "zsh"))
        (self.folder / "widths.ini").touch()
        for typed, completed in {"equikoop dist": "equikoop distances ", "equikoop run wid": "equikoop run widths.ini ",
                                 "equikoop run x --study.se": "equikoop run x --study.seeds="}.items():
            line = self.shell("zsh", "-f", ROOT / "tests/install/press_tab.zsh", self.folder, typed)
            self.assertEqual(line.rstrip("\n"), completed)

    def test_a_complex_petsc_is_refused_in_words(self):
        (self.folder / "petscconf.h").write_text("#define PETSC_USE_COMPLEX 1\n")
        done = subprocess.run(["cmake", "-S", str(ROOT), "-B", "complex", f"-DPETSC_INCLUDE_DIRS={self.folder}"],
                              capture_output=True, text=True, cwd=self.folder, env=environment(self.shared))
        self.assertEqual(done.returncode, 1)
        self.assertIn("needs a PETSc of real scalars", " ".join(done.stderr.split()))


if __name__ == "__main__":
    main()
