# SPDX-License-Identifier: BSD-3-Clause
"""How rows of the bench run programs on this machine, and what they may know about it."""
import json
import os
import pathlib
import platform
import re
import subprocess
import time

import images
from support.equikoop import BINARY, MPIRUN, ROOT, environment, study_text

PROGRAMS = pathlib.Path(os.environ.get("EQUIKOOP_BENCH", pathlib.Path(BINARY).parents[1] / "tests/bench"))


class Series(dict):
    """What one program printed: {name: samples}, and its checks."""

    def __init__(self, lines):
        super().__init__()
        self.checks = []
        for line in filter(lambda text: text.startswith("{"), lines):
            entry = json.loads(line)
            if "check" in entry:
                self.checks.append((entry["check"], entry["error"], entry["bound"]))
            else:
                self[entry["name"]] = entry["values"]


class Bench:
    """`folder` is scratch on a disk; `quick` asks for checks rather than numbers; `mnist` is a folder or None."""

    def __init__(self, folder, quick):
        self.folder = folder
        self.quick = quick
        self.mnist = find_mnist()
        self.made_up = None

    def describe(self):
        return (f"{processor()}, {len(os.sched_getaffinity(0))} cores, {platform.system()} {platform.release()}; "
                f"MNIST {'found' if self.mnist else 'not found (EQUIKOOP_DATA)'}")

    def environment(self):
        extra = {"OMPI_MCA_osc_sm_backing_directory": "/dev/shm"}  # where jobs have it: data is no file
        if self.mnist:
            extra["EQUIKOOP_DATA"] = str(self.mnist)
        return environment(str(self.folder), extra)

    def measure(self, program, *words, ranks=1):
        """Runs bench_PROGRAM and returns its Series."""
        return Series(self.run([str(PROGRAMS / f"bench_{program}"), *map(str, words)], ranks).splitlines())

    def measure_twice(self, program, *words):
        """Two copies of bench_PROGRAM at once; their two Series."""
        command = [str(PROGRAMS / f"bench_{program}"), *map(str, words)]
        both = []
        for name in ("first", "second"):
            folder = self.folder / name
            folder.mkdir(exist_ok=True)
            own = [str(folder) if word == str(self.folder) else word for word in command]
            both.append(subprocess.Popen(own, cwd=folder, env=self.environment(), text=True, stdout=subprocess.PIPE))
        outputs = [process.communicate()[0] for process in both]
        if any(process.returncode != 0 for process in both):
            raise RuntimeError(f"two of {' '.join(command)} at once failed")
        return [Series(output.splitlines()) for output in outputs]

    def images(self):
        """Keys of a study on MNIST, or on images of its shape and background where it is not found."""
        if not self.mnist and not self.made_up:
            self.made_up = images.write(self.folder / "made_up_images")
        return {"data.source": "mnist", "data.path": self.mnist or self.made_up}

    def equikoop(self, *words, ranks=1, bound=False):
        """Runs the program itself; returns (standard output, seconds of the whole command)."""
        began = time.monotonic()
        out = self.run([BINARY, *map(str, words)], ranks, bound)
        return out, time.monotonic() - began

    def run(self, command, ranks=1, bound=False):
        """`bound`: each rank, be it the only one, to a core of its own."""
        if ranks > 1 or bound:
            command = [MPIRUN, "-q", *(["--bind-to", "core"] if bound else []), "-n", str(ranks), *command]
        result = subprocess.run(command, cwd=self.folder, env=self.environment(), text=True, capture_output=True)
        if result.returncode != 0:
            raise RuntimeError(f"{' '.join(command)} ended with {result.returncode}: {result.stderr}")
        return result.stdout

    def study(self, name, keys):
        """Writes {"section.key": value} as a study file."""
        path = self.folder / name
        path.write_text(study_text(keys))
        return path


def find_mnist():
    """The folder of MNIST's IDX files that EQUIKOOP_DATA names, itself or in mnist/, or that of
    input/get_mnist.sh."""
    root = pathlib.Path(os.environ.get("EQUIKOOP_DATA") or "/nonexistent")
    for folder in (root, root / "mnist", ROOT / "input/data/mnist"):
        if any((folder / f"train-images-idx3-ubyte{ending}").is_file() for ending in ("", ".gz")):
            return folder
    return None


def processor():
    try:
        text = pathlib.Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.machine()
    return re.search(r"model name\s*:\s*(.*)", text).group(1) if "model name" in text else platform.machine()


def phase(output, name):
    """Mean seconds over ranks of a phase in the table at the end of a log (see base/timer.hpp)."""
    for line in output.splitlines():
        if line.startswith(name):
            return float(line[len(name):].split()[2])
    raise RuntimeError(f"no phase '{name}' in:\n{output}")


UNITS = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}


def peak_memory(output, whose="of a rank"):
    """Bytes of the rank that took most, or "of all" ranks, as the last lines of a log say."""
    value, unit = re.search(rf"peak memory .*?\b{whose} ([\d.]+) (\w+)", output).groups()
    return float(value) * UNITS[unit]


def wall_seconds(output):
    """Of the program between its first line and its last; whole seconds from a minute on."""
    minutes, seconds = re.search(r"^wall time (?:(\d+) min )?([\d.]+) s;", output, re.M).groups()
    return 60 * int(minutes or 0) + float(seconds)


__all__ = ["Bench", "Series", "peak_memory", "phase", "wall_seconds", "ROOT"]
