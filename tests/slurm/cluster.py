# SPDX-License-Identifier: BSD-3-Clause
"""A real Slurm of two nodes on this host: munged, slurmctld and two slurmd in a temporary folder,
with keys and ports of their own. Needs root. Everything it starts it ends, and removes."""
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.equikoop import send, until  # noqa: E402

NODES = ("n1", "n2")
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "scontrol", "squeue", "scancel")

# A requeued job must not start before the credentials of its first start are forgotten: Slurm has it
# wait that long, two minutes unless cred_expire (seconds) says otherwise.
CONFIGURATION = """\
ClusterName=equikoop
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={base}/munge.socket,cred_expire=8
CredType=cred/munge
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
StateSaveLocation={base}/state
SlurmdSpoolDir={base}/spool.%n
SlurmctldPidFile={base}/slurmctld.pid
SlurmdPidFile={base}/slurmd.%n.pid
SlurmctldLogFile={base}/log/slurmctld.log
SlurmdLogFile={base}/log/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=pmix
SwitchType=switch/none
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=2,bf_interval=2,sched_min_interval=0
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
ReturnToService=2
JobRequeue=1
KillWait=5
MinJobAge=3600
InactiveLimit=0
SlurmdParameters=config_overrides
TmpFS={base}/tmp.%n
MailProg=/bin/true
PropagateResourceLimits=NONE
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[2]} CPUs=1 RealMemory=64000 State=UNKNOWN
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[3]} CPUs=1 RealMemory=64000 State=UNKNOWN
PartitionName=main Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP OverSubscribe=FORCE:2
"""


class Unavailable(Exception):
    """There can be no Slurm here; the message says why."""


def find_program(name):
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if not found:
        raise Unavailable(f"{name} is not installed (Debian: apt install slurm-wlm munge)")
    return found


