#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""One MPI job over two hosts: two network namespaces with addresses, host names and a wire (veth)
between them. Exit code 77 with a line where the system does not allow them. EQUIKOOP_BINARY names
the program; EQUIKOOP_MPI_TESTS, separated by colons, test programs to run over both hosts."""
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("EQUIKOOP_BINARY") or str(ROOT / "build/native/src/equikoop")
MPI_TESTS = [word for word in os.environ.get("EQUIKOOP_MPI_TESTS", "").split(":") if word]
SKIPPED = 77

STUDY = """\
[study]
seeds = 3
initials = 3
[data]
source = digits gaussian
samples = 400
features = 64
classes = 10
order = shuffled
[model]
width = 5 10
[training]
steps = 80
batch_size = 20
[koopman]
delays = 8
rank = 4
"""

# Stands in for ssh: the words after the host are joined and given to a shell there.
AGENT = """#!/bin/sh
host=$1
shift
exec {ip} netns exec "$host" unshare --uts sh -c 'hostname "$1"; shift; eval "$*"' sh "$host" "$@"
"""


def run(*words, **more):
    return subprocess.run([str(w) for w in words], capture_output=True, text=True, **more)


class Unavailable(Exception):
    """There can be no namespaces here; the message says why."""


class Hosts:
    """Two namespaces, joined by a wire; their names are those of the hosts."""

    def __init__(self):
        path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
        self.ip = shutil.which("ip", path=path)
        if os.geteuid() != 0 or not self.ip or not shutil.which("unshare", path=path):
            raise Unavailable("network namespaces need root, iproute2 and util-linux")
        number = os.getpid() % 10000
        self.names = [f"eqk{number}{letter}" for letter in "ab"]
        # Addresses of TEST-NET-2, which nothing else uses.
        self.subnet = "198.51.100.0/24"
        try:
            for name in self.names:
                self._ip("netns", "add", name)
            self._ip("link", "add", self.names[0], "netns", self.names[0], "type", "veth",
                     "peer", "name", self.names[1], "netns", self.names[1])
            for i, name in enumerate(self.names):
                self._ip("-n", name, "addr", "add", f"198.51.100.{i + 1}/24", "dev", name)
                self._ip("-n", name, "link", "set", "lo", "up")
                self._ip("-n", name, "link", "set", name, "up")
            for name in self.names:
                done = run(self.ip, "netns", "exec", name, "unshare", "--uts", "hostname", name)
                if done.returncode != 0:
                    raise Unavailable(f"a host name of its own is not allowed: {done.stderr.strip()}")
        except BaseException:
            self.close()
            raise

    def _ip(self, *words):
        done = run(self.ip, *words)
        if done.returncode != 0:
            raise Unavailable(f"ip {' '.join(words)}: {done.stderr.strip()}")

    def received(self):
        """Bytes that came over the wire to the second host."""
        shown = json.loads(run(self.ip, "-n", self.names[1], "-s", "-j", "link", "show", self.names[1]).stdout)
        return shown[0]["stats64"]["rx"]["bytes"]

    def close(self):
        for name in self.names:
            listed = run(self.ip, "netns", "pids", name)
            for pid in listed.stdout.split():
                try:
                    os.kill(int(pid), 9)
                except ProcessLookupError:
                    pass
            run(self.ip, "netns", "del", name)  # the wire goes with them


class HostsTest(unittest.TestCase):
    hosts = None  # made once, at the end of this file

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="eqkhosts"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.agent = cls.folder / "agent.sh"
        cls.agent.write_text(AGENT.format(ip=cls.hosts.ip))
        cls.agent.chmod(0o755)
        subprocess.run([sys.executable, ROOT / "input/make_digits.py", "--out", cls.folder / "data/digits"],
                       check=True, stdout=subprocess.DEVNULL)
        cls.study = cls.folder / "small.ini"
        cls.study.write_text(STUDY)

    def environment(self):
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("OMPI_", "PMIX_", "SLURM", "EQUIKOOP"))}
        return {**kept, "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
                "OMPI_MCA_rmaps_base_oversubscribe": "1", "OMPI_MCA_hwloc_base_binding_policy": "none",
                "OMPI_MCA_mpi_yield_when_idle": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1",
                "OMPI_MCA_orte_tmpdir_base": str(self.folder)}

    def over_both(self, program, *words, slots=(2, 2)):
        """mpirun on the first host, ranks on both: shared memory within a host, TCP between them."""
        hostfile = self.folder / "hosts"
        hostfile.write_text("".join(f"{name} slots={n}\n" for name, n in zip(self.hosts.names, slots)))
        network = {"OMPI_MCA_plm": "rsh", "OMPI_MCA_plm_rsh_agent": str(self.agent), "OMPI_MCA_pml": "ob1",
                   "OMPI_MCA_btl": "self,vader,tcp", "OMPI_MCA_btl_tcp_if_include": self.hosts.subnet,
                   "OMPI_MCA_oob_tcp_if_include": self.hosts.subnet}
        command = shlex.join(["mpirun", "-q", "-x", "OPENBLAS_NUM_THREADS", "--hostfile", str(hostfile),
                              "-n", str(sum(slots)), str(program), *map(str, words)])
        return run(self.agent, self.hosts.names[0], command, cwd=self.folder, timeout=300,
                   env={**self.environment(), **network})

    def single(self, *words):
        return run("mpirun", "-q", "-n", 2, BINARY, *words, cwd=self.folder, timeout=300, env=self.environment())

    def assert_same(self, first, second):
        for name, where in (("trajectories", "/configurations"), ("distances", "/pairs")):
            done = run("h5diff", self.folder / first / f"{name}.h5", self.folder / second / f"{name}.h5", where, where)
            self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""), name)

    def test_results_are_those_of_one_host(self):
        one = self.single("run", self.study, "--out", "one")
        self.assertEqual(one.returncode, 0, one.stdout + one.stderr)
        before = self.hosts.received()
        for number, slots in enumerate([(2, 2), (1, 2)]):
            out = f"two{number}"
            done = self.over_both(BINARY, "run", self.study, "--out", out, slots=slots)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertIn(f"{sum(slots)} ranks on 2 nodes ({' '.join(self.hosts.names)})", done.stdout)
            self.assert_same("one", out)
        # More than the wiring-up: the messages of the ranks went over the wire.
        self.assertGreater(self.hosts.received() - before, 10_000)

    def test_interrupted_on_two_hosts_resumes_on_one(self):
        # A thousand ensembles of 40,000 steps: no machine is done with them when the second is over.
        done = self.over_both(BINARY, "train", self.study, "--out", "stopped", "--walltime", "1",
                              "--study.seeds=1000", "--training.steps=40000", "--data.source=gaussian",
                              "--model.width=10")
        self.assertEqual(done.returncode, 85, done.stdout + done.stderr)
        self.assertIn("resume with", done.stderr)

    @unittest.skipUnless(MPI_TESTS, "EQUIKOOP_MPI_TESTS names no test programs")
    def test_unit_tests_hold_over_two_hosts(self):
        for program in MPI_TESTS:
            for slots in ((2, 2), (1, 1)):
                with self.subTest(program=os.path.basename(program), slots=slots):
                    done = self.over_both(program, slots=slots)
                    self.assertEqual(done.returncode, 0, done.stdout[-3000:] + done.stderr[-1000:])


if __name__ == "__main__":
    try:
        HostsTest.hosts = Hosts()
    except Unavailable as reason:
        print(f"slurm.hosts is skipped: {reason}")
        sys.exit(SKIPPED)
    try:
        unittest.main(verbosity=2)
    finally:
        HostsTest.hosts.close()
