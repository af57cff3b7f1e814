# SPDX-License-Identifier: BSD-3-Clause
"""How the end-to-end and hostile tests meet the program: start it under MPI, write small studies,
compare archives. Not a library for users. The binary is named by EQUIKOOP_BINARY (CTest sets it)."""
import collections
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("EQUIKOOP_BINARY") or str(ROOT / "build/native/src/equikoop")
MPIRUN = os.environ.get("EQUIKOOP_MPIRUN", "mpirun")

Result = collections.namedtuple("Result", "code out err seconds")

# Four configurations worth of nothing: a study that trains and is compared in a tenth of a second.
SMALL = {
    "study.seeds": 2, "study.initials": 3,
    "data.source": "gaussian", "data.samples": 600, "data.test_samples": 100, "data.features": 16,
    "data.classes": 4, "data.order": "shuffled",
    "model.width": "5 10",
    "training.steps": 60, "training.batch_size": 20,
    "koopman.delays": 8, "koopman.rank": 4,
}


def study_text(keys):
    """An INI file from {"section.key": value}."""
    sections = collections.defaultdict(list)
    for name, value in keys.items():
        section, key = name.split(".", 1)
        sections[section].append(f"{key} = {value}")
    return "\n".join(f"[{name}]\n" + "\n".join(lines) for name, lines in sections.items()) + "\n"


