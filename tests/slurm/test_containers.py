"""Images on a node: by value for Podman and Apptainer, and for real by Podman on a cluster."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from tests.backends.programs import FOREVER, failure, success, until
from tests.containers.base import api, base
from tests.containers.podman import PODMAN, settings
from tests.slurm.cluster import SLURM, Cluster
from ymir.backends import slurm as plugin
from ymir.backends.slurm import Tasks
from ymir.contracts.attempt import attempts
from ymir.contracts.backend import Failed, Job
from ymir.engine.container import Try
from ymir.slurm.containers import Berth, Engines, ways
from ymir.spec.executor import ExecutorSpec, Resources

JOB = Job(
    "train",
    ("python3", "/app/main.py"),
    Path("/shared/train"),
    image="ghcr.io/acme/detector:2",
    env={"TOKEN": "hush", "HOME": "/app"},
    resources=Resources(memory="2g", cpus=1.5, gpus=1, timeout="1h", shm="1g"),
)
TRY = Try(PurePosixPath("/shared/train/attempts/1"), ("env.yaml",))


def way(job: Job, program: str) -> dict[str, Any]:
    (found,) = ways(job, Berth(TRY), Engines((program,), ("--log-level=error",)))
    assert isinstance(found, dict)
    return found


def test_the_walls_of_a_container_are_those_of_the_docker_backend() -> None:
    words = way(JOB, "podman")["before"]
    assert words[:2] == ["--log-level=error", "run"]
    assert {"--network=none", "--read-only", "--cap-drop=ALL"} <= set(words)
    assert {"--security-opt=no-new-privileges", "--pids-limit=4096", "--init", "--rm"} <= set(words)
    assert {f"--memory={2 << 30}", f"--memory-swap={2 << 30}", f"--shm-size={1 << 30}"} <= set(
        words
    )
    assert "--volume=/shared/train/in:/in:ro" in words
    assert "--volume=/shared/train/attempts/1/env.yaml:/in/env.yaml:ro" in words
    assert "--volume=/shared/train/attempts/1/out:/out:rw" in words
    assert not [word for word in words if word.startswith("--cap-add")]


def test_a_container_that_may_do_more_is_given_more_and_not_all() -> None:
    words = way(replace(JOB, run_as_root=True, network=True), "podman")["before"]
    assert "--network=none" not in words
    assert "--read-only" not in words
    assert "--cap-drop=ALL" in words
    assert "--cap-add=CHOWN" in words


def test_where_users_may_set_no_limits_those_of_slurm_hold() -> None:
    (found,) = ways(JOB, Berth(TRY), Engines(("podman",), limits=False))
    assert isinstance(found, dict)
    words = " ".join(map(str, found["before"]))  # type: ignore[arg-type]
    assert "--memory" not in words
    assert "--pids-limit" not in words
    assert "--cap-drop=ALL" in words


@pytest.mark.parametrize("program", ["podman", "apptainer"])
def test_what_is_secret_stands_in_no_command_line(program: str) -> None:
    found = way(JOB, program)
    assert "hush" not in " ".join([*found["before"], *found["image"], *found["end"]])
    assert "hush" in found["env"].values()
    assert found["env"].get("HOME") is None  # the engine's own is another


def test_a_tag_may_move_and_a_digest_may_not() -> None:
    pinned = replace(JOB, image=f"ghcr.io/acme/detector@sha256:{'0' * 64}")
    assert "--pull=newer" in way(JOB, "podman")["before"]
    assert "--pull=missing" in way(pinned, "podman")["before"]


def test_apptainer_sees_nothing_but_in_and_out() -> None:
    found = way(JOB, "apptainer")
    assert found["before"][:2] == ["--log-level=error", "exec"]
    assert {"--containall", "--no-home", "--cleanenv", "--nv", "--network=none"} <= set(
        found["before"]
    )
    assert found["image"] == ["docker://ghcr.io/acme/detector:2", "python3", "/app/main.py"]
    assert way(replace(JOB, command=()), "apptainer")["before"][1] == "run"


def test_only_what_has_an_image_sees_in_and_out() -> None:
    named = {"apiVersion": "ymir/v1", "kind": "Executor", "name": "x"}
    assert plugin.is_contained(ExecutorSpec(**named, image="acme/x:1"))
    assert not plugin.is_contained(ExecutorSpec(**named, command=("run",)))
    assert not plugin.is_contained(ExecutorSpec(**named, bundled="tinydet"))


@pytest.fixture(scope="module")
def backend(slurm: Cluster) -> Iterator[Tasks]:
    """Nodes whose Podman has the base image, in a store of its own."""
    folder = Path(tempfile.mkdtemp(prefix="ymir-test-"))
    places = [f"--root={folder}/root", f"--runroot={folder}/run"]
    options = [*places, "--cgroup-manager=cgroupfs", "--runtime=runc"]
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("CONTAINERS_CONF", str(settings(folder)))
        archive = folder / "base.tar"
        archive.write_bytes(b"".join(api().api.get_image(base())))
        subprocess.run(["podman", *options, "load", "-i", archive], check=True, capture_output=True)
        try:
            yield plugin.connect({"containers": "podman", "container_options": options})
            left = subprocess.run(
                ["podman", *options, "ps", "-aq"], check=True, capture_output=True, text=True
            )
            assert not left.stdout
        finally:
            overlay = folder / "root" / "overlay"
            subprocess.run(["umount", "--lazy", overlay], check=False, capture_output=True)
            shutil.rmtree(folder, ignore_errors=True)


def contained(tmp_path: Path, code: str, **changes: object) -> Job:
    (tmp_path / "job" / "in").mkdir(parents=True)
    (tmp_path / "job" / "in" / "program.py").write_text(code)
    words = {"command": ("python3", "/in/program.py"), "image": base(), **changes}
    return Job("job", folder=tmp_path / "job", **words)  # type: ignore[arg-type]


@SLURM
@PODMAN
def test_a_container_is_a_child_of_the_job(backend: Tasks, tmp_path: Path) -> None:
    code = (
        "import json, os\n"
        "open('/out/x', 'w').write(json.dumps([os.getuid(), os.listdir('/in'), dict(os.environ)]))"
    )
    out = success(backend, contained(tmp_path, code, env={"TOKEN": "a b\nc"}))
    said = (out / "x").read_text()
    assert said.startswith('[0, ["program.py"]')
    assert '"TOKEN": "a b\\nc"' in said
    assert (out / "x").stat().st_uid == os.getuid()
    assert "SLURM" not in said


@SLURM
@PODMAN
@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("open('/in/x', 'w')", "Read-only file system"),
        ("open('/etc/x', 'w')", "does the image need `run_as_root: true`?"),
        (
            "import socket; socket.create_connection(('192.0.2.1', 9))",
            "does the executor need `network: true`?",
        ),
        ("raise SystemExit(3)", "exit code 3"),
    ],
)
def test_walls_hold_on_a_node(backend: Tasks, tmp_path: Path, code: str, why: str) -> None:
    assert why in failure(backend, contained(tmp_path, code))


@SLURM
@PODMAN
def test_a_program_that_is_not_in_the_image_is_named(backend: Tasks, tmp_path: Path) -> None:
    why = failure(backend, contained(tmp_path, "", command=("/not/here",)))
    assert why == "cannot be started: `/not/here`: No such file or directory"


@SLURM
@PODMAN
def test_a_container_that_is_stopped_leaves_nothing(backend: Tasks, tmp_path: Path) -> None:
    code = "import signal; signal.signal(15, signal.SIG_IGN); open('/out/x', 'w').write('1');"
    each = contained(tmp_path, code + FOREVER)
    backend.start(each)
    until(attempts(each.folder)[0].out / "x", 30)
    backend.stop(each, patience=1)
    assert backend.poll(each) == Failed("was stopped", attempts(each.folder)[0].log)
