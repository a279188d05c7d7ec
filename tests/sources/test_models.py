"""A model's package comes from a path or from the web, and is what the spec says it is."""

import hashlib
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ymir.errors import DataError
from ymir.sources.models import bring_package, planned_package
from ymir.spec.model import ModelSource

CONTENT = b"a package" * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *words: object) -> None:
        """Say nothing."""


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "p.tar.gz").write_bytes(CONTENT)
    return tmp_path


@pytest.fixture
def web(workspace: Path) -> Iterator[str]:
    serve = partial(Quiet, directory=str(workspace / "raw"))
    with ThreadingHTTPServer(("127.0.0.1", 0), serve) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def brought(workspace: Path, **source: str) -> str:
    target = workspace / "brought.tar.gz"
    digest = bring_package(ModelSource.model_validate(source), workspace, target)
    assert target.read_bytes() == CONTENT
    return digest


@pytest.mark.parametrize("more", [{}, {"sha256": SHA256}])
def test_a_path_has_the_digest_that_was_planned(workspace: Path, more: dict[str, str]) -> None:
    source = {"path": "raw/p.tar.gz", **more}
    planned = planned_package(ModelSource.model_validate(source), workspace)
    assert planned is not None
    assert brought(workspace, **source) == planned


def test_what_is_away_is_planned_without_looking_and_fetched_once(
    workspace: Path, web: str
) -> None:
    source = {"url": f"{web}/p.tar.gz", "sha256": SHA256}
    planned = planned_package(ModelSource.model_validate(source), Path("/nowhere"))
    assert brought(workspace, **source) == planned == f"sha256:{SHA256}"


def test_a_file_address_is_copied_and_the_file_stays(workspace: Path) -> None:
    file = workspace / "raw" / "p.tar.gz"
    brought(workspace, url=f"file://{file}", sha256=SHA256)
    assert file.exists()


def test_other_content_is_refused_wherever_it_comes_from(workspace: Path, web: str) -> None:
    for place in ({"path": "raw/p.tar.gz"}, {"url": f"{web}/p.tar.gz"}):
        source = ModelSource.model_validate({**place, "sha256": "0" * 64})
        with pytest.raises(DataError, match=f"its sha256 is `{SHA256}`"):
            bring_package(source, workspace, workspace / "brought.tar.gz")


def test_a_file_that_is_not_there_is_no_digest_and_an_error(workspace: Path) -> None:
    for more in ({}, {"sha256": SHA256}):
        source = ModelSource.model_validate({"path": "raw/q.tar.gz", **more})
        assert planned_package(source, workspace) is None
        with pytest.raises(DataError, match="there is no file"):
            bring_package(source, workspace, workspace / "brought.tar.gz")