def environment(shared, extra=None):
    """The variables of a run. All that MPI keeps in shared memory or in session folders goes to
    `shared`, so that the leftovers of killed jobs are ours to remove."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("OMPI_", "PMIX_", "EQUIKOOP_DATA"))}
    env.update({
        "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
        "OMPI_MCA_rmaps_base_oversubscribe": "1", "OMPI_MCA_hwloc_base_binding_policy": "none",
        "OMPI_MCA_mpi_yield_when_idle": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1",
        "OMPI_MCA_orte_tmpdir_base": shared, "OMPI_MCA_btl_vader_backing_directory": shared,
        "OMPI_MCA_osc_sm_backing_directory": shared, "PYTHONDONTWRITEBYTECODE": "1",
    })
    env.update(extra or {})
    return env


def rank_processes(launcher):
    """Process ids of the ranks: the descendants of a launcher that run our program."""
    found = []
    try:
        children = pathlib.Path(f"/proc/{launcher}/task/{launcher}/children").read_text().split()
    except OSError:
        return found
    for child in map(int, children):
        try:
            name = os.path.basename(os.readlink(f"/proc/{child}/exe"))
        except OSError:
            continue  # it ended between the two looks
        found += [child] if name.startswith("equikoop") else rank_processes(child)
    return found


def pending(process, number):
    """Whether a signal waits for a (stopped) process."""
    try:
        lines = pathlib.Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return False
    masks = [int(line.split()[1], 16) for line in lines if line.startswith(("SigPnd:", "ShdPnd:"))]
    return any(mask >> (number - 1) & 1 for mask in masks)


def until(condition, within=120.0, what="what was waited for", pause=0.01, job=None):
    """The first true value of condition(); fails at once if `job` ends before. The limit is for tests
    that would never end, not for slow machines: nothing is concluded from how long it took."""
    end = time.monotonic() + within
    while True:
        over = job is not None and job.poll() is not None
        value = condition()
        if value:
            return value
        if over:
            raise AssertionError(f"the job ended with {job.returncode} before {what}")
        if time.monotonic() > end:
            raise AssertionError(f"not within {within:.0f} s: {what}")
        time.sleep(pause)


def send(processes, number):
    """A signal to each of these processes, or to those of them that are still there."""
    for pid in processes:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass


def stop(processes):
    """Stops these processes, and returns once they stand still: until then a signal that is sent next
    may be handled before the stop, and is never seen pending."""
    def still(process):
        try:
            state = pathlib.Path(f"/proc/{process}/status").read_text().split("State:")[1].split()[0]
        except OSError:
            return True  # it is gone
        return state in "TtZX"
    send(processes, signal.SIGSTOP)
    until(lambda: all(map(still, processes)), what="the stop", pause=0.001)


def walk_until(ranks, condition, within=120.0, stride=0.03):
    """Lets the ranks run in short strides, and leaves them stopped (SIGSTOP) as soon as condition()
    holds. So a job is met in its middle on a machine of any speed: between two looks it gets no
    further than a stride."""
    end = time.monotonic() + within
    stop(ranks)
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not within {within:.0f} s: the middle of the job")
        send(ranks, signal.SIGCONT)
        time.sleep(stride)
        stop(ranks)


def whole_ensembles(file, name="complete"):
    """Marks that are set in an archive, as any HDF5 program reads them; 0 where there is no file."""
    import h5py
    if not os.path.exists(file):
        return 0
    with h5py.File(file) as archive:
        marks = []
        archive["configurations"].visititems(
            lambda path, node: marks.append(int(node[...].sum())) if path.rsplit("/", 1)[-1] == name else None)
    return sum(marks)


class StudyTest(unittest.TestCase):
    """A test with a temporary folder of its own, `self.folder`, that is empty at first."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="equikoop-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        memory = "/dev/shm" if os.path.isdir("/dev/shm") else None
        self.shared = tempfile.mkdtemp(prefix="eqk", dir=memory)
        self.addCleanup(shutil.rmtree, self.shared, ignore_errors=True)

    def study(self, name="small.ini", base=None, **changes):
        """Writes a study: SMALL (or `base`) with keys changed; `section__key=value`."""
        keys = dict(SMALL if base is None else base)
        keys.update({key.replace("__", ".", 1): value for key, value in changes.items()})
        path = self.folder / name
        path.write_text(study_text({k: v for k, v in keys.items() if v is not None}))
        return path

    def command(self, words, ranks):
        if ranks == 1:  # a program alone needs no launcher
            return [BINARY, *map(str, words)]
        return [MPIRUN, "-q", "-n", str(ranks), BINARY, *map(str, words)]

    def preload(self, source):
        """The path of a library of C code that stands before the system's (LD_PRELOAD)."""
        path = self.folder / "before.so"
        done = subprocess.run(["cc", "-shared", "-fPIC", "-x", "c", "-o", str(path), "-"], input=source, capture_output=True, text=True)
        if done.returncode != 0:
            self.skipTest("no C compiler called cc")
        return str(path)

    def start(self, *words, ranks=2, env=None):
        """Starts the program and returns at once."""
        return subprocess.Popen(self.command(words, ranks), cwd=self.folder, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                env=environment(self.shared, env))

    def ranks_of(self, process, ranks, within=120.0):
        """Process ids of all `ranks` ranks, once they are there; none if the job is over before."""
        if ranks == 1:
            return [process.pid]
        return until(lambda: [found for found in (rank_processes(process.pid),)
                              if len(found) == ranks or process.poll() is not None],
                     within, f"{ranks} ranks", pause=0.002)[0]

    def finish(self, process, timeout=300):
        began = time.monotonic()
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            for pid in rank_processes(process.pid):
                os.kill(pid, 9)
            process.kill()
            out, err = process.communicate()
            self.fail(f"not done within {timeout} s\n{out}\n{err}")
        # Open MPI's launcher may close a pipe before its event library is done with it, and says so.
        err = "".join(line for line in err.splitlines(True) if line.strip() and not line.startswith("[warn] Epoll "))
        return Result(process.returncode, out, err, time.monotonic() - began)

    def run_program(self, *words, ranks=2, timeout=300, env=None):
        return self.finish(self.start(*words, ranks=ranks, env=env), timeout)

    def succeed(self, *words, ranks=2, env=None):
        """Runs, and demands exit code 0 and a silent stderr."""
        result = self.run_program(*words, ranks=ranks, env=env)
        self.assertEqual((result.code, result.err), (0, ""), f"{words}: {result.out}\n{result.err}")
        return result

    def assert_refused(self, result, code, *parts, within=60.0):
        """Exactly one line on stderr that begins "equikoop: " and holds every part. `within` leaves
        room for machines far slower than those that people use."""
        self.assertEqual(result.code, code, result.err + result.out)
        lines = result.err.splitlines()
        self.assertEqual(len(lines), 1, result.err)
        self.assertTrue(lines[0].startswith("equikoop: ") and lines[0].isprintable(), ascii(lines[0]))
        for part in parts:
            self.assertIn(part, lines[0])
        self.assertLess(result.seconds, within)

    def assert_same_data(self, first, second, where="/configurations"):
        """No dataset or attribute under `where` differs by a bit."""
        result = subprocess.run(["h5diff", str(first), str(second), where, where],
                                capture_output=True, text=True)
        self.assertEqual((result.returncode, result.stdout + result.stderr), (0, ""))


def make_digits(folder):
    """The handwritten digits as IDX files in folder/digits."""
    script = ROOT / "input/make_digits.py"
    subprocess.run([sys.executable, str(script), "--out", str(pathlib.Path(folder) / "digits")],
                   check=True, stdout=subprocess.DEVNULL, env=environment("/tmp"))


def main():
    unittest.main(verbosity=2)
