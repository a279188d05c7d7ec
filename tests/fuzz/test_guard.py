"""The guard sees what a reader may not do, also where the reader catches its exceptions."""

import os
import pickle
import socket
import subprocess
import sys
from contextlib import suppress

import pytest

from tests.fuzz.guard import BreachError, watched


class Evil:
    def __reduce__(self):
        return (os.getcwd, ())


PICKLED = pickle.dumps(Evil())


def hang():
    while True:
        pass


@pytest.mark.parametrize(
    ("does", "why"),
    [
        (lambda: open("/etc/passwd"), "reads '/etc/passwd'"),  # noqa: SIM115, PTH123 - it fails
        (lambda: open("/tmp/ymir-not-here", "w"), "writes '/tmp/ymir-not-here'"),  # noqa: S108, SIM115, PTH123 - it fails
        (lambda: os.mkdir("/tmp/ymir-not-here"), "os.mkdir"),  # noqa: S108, PTH102 - it fails
        (lambda: subprocess.run(["true"], check=True), "subprocess.Popen"),
        (lambda: socket.create_connection(("127.0.0.1", 1)), "socket"),
        (lambda: pickle.loads(PICKLED), "pickle.find_class"),  # noqa: S301 - that it is refused
        (lambda: exec("1 + 1"), "compile"),  # noqa: S102 - that it is refused
        (hang, "slow"),
    ],
    ids=["read", "write", "mkdir", "run", "connect", "unpickle", "exec", "hang"],
)
def test_a_breach_is_told(tmp_path, does, why):
    with pytest.raises(BreachError, match=why), watched(tmp_path, -20_000):
        does()


def test_a_breach_that_the_reader_catches_is_told(tmp_path):
    with pytest.raises(BreachError, match="reads"), watched(tmp_path, 0), suppress(BaseException):
        open("/etc/passwd")  # noqa: SIM115, PTH123 - it fails


def test_a_link_out_of_the_folder_is_followed(tmp_path):
    (tmp_path / "link").symlink_to("/etc/passwd")
    with pytest.raises(BreachError, match="reads '/etc/passwd'"), watched(tmp_path, 0):
        (tmp_path / "link").read_text()


def test_what_a_reader_may_do_is_no_breach(tmp_path):
    with watched(tmp_path, 0):
        (tmp_path / "a").write_text("1")
        (tmp_path / "a").rename(tmp_path / "b")
        assert (tmp_path / "b").read_text() == "1"
        assert sys.version
