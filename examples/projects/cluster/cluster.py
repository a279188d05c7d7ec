"""A real Slurm of several small nodes on this machine, with GPUs that are only names.

    python cluster.py up [--nodes N]     in seconds; prints the variable that tells Slurm's commands
    python cluster.py down               ends exactly what it started, jobs included

It needs Debian's packages `slurm-wlm` and `munge`. Root may give each node a network of its own,
which can be cut. Standard library only.
"""

import argparse
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

PROGRAMS = ("slurmctld", "slurmd", "munged", "sbatch", "squeue", "scontrol", "scancel", "sinfo")
PLACES = ("/usr/sbin", "/usr/local/sbin", "/sbin")  # of daemons, where PATH has no such folders
MARK = "YMIR_CLUSTER"  # in the environment of every daemon of a cluster: the cluster's folder
PATIENCE = 60.0
CPUS, MEMORY = 4, 8000  # of a node, as Slurm is told: nothing is measured
GPUS = ("/dev/null", "/dev/zero")  # any two devices that every machine has
MUNGE = ("key-file", "socket", "pid-file", "log-file", "seed-file")
CONFIG = """\
ClusterName={name}
SlurmctldHost=localhost({host})
SlurmctldPort={port}
AuthType=auth/munge
CryptoType=crypto/munge
AuthInfo=socket={folder}/munge.socket
TreeWidth=65533
SlurmUser={user}
SlurmdUser={user}
StateSaveLocation={folder}/controller
SlurmdSpoolDir={folder}/%n
SlurmctldPidFile={folder}/controller.pid
SlurmdPidFile={folder}/%n.pid
SlurmctldLogFile={folder}/controller.log
SlurmdLogFile={folder}/%n.log
SlurmdParameters=config_overrides
SlurmctldTimeout=30
SlurmdTimeout={lost_after}
MessageTimeout={answers_within}
ReturnToService=2
KillWait=3
MinJobAge=300
JobRequeue=1
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
DefMemPerCPU=200
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=1,sched_interval=1,batch_sched_delay=0,sched_min_interval=0
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
GresTypes=gpu
"""
NODE = (
    "NodeName={name} NodeHostname=localhost NodeAddr={address} Port={port} CPUs={cpus} Boards=1 "
    "SocketsPerBoard=1 CoresPerSocket={cpus} ThreadsPerCore=1 RealMemory={memory} "
    "Gres=gpu:{gpus} State=UNKNOWN\n"
)
LOOPBACK = "CommunicationParameters=NoCtldInAddrAny,NoInAddrAny\n"
PARTITIONS = """\
PartitionName=gpu Nodes=n[1-{nodes}] Default=YES MaxTime=INFINITE State=UP PriorityTier=1
PartitionName=urgent Nodes=n[1-{nodes}] MaxTime=INFINITE State=UP PriorityTier=9
"""


def lacks() -> str | None:
    """What this machine has not got, in a line."""
    absent = [program for program in PROGRAMS if _found(program) is None]
    return f"no {', '.join(absent)}: apt-get install slurm-wlm munge" if absent else None


def lacks_networks() -> str | None:
    """Why nodes cannot have networks of their own here, in a line."""
    if os.getuid() or not (shutil.which("ip") and shutil.which("nsenter")):
        return "a network for each node takes root, `ip` and `nsenter`"
    name = f"ymir-{os.getpid()}"
    if _try("ip", "netns", "add", name).returncode:
        return "this machine makes no network namespaces"
    _call("ip", "netns", "delete", name)
    return None


