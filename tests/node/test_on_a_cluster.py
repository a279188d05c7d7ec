"""Jobs on a real Slurm whose nodes bring images from the DVC remote themselves."""

import sys
from pathlib import Path

import pytest

from tests.backends.programs import wait
from tests.node.test_fetch import NAMES, Node
from tests.slurm.cluster import SLURM, Cluster, slurm
from ymir.contracts.attempt import attempts
from ymir.contracts.backend import Backend, Done, Failed, Job, backends
from ymir.dvc.objects import object_path

__all__ = ["slurm"]
pytestmark = SLURM
COUNT = (
    "import glob, sys\n"
    "found = glob.glob(sys.argv[1] + '/in/assets/*/*.jpg')\n"
    "open(sys.argv[1] + '/seen', 'w').write(str(len(found)))\n"
)


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node(tmp_path)


@pytest.fixture
def backend(slurm: Cluster, node: Node) -> Backend:
    where = {"partition": "gpu", "data": "remote", "scratch": str(node.home.parent), "tries": 2}
    return backends.load("slurm").connect(where)


def counting(node: Node, name: str, images: dict[str, bytes]) -> Job:
    """A job that writes down how many images it finds."""
    folder = node.job(name, images)
    (folder / "count.py").write_text(COUNT)
    return Job(name, (sys.executable, str(folder / "count.py"), str(folder)), folder)


def test_a_program_finds_its_images_and_the_node_keeps_them(backend: Backend, node: Node) -> None:
    jobs = [counting(node, name, NAMES) for name in ("one", "two")]
    backend.start(*jobs)
    assert all(isinstance(wait(backend, each, 120), Done) for each in jobs)
    assert [(each.folder / "seen").read_text() for each in jobs] == ["5", "5"]
    assert len(node.stored()) == 5


def test_what_was_never_pushed_is_tried_again_and_what_is_broken_is_not(
    backend: Backend, node: Node, tmp_path: Path
) -> None:
    other = Node(tmp_path / "other")
    spoiled = object_path(other.storage, next(iter(NAMES))[3:-4])
    spoiled.chmod(0o644)
    spoiled.write_bytes(b"something else")
    unpushed = counting(node, "unpushed", {**NAMES, "ff/x.jpg": b"never pushed"})
    broken = counting(other, "broken", NAMES)
    backend.start(unpushed, broken)
    outcomes = [wait(backend, each, 120) for each in (unpushed, broken)]
    whys = [each.why for each in outcomes if isinstance(each, Failed)]
    assert "the remote has not the bytes of 1 of 6 images" in whys[0]
    assert "is not what its name says" in whys[1]
    assert [len(attempts(each.folder)) for each in (unpushed, broken)] == [2, 1]
    assert not (unpushed.folder / "seen").exists()