def free_ports(count):
    """Ports that nobody listens on now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for s in sockets:
            s.bind(("127.0.0.1", 0))
        return [s.getsockname()[1] for s in sockets]
    finally:
        for s in sockets:
            s.close()


def process_environment(pid):
    try:
        words = pathlib.Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return {}
    return dict(word.decode(errors="replace").split("=", 1) for word in words if b"=" in word)


class Cluster:
    def __init__(self):
        if os.geteuid() != 0:
            raise Unavailable("starting Slurm's daemons needs root")
        self.programs = {name: find_program(name) for name in PROGRAMS}
        # Short, for the paths of sockets have at most 107 characters.
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="eqs", dir="/tmp"))
        self.environment = dict(os.environ, SLURM_CONF=str(self.base / "slurm.conf"))
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self):
        for name in ("state", "log", "munge", *(f"{kind}.{n}" for kind in ("spool", "tmp") for n in NODES)):
            (self.base / name).mkdir()
        self.base.chmod(0o755)
        (self.base / "munge").chmod(0o700)
        key = self.base / "munge/key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o400)
        (self.base / "slurm.conf").write_text(CONFIGURATION.format(
            host=socket.gethostname().split(".")[0], base=self.base, ports=free_ports(4)))
        at = str(self.base)
        self._daemon("munged", "--force", f"--key-file={at}/munge/key", f"--socket={at}/munge.socket",
                     f"--pid-file={at}/munged.pid", f"--log-file={at}/log/munged.log",
                     f"--seed-file={at}/munge/seed")
        self._daemon("slurmctld", "-c", "-f", f"{at}/slurm.conf")
        for node in NODES:
            self.start_node(node)
        try:
            until(lambda: self.node_states() == ["IDLE", "IDLE"], 60, "two idle nodes")
        except AssertionError:
            lines = [line for log in sorted((self.base / "log").glob("slurm*")) for line in
                     log.read_text(errors="replace").splitlines() if "error" in line]
            raise Unavailable(f"Slurm's nodes do not come up here: {'; '.join(lines[-4:])[:500]}") from None

    def _daemon(self, name, *words):
        done = subprocess.run([self.programs[name], *words], env=self.environment, capture_output=True,
                              text=True, timeout=60)
        if done.returncode != 0:
            raise Unavailable(f"{name} does not start here: {(done.stderr or done.stdout).strip()[:300]}")

    def start_node(self, node):
        self._daemon("slurmd", "-N", node, "-f", f"{self.base}/slurm.conf")

    def call(self, *words, cwd=None, env=None):
        """Runs a program of Slurm, or a script that does; returns what it printed."""
        words = [self.programs.get(words[0], words[0]), *map(str, words[1:])]
        done = subprocess.run(words, env={**self.environment, **(env or {})}, cwd=cwd,
                              capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise AssertionError(f"{words} gave {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout

    def node_states(self):
        lines = self.call("scontrol", "show", "node", "-o").splitlines()
        return [dict(w.split("=", 1) for w in line.split() if "=" in w)["State"] for line in lines]

    def job(self, number):
        """The fields of a job as scontrol shows them."""
        line = self.call("scontrol", "show", "job", "-o", number).splitlines()[0]
        return dict(word.split("=", 1) for word in line.split() if "=" in word)

    def has_started_again(self, number):
        """Whether a requeued job runs or is over. It waits as long as credentials live: see cred_expire."""
        job = self.job(number)
        return int(job["Restarts"]) > 0 and job["JobState"] not in ("PENDING", "REQUEUED", "COMPLETING")

    def processes(self, node=None, program=None):
        """Everything that descends from our daemons: on one node, or of one program."""
        found = []
        for pid in (int(p.name) for p in pathlib.Path("/proc").iterdir() if p.name.isdigit()):
            environment = process_environment(pid)
            if pid == os.getpid() or environment.get("SLURM_CONF") != self.environment["SLURM_CONF"]:
                continue
            try:
                name = os.path.basename(os.readlink(f"/proc/{pid}/exe"))
            except OSError:
                continue
            on = environment.get("SLURMD_NODENAME")
            if (node is None or on == node) and (program is None or name == program):
                found.append(pid)
        return found

    def lose_node(self, node):
        """What a power cut does: all processes of the node gone at once, then marked down."""
        victims = [int((self.base / f"slurmd.{node}.pid").read_text())]
        victims += [pid for pid in self.processes(program="slurmstepd") if self._stepd_of(pid, node)]
        send(victims + self.processes(node=node), signal.SIGKILL)
        self.call("scontrol", "update", f"NodeName={node}", "State=DOWN", "Reason=lost")

    def _stepd_of(self, stepd, node):
        for task in pathlib.Path(f"/proc/{stepd}/task").glob("*/children"):
            for child in task.read_text().split():
                if process_environment(child).get("SLURMD_NODENAME") == node:
                    return True
        return False

    def return_node(self, node):
        self.start_node(node)

        def is_back():
            """A node that registers may come back by itself (ReturnToService); else it is told to."""
            if "DOWN" not in self.node_states()[NODES.index(node)]:
                return True
            subprocess.run([self.programs["scontrol"], "update", f"NodeName={node}", "State=RESUME"],
                           env=self.environment, capture_output=True, timeout=60)
            return False
        until(is_back, 60, f"node {node} back", pause=0.5)

    def stop(self):
        pids = []
        for file in self.base.glob("*.pid"):
            pids.append(int(file.read_text()))
        if "slurmctld" in "".join(f.name for f in self.base.glob("*.pid")):
            subprocess.run([shutil.which("scancel") or "scancel", "--user=root"], env=self.environment,
                           capture_output=True, timeout=60)
        for number in (signal.SIGTERM, signal.SIGKILL):
            send(pids + self.processes(), number)
            end = time.monotonic() + 3
            while any(os.path.exists(f"/proc/{p}") for p in pids) and time.monotonic() < end:
                time.sleep(0.1)
        shutil.rmtree(self.base, ignore_errors=True)