class Cluster:
    """The Slurm whose files are in `folder`, whether it runs or not; nodes are numbered from 1."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "slurm.conf"

    @property
    def environment(self) -> dict[str, str]:
        """What Slurm's commands need in their environment."""
        return {"SLURM_CONF": str(self.config)}

    @property
    def nodes(self) -> int:
        """How many nodes it has."""
        return int(self._facts()["nodes"])

    def up(self, nodes: int = 3, *, networks: bool = False, lost_after: int = 60) -> None:
        """Start it; with `networks`, every node in one of its own, which can be cut.

        A node that is silent for `lost_after` seconds, or a little longer, is held for lost.
        """
        if missing := lacks() or (lacks_networks() if networks else None):
            raise RuntimeError(missing)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o755)
        subnet = _free_subnet() if networks else None
        self._configure(nodes, subnet, lost_after)
        if subnet:
            self._lay_cables(nodes, subnet)
        files = (f"--{each}={self.folder}/munge.{each.split('-')[0]}" for each in MUNGE)
        self._run("munged", "--force", *files)
        self.start_controller()
        for number in range(1, nodes + 1):
            self.revive(number)

    def down(self) -> None:
        """End its jobs, its daemons and its networks, and remove its files."""
        if not self.config.exists():
            return
        for _ in range(3):  # a daemon may be about to start something
            _end(self._processes())
        facts = self._facts()
        if facts["networks"]:
            for number in range(1, self.nodes + 1):
                _call("ip", "netns", "delete", self._network(number))
            _call("ip", "link", "delete", f"{facts['name']}b")
        shutil.rmtree(self.folder)

    def is_up(self) -> bool:
        """Whether its controller answers."""
        return self.config.exists() and not self.command("scontrol", "ping").returncode

    def start_controller(self) -> None:
        """Start the controller, with what it knew when it ended."""
        self._run("slurmctld")
        self._wait(self.is_up, "the controller")

    def stop_controller(self) -> None:
        """End the controller, which keeps what it knows; nodes and jobs go on."""
        self._kill(self.folder / "controller.pid", signal.SIGTERM)

    def kill_node(self, number: int) -> None:
        """What a loss of power does: the node's daemon and all of its jobs are gone at once."""
        jobs = self._jobs_on(number)
        self.kill_daemon(number)
        _end([*jobs, *self._jobs_on(number)])

    def kill_daemon(self, number: int) -> None:
        """End the node's daemon alone: Slurm holds the node for lost, its jobs go on."""
        self._kill(self.folder / f"n{number}.pid")

    def revive(self, number: int) -> None:
        """Start the node's daemon, and wait until Slurm uses the node."""
        own = ["nsenter", f"--net=/run/netns/{self._network(number)}"]
        self._run(*(own if self._facts()["networks"] else []), "slurmd", "-N", f"n{number}")
        self._await_use(number)

    def isolate(self, number: int) -> None:
        """Cut the node from the controller; what it runs goes on."""
        _call("ip", "link", "set", self._cable(number), "down")

    def heal(self, number: int) -> None:
        """Undo `isolate`, and wait until Slurm uses the node."""
        _call("ip", "link", "set", self._cable(number), "up")
        self._await_use(number)

    def state(self, number: int) -> str:
        """What Slurm holds of the node: idle, mixed, allocated, down; with `*` if it is silent."""
        asked = f"sinfo --noheader --partition=gpu --nodes=n{number} --format=%T"
        return self.command(*asked.split()).stdout.strip()

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run one of Slurm's commands."""
        return _try(*words, env={**os.environ, **self.environment})

    def job_processes(self) -> dict[int, str]:
        """The processes of its jobs, with all that these began, by number: each one's node."""
        name = f"SLURM_CLUSTER_NAME={self._facts()['name']}"
        found = {
            each: "".join(re.findall(r"^SLURMD_NODENAME=(.*)$", "\n".join(said), re.MULTILINE))
            for each, said in _environments()
            if name in said
        }
        parents = {each: _parent(each) for each in _all()}
        while more := {e: found[p] for e, p in parents.items() if p in found and e not in found}:
            found.update(more)
        return found

    def _facts(self) -> dict[str, str]:
        return dict(json.loads((self.folder / "cluster.json").read_text()))

    def _configure(self, nodes: int, subnet: str | None, lost_after: int) -> None:
        control, *ports = _free_ports(nodes + 1)
        name = f"ym{control}"
        facts = {"name": name, "nodes": str(nodes), "networks": subnet or ""}
        (self.folder / "cluster.json").write_text(json.dumps(facts))
        for folder in ("controller", *(f"n{each + 1}" for each in range(nodes))):
            (self.folder / folder).mkdir(exist_ok=True)
        host = f"{subnet}.254" if subnet else "127.0.0.1"
        timing = {"lost_after": lost_after, "answers_within": min(10, lost_after - 1)}
        where = {"name": name, "host": host, "port": control, "folder": self.folder}
        text = CONFIG.format(user=Path("/proc/self").owner(), **where, **timing)
        text += "" if subnet else LOOPBACK
        for each, port in enumerate(ports, start=1):
            address = f"{subnet}.{each}" if subnet else "127.0.0.1"
            text += NODE.format(
                name=f"n{each}",
                address=address,
                port=port,
                cpus=CPUS,
                memory=MEMORY,
                gpus=len(GPUS),
            )
        (self.folder / "gres.conf").write_text(
            f"NodeName=n[1-{nodes}] Name=gpu File={','.join(GPUS)}\n"
        )
        (self.folder / "cgroup.conf").write_text("CgroupPlugin=cgroup/v1\n")
        (self.folder / "munge.key").write_bytes(os.urandom(1024))
        (self.folder / "munge.key").chmod(0o400)
        self.config.write_text(text + PARTITIONS.format(nodes=nodes))

    def _lay_cables(self, nodes: int, subnet: str) -> None:
        bridge = f"{self._facts()['name']}b"
        _call("ip", "link", "add", bridge, "type", "bridge")
        _call("ip", "address", "add", f"{subnet}.254/24", "dev", bridge)
        _call("ip", "link", "set", bridge, "up")
        for number in range(1, nodes + 1):
            name, cable = self._network(number), self._cable(number)
            _call("ip", "netns", "add", name)
            _call("ip", "link", "add", cable, "type", "veth", "peer", "eth0", "netns", name)
            _call("ip", "-n", name, "address", "add", f"{subnet}.{number}/24", "dev", "eth0")
            for device in ("lo", "eth0"):
                _call("ip", "-n", name, "link", "set", device, "up")
            _call("ip", "link", "set", cable, "master", bridge, "up")

    def _network(self, number: int) -> str:
        return f"{self._facts()['name']}n{number}"

    def _cable(self, number: int) -> str:
        return f"{self._facts()['name']}c{number}"

    def _run(self, *words: str) -> None:
        """Start a daemon, which goes into the background by itself."""
        bare = {name: value for name, value in os.environ.items() if name[:6] != "SLURM_"}
        _call(*words, env={**bare, **self.environment, MARK: str(self.folder)})

    def _wait(self, until: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not until():
            if time.monotonic() > deadline:
                raise RuntimeError(f"{what} is not up; see {self.folder}/*.log")
            time.sleep(0.05)

    def _await_use(self, number: int) -> None:
        self._wait(lambda: self.state(number) in {"idle", "mixed", "allocated"}, f"node {number}")

    def _kill(self, noted: Path, how: signal.Signals = signal.SIGKILL) -> None:
        number = int(noted.read_text())
        if number in self._daemons():
            _end([number], how)

    def _daemons(self) -> list[int]:
        mark = f"{MARK}={self.folder}"
        return [each for each, said in _environments() if mark in said]

    def _processes(self) -> list[int]:
        """First what might start more, then the rest."""
        jobs = self.job_processes()
        return [*self._daemons(), *self._guards(jobs), *jobs]

    def _jobs_on(self, number: int) -> list[int]:
        jobs = [each for each, node in self.job_processes().items() if node == f"n{number}"]
        return [*self._guards(jobs), *jobs]

    def _guards(self, jobs: Sequence[int] | dict[int, str]) -> list[int]:
        """Slurm's own process above each of these processes of jobs."""
        parents = {_parent(each) for each in jobs}
        return [each for each in parents if each and _title(each).startswith("slurmstepd")]


def _found(program: str) -> str | None:
    return shutil.which(program) or shutil.which(program, path=os.pathsep.join(PLACES))


def _call(*words: str, env: dict[str, str] | None = None) -> None:
    done = _try(*words, env=env)
    if done.returncode:
        raise RuntimeError(f"`{' '.join(words)}` failed: {done.stderr.strip()}")


def _try(*words: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - its words are ours
        [_found(words[0]) or words[0], *words[1:]],
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def _free_ports(count: int) -> list[int]:
    """Ports that nobody has now, below those that connections are given."""
    free: list[int] = []
    port = 20000 + os.getpid() * 7 % 10000
    while len(free) < count:
        port += 1
        with socket.socket() as tried, contextlib.suppress(OSError):
            tried.bind(("127.0.0.1", port))
            free.append(port)
    return free


def _free_subnet() -> str:
    used = _try("ip", "-o", "-4", "address").stdout
    names = (f"10.213.{(os.getpid() + each) % 256}" for each in range(256))
    return next(name for name in names if f" {name}." not in used)


def _environments() -> Iterator[tuple[int, list[str]]]:
    """Every process whose environment may be seen, with its environment."""
    for each in _all():
        with contextlib.suppress(OSError):
            said = Path(f"/proc/{each}/environ").read_bytes().decode(errors="replace")
            yield each, said.split("\0")


def _all() -> list[int]:
    return [int(each.name) for each in Path("/proc").iterdir() if each.name.isdigit()]


def _parent(process: int) -> int | None:
    try:
        return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return None


def _title(process: int) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_text().lstrip("\0")
    except OSError:
        return ""


def _end(processes: Sequence[int], how: signal.Signals = signal.SIGKILL) -> None:
    """End them, and wait until they are gone."""
    for each in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(each, how)
    deadline = time.monotonic() + PATIENCE
    while any(_title(each) for each in processes) and time.monotonic() < deadline:
        time.sleep(0.01)


def main(words: Sequence[str]) -> int:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="cluster", description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["up", "down"])
    parser.add_argument("--nodes", type=int, default=3)
    asked = parser.parse_args(words)
    cluster = Cluster(Path(tempfile.gettempdir()) / f"ymir-cluster-{os.getuid()}")
    try:
        if asked.what == "down":
            cluster.down()
        elif not cluster.is_up():
            cluster.down()  # what is left of an earlier one
            cluster.up(asked.nodes)
    except RuntimeError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if asked.what == "up":
        sys.stdout.write(f"export SLURM_CONF={cluster.config}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
