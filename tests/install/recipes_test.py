#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The recipes cannot drift from the tree: packages of the Dockerfile exist and bring every library
that the program loads, Spack's names and versions are those of CMake. Containers and Spack themselves
need the internet and are not run here."""
import ast
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.equikoop import BINARY, ROOT, main

RECIPES = ROOT / "jobs/recipes"
SETUP = (ROOT / "jobs/setup.sh").read_text()
CMAKE = (ROOT / "cmake/Dependencies.cmake").read_text()

# What CMake looks for beside what a system has (threads), by the name of its Spack package.
SPACK_NAMES = {"MPI": "mpi", "PkgConfig": "pkgconfig", "PETSC": "petsc", "SLEPC": "slepc", "HDF5": "hdf5",
               "Boost": "boost", "fmt": "fmt", "ZLIB": "zlib-api", "OpenSSL": "openssl", "LAPACK": "openblas"}


def run(*words):
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout


def setup_packages(array="packages"):
    """A list of packages in setup.sh."""
    return re.search(rf"^{array}=\((.*?)\)", SETUP, re.MULTILINE | re.DOTALL)[1].split()


def installed_by(text):
    """Packages of every apt-get install in a Dockerfile or a definition."""
    text = text.replace("\\\n", " ")
    found = re.findall(r"apt-get install ([^\n&|;]*)", text)
    return [[word for word in words.split() if not word.startswith("-")] for words in found]


def spack_dependencies(path):
    """{package: spec} of every depends_on in a recipe."""
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    specs = [call.args[0].value for call in calls if getattr(call.func, "id", "") == "depends_on"]
    return {re.match(r"[a-z0-9-]+", spec)[0]: spec for spec in specs}


def environment_specs(text):
    return {re.match(r"[a-z0-9-]+", spec)[0]: spec for spec in re.findall(r"^ {4}- (\S+)", text, re.MULTILINE)}


def with_dependencies(packages):
    """Installed packages that these bring with them, themselves included."""
    needs = {}
    for line in run("dpkg-query", "-W", "-f=${Package}\t${Depends}, ${Pre-Depends}\n").splitlines():
        name, words = line.split("\t")
        needs.setdefault(name, set()).update(re.findall(r"(?:^|[,|]) *([a-z0-9.+-]+)", words))
    found, todo = set(), list(packages)
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += needs.get(name, ())
    return found


def is_debian_12():
    return shutil.which("dpkg-query") and "VERSION_ID=\"12\"" in pathlib.Path("/etc/os-release").read_text()


class Containers(unittest.TestCase):
    def setUp(self):
        if not is_debian_12():
            self.skipTest("recipes are for Debian 12; this is another system")
        self.docker = installed_by((RECIPES / "Dockerfile").read_text())

    def test_builders_install_what_setup_installs(self):
        for name in ("Dockerfile", "equikoop.def"):
            text = (RECIPES / name).read_text()
            self.assertRegex(text, r"(?m)^[^#]*\./jobs/setup\.sh", name)
            self.assertIn("debian:12", text)

    def test_packages_exist(self):
        named = sorted({name for names in self.docker for name in names} | set(setup_packages()))
        self.assertGreater(len(named), 25)
        known = set(re.findall(r"^Package: (\S+)", run("apt-cache", "show", *named), re.MULTILINE))
        known |= set(run("dpkg-query", "-W", "-f=${Package}\n").split())
        self.assertEqual([name for name in named if name not in known], [])

    def test_the_image_has_every_library_of_the_program(self):
        image = with_dependencies(self.docker[-1])
        loaded = re.findall(r"=> (/\S+)", run("ldd", BINARY))
        self.assertGreater(len(loaded), 20)
        files = {str(pathlib.Path(path).resolve()) for path in loaded}  # /lib is /usr/lib; packages say either
        owners = run("dpkg-query", "-S", *files, *(path.removeprefix("/usr") for path in files))
        brought = {line.split(": ")[1] for line in owners.splitlines() if line.split(":")[0] in image}
        missing = {path for path in files if path not in brought and path.removeprefix("/usr") not in brought}
        self.assertEqual(missing, set(), "no package of the Dockerfile brings these")

    def test_the_image_has_the_packages_of_the_report(self):
        image = with_dependencies(self.docker[-1])
        self.assertEqual([name for name in setup_packages() if name.startswith("python3") and name not in image], [])


class Spack(unittest.TestCase):
    def setUp(self):
        self.recipe = spack_dependencies(RECIPES / "package.py")
        self.environment = environment_specs((RECIPES / "spack.yaml").read_text())

    def test_all_that_cmake_looks_for_is_named(self):
        looked_for = re.findall(r"^find_package\((\w+)", CMAKE, re.MULTILINE)
        looked_for += re.findall(r"^pkg_search_module\((\w+)", CMAKE, re.MULTILINE)
        self.assertGreaterEqual(len(looked_for), len(SPACK_NAMES))
        for name in set(looked_for) - {"Threads"}:
            self.assertIn(SPACK_NAMES[name], self.recipe, name)
        spack_line = re.search(r"spack install (.*)", SETUP)[1].split()
        for name in self.recipe:
            if name in ("c", "cxx", "python", "netlib-lapack"):
                continue
            plain = {"pkgconfig": "pkgconf", "zlib-api": "zlib"}.get(name, name)
            self.assertIn(plain, self.environment, "spack.yaml")
            if plain not in ("mpi", "pkgconf"):
                self.assertIn(plain, {re.match(r"[a-z0-9-]+", spec)[0] for spec in spack_line}, "setup.sh")

    def test_versions_are_those_of_cmake(self):
        least = dict(re.findall(r"pkg_search_module\((\w+).*>=([\d.]+)\)", CMAKE))
        least["Boost"] = re.search(r"find_package\(Boost ([\d.]+)", CMAKE)[1]
        self.assertEqual(len(least), 3)
        for name, version in least.items():
            for specs in (self.recipe, self.environment):
                self.assertIn(f"@{version}:", specs[name.lower()])
        cmake = re.search(r"cmake_minimum_required\(VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text())[1]
        self.assertEqual((self.recipe["cmake"], self.environment["cmake"]), (f"cmake@{cmake}:",) * 2)

    def test_variants_are_options_of_cmake(self):
        text = (RECIPES / "package.py").read_text()
        variants = re.findall(r'^ +variant\("(\w+)"', text, re.MULTILINE)
        passed = dict(re.findall(r'define_from_variant\("(\w+)", "(\w+)"\)', text))
        self.assertEqual(sorted(passed.values()), sorted(variants))
        options = re.findall(r"^option\((\w+)", (ROOT / "CMakeLists.txt").read_text(), re.MULTILINE)
        self.assertEqual([name for name in passed if name not in options], [])


if __name__ == "__main__":
    main()
