"""A model package from a stranger is data: opening it runs nothing, executors included."""

import os
import pickle
import subprocess
import zipfile

import pytest

from tests.components import needs
from tests.fuzz.guard import watched
from tests.package.packed import archive
from ymir.package.contents import INFO
from ymir.package.read import read_package, unpack_stage
from ymir.resources import resource

PYTHON = resource("executors") / "tinydet" / ".venv" / "bin" / "python"
KIT = resource("executors") / "kit"
READ = """\
import sys
from pathlib import Path
from ymir_kit.pytorch import TorchFile
print("read:", TorchFile().read(Path(sys.argv[1])))
"""


class Order:
    """Pickled, it is an order to run a command when it is opened."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return (os.system, (f"touch {self.mark}",))


@pytest.fixture
def mark(tmp_path):
    return tmp_path / "it-ran"


def weights(path, mark):
    """A file of PyTorch whose pickle runs a command."""
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("archive/data.pkl", pickle.dumps({"model": Order(mark)}, protocol=2))
        file.writestr("archive/version", "3\n")
    return path


def test_the_pickle_is_dangerous(mark):
    pickle.loads(pickle.dumps(Order(mark)))  # noqa: S301 - that is what is shown
    assert mark.exists()


def test_opening_a_package_of_pickles_and_templates_runs_nothing(tmp_path, mark):
    said = """\
executor_config: {class_names: ["{{ 7*7 }}", "!!python/name:os.system"]}
stages: {best: {files: [best.pt, __init__.py, setup.py]}}
package_version: 2.0.0
"""
    files = {
        INFO: said.encode(),
        "best.pt": weights(tmp_path / "w", mark).read_bytes(),
        "__init__.py": f"open({str(mark)!r}, 'w')".encode(),
        "setup.py": f"open({str(mark)!r}, 'w')".encode(),
    }
    room = tmp_path / "room"
    room.mkdir()
    path = archive(room / "package.tar.gz", files)
    with watched(room, path.stat().st_size):
        found = read_package(path)
        unpack_stage(found, room / "into")
    assert found.class_names == ("{{ 7*7 }}", "!!python/name:os.system")
    assert not mark.exists()


@needs("tinydet", PYTHON.exists(), "ymir executor setup tinydet")
@pytest.mark.parametrize("kind", ["pytorch", "bare"])
def test_an_executor_opens_weights_without_running_what_they_order(tmp_path, mark, kind):
    file = weights(tmp_path / "w.pt", mark)
    if kind == "bare":
        file.write_bytes(pickle.dumps(Order(mark), protocol=2))
    done = subprocess.run(
        [PYTHON, "-c", READ, file],
        env={"PYTHONPATH": str(KIT), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "read: None\n", done.stderr
    assert not mark.exists()
