"""An S3 remote that is offline, refuses, or fails in the middle: told in words, and completed."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
import requests

from tests import forked
from tests.components import S3
from tests.faults.remotes import assert_in_words, clone_of, placed, small_import
from tests.workspaces import ENVIRONMENT, Workspace
from ymir.dvc.reach import reader
from ymir.errors import StoreError

pytestmark = S3
SIGNED = {
    **ENVIRONMENT,
    "AWS_ACCESS_KEY_ID": "key",
    "AWS_SECRET_ACCESS_KEY": "word",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_MAX_ATTEMPTS": "2",
}
Request = Mapping[str, Any]
Answer = tuple[str, bytes, int]  # its status, its body, and how long it says that this is


def refusal(status: str, code: str, words: str) -> Answer:
    """An error as S3 words it."""
    said = f"<Error><Code>{code}</Code><Message>{words}</Message></Error>".encode()
    return status, said, len(said)


BUSY = refusal("503 Slow Down", "SlowDown", "Please reduce your request rate.")
BROKEN = refusal("500 Internal Server Error", "InternalError", "We met an error.")
FORBIDDEN = refusal("403 Forbidden", "AccessDenied", "Access Denied")
CUT = ("200 OK", b"the first half", 28)
SHORT = ("200 OK", b"the first half", 14)


def well(_: Request) -> None:
    """Nothing is wrong."""


class Store:
    """An S3 server in this process; `fault` may answer a request in its place."""

    def __init__(self) -> None:
        from moto.server import DomainDispatcherApplication, create_backend_app
        from werkzeug.serving import WSGIRequestHandler, make_server

        self._app = DomainDispatcherApplication(create_backend_app)
        self.fault: Callable[[Request], Answer | None] = well
        quiet = type("Quiet", (WSGIRequestHandler,), {"log": lambda *_: None})
        self.server = make_server("127.0.0.1", 0, self, threaded=True, request_handler=quiet)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __call__(self, request: Request, start: Callable[..., object]) -> Iterable[bytes]:
        if not (answer := self.fault(request)):
            return self._app(request, start)
        status, body, length = answer
        request["wsgi.input"].read(int(request.get("CONTENT_LENGTH") or 0))
        start(status, [("Content-Type", "application/xml"), ("Content-Length", str(length))])
        return [body]

    def fails(self, method: str, *, after: int, answer: Answer, times: int = 1000) -> None:
        """Answer so to requests of a method that name an object, after some have gone well."""
        counted = iter(range(1000))

        def fault(request: Request) -> Answer | None:
            if request["REQUEST_METHOD"] != method or "/files/md5/" not in request["PATH_INFO"]:
                return None
            return answer if after <= next(counted) < after + times else None

        self.fault = fault


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return small_import(tmp_path_factory.mktemp("s3"))


@pytest.fixture
def store() -> Iterator[Store]:
    """A server with one bucket, `shop`, that is empty."""
    running = Store()
    thread = threading.Thread(target=running.server.serve_forever)
    thread.start()
    for path in ("/moto-api/reset", "/shop"):
        requests.request("POST" if "reset" in path else "PUT", running.url + path, timeout=10)
    yield running
    running.server.shutdown()
    thread.join()


@dataclass(frozen=True)
class Shop:
    """A workspace whose remote is in the bucket."""

    workspace: Workspace
    url: str

    def ymir(self, *words: str, **other: str) -> CompletedProcess[str]:
        """Type it, signed in at the server unless told otherwise."""
        environment = {**SIGNED, "AWS_ENDPOINT_URL": self.url, **other}
        return forked.run(words, self.workspace.root, environment)

    def clone(self) -> "Shop":
        """What git brings of it."""
        return Shop(clone_of(self.workspace), self.url)


@pytest.fixture
def shop(imported: Workspace, tmp_path: Path, store: Store) -> Shop:
    return Shop(placed(imported, tmp_path, "s3://shop/pets"), store.url)


def test_a_clone_gets_all_of_it_back_past_a_server_that_is_busy(shop: Shop, store: Store) -> None:
    store.fails("PUT", after=1, times=1, answer=BUSY)
    sent = shop.ymir("push")
    assert sent.returncode == 0, sent.stderr
    store.fails("GET", after=2, times=1, answer=BUSY)
    clone = shop.clone()
    came = clone.ymir("pull")
    assert came.returncode == 0, came.stderr
    assert clone.ymir("fsck").returncode == 0
    assert shop.ymir("fsck", "--remote").returncode == 0


def test_nobody_there_no_bucket_no_name_and_no_right_are_said(shop: Shop, store: Store) -> None:
    met = shop.ymir("push", AWS_ENDPOINT_URL="http://127.0.0.1:9")
    assert_in_words(met)
    assert "objects cannot be sent: Could not connect" in met.stderr
    looked = shop.ymir("doctor", "--remote", AWS_ENDPOINT_URL="http://127.0.0.1:9")
    assert "the remote of `data`: could not be asked: " in looked.stdout, looked.stderr
    nobody = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
    met = shop.ymir("push", **nobody)
    assert_in_words(met)
    assert "credentials" in met.stderr
    store.fails("PUT", after=0, answer=FORBIDDEN)
    met = shop.ymir("push")
    assert_in_words(met)
    assert "Access Denied" in met.stderr
    requests.delete(f"{store.url}/shop", timeout=10)
    met = shop.ymir("push")
    assert_in_words(met)
    assert "bucket does not exist" in met.stderr


def test_a_node_of_a_cluster_says_it_too(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert shop.ymir("push").returncode == 0
    for name, value in {**SIGNED, "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(StoreError, match="the remote cannot be read: Could not connect") as caught:
        reader(shop.workspace.root)("ab" * 16, tmp_path / "image")
    assert "your credentials" in str(caught.value.hint)


@pytest.mark.parametrize("taken", [0, 4])
def test_a_push_that_fails_in_the_middle_is_quoted_and_completed(
    shop: Shop, store: Store, taken: int
) -> None:
    store.fails("PUT", after=taken, answer=BROKEN)
    met = shop.ymir("push")
    assert_in_words(met)
    assert "We met an error." in met.stderr
    store.fault = well
    assert shop.ymir("push").returncode == 0
    clone = shop.clone()
    assert clone.ymir("pull").returncode == 0
    assert clone.ymir("fsck").returncode == 0


@pytest.mark.parametrize("after", [0, 3])
@pytest.mark.parametrize(
    ("answer", "said"),
    [(BROKEN, "We met an error."), (CUT, "not completed"), (SHORT, "not all of it")],
    ids=["broken", "cut", "short"],
)
def test_a_pull_that_fails_in_the_middle_is_quoted_and_completed(
    shop: Shop, store: Store, answer: Answer, said: str, after: int
) -> None:
    assert shop.ymir("push").returncode == 0
    store.fails("GET", after=after, answer=answer)
    clone = shop.clone()
    met = clone.ymir("pull")
    assert_in_words(met)
    assert said in met.stderr
    here = clone.ymir("fsck").stdout
    assert "its content" not in here, "what is here is whole"
    store.fault = well
    assert clone.ymir("pull").returncode == 0
    assert clone.ymir("fsck").returncode == 0
