"""A real Label Studio server, started in seconds, stopped and started again at will.

It is installed in an environment of its own: `YMIR_LABEL_STUDIO` says where its `label-studio` is,
or it is on the PATH. A new server begins with `empty.sqlite3.gz`, the data base that the 396
migrations of 1.23.2 leave, without users; to make it anew, run `label-studio version --data-dir D`
with the new release and compress what is in D.
"""

import gzip
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.components import needs

COMMAND = os.environ.get("YMIR_LABEL_STUDIO") or shutil.which("label-studio") or ""
EMPTY = Path(__file__).with_name("empty.sqlite3.gz")
PATIENCE = 300  # seconds, also on a machine that is busy with other tests
LONE = {"SENTRY_DSN": "", "FRONTEND_SENTRY_DSN": "", "COLLECT_ANALYTICS": "false"}
QUIET = {"LATEST_VERSION_CHECK": "false", "LOG_LEVEL": "WARNING"}
a_label_studio = needs(
    "labelstudio",
    shutil.which(COMMAND) is not None,
    "pip install label-studio==1.23.2 in an environment of its own, and set "
    "YMIR_LABEL_STUDIO to its bin/label-studio",
)


@dataclass
class Server:
    """A Label Studio of our own, with one user; `files` is the root of what it serves itself."""

    folder: Path
    files: Path
    user: str = "annotator@example.com"
    password: str = field(default_factory=secrets.token_hex)
    legacy_token: str = field(default_factory=lambda: secrets.token_hex(20))
    token: str = ""  # a personal access token, of which a user can have one
    secret: str = field(default_factory=secrets.token_hex)  # see `_environment`
    makes_token: bool = True
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address, the same after every start."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """What it has said."""
        return (self.folder / "server.log").read_text(errors="replace")

    def start(self) -> None:
        """Until it answers; the first time, its data base and a token are made."""
        self.folder.mkdir(parents=True, exist_ok=True)
        database = self.folder / "label_studio.sqlite3"
        if not database.exists():
            database.write_bytes(gzip.decompress(EMPTY.read_bytes()))
        self.port = self.port or free_port()
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                self._command(),
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
            )
        self._await_health(self.process)
        if self.makes_token and not self.token:
            self.token = token_of(self.url, self.user, self.password)

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> None:
        """As it is, in the middle of whatever it does."""
        if self.process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, sign)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.process = None

    def _command(self) -> list[str]:
        where = ["--internal-host", "127.0.0.1", "--port", str(self.port)]
        who = ["--username", self.user, "--password", self.password]
        token = ["--user-token", self.legacy_token, "--enable-legacy-api-token"]
        data = ["--data-dir", str(self.folder)]
        return [COMMAND, "start", "--no-browser", *where, *data, *who, *token]

    def _environment(self) -> dict[str, str]:
        """Its settings; 1.23.2 cannot read a secret of its own that begins with a `$`.

        It draws one such in fifty, and then has a new one after every start: no token stays valid.
        """
        return {
            **{name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
            **LONE,
            **QUIET,
            "LABEL_STUDIO_BASE_DATA_DIR": str(self.folder),
            "SECRET_KEY": self.secret,
            "LABEL_STUDIO_HOST": self.url,
            "LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK": "true",
            "LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED": "true",
            "LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT": str(self.files),
            "SSRF_PROTECTION_ENABLED": "false",  # it calls webhooks on this machine
        }

    def _await_health(self, process: subprocess.Popen[bytes]) -> None:
        until = time.monotonic() + PATIENCE
        while process.poll() is None and time.monotonic() < until:
            with suppress(httpx.TransportError):
                if httpx.get(f"{self.url}/health", timeout=5).status_code == 200:
                    return
            time.sleep(0.1)
        self.stop(signal.SIGKILL)
        raise AssertionError(f"Label Studio does not start: {self.log[-2000:]}")


def free_port() -> int:
    """A port on this machine that nobody listens to."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def token_of(url: str, user: str, password: str) -> str:
    """A new personal access token, made as the page makes it; a user can have one at a time."""
    with httpx.Client(base_url=url, timeout=PATIENCE, headers={"Referer": url}) as client:
        client.get("/user/login/")
        form = {"email": user, "password": password, "csrfmiddlewaretoken": _csrf(client)}
        assert client.post("/user/login/", data=form).status_code == 302, "it is not ours"
        made = client.post("/api/token/", headers={"X-CSRFToken": _csrf(client)})
        assert made.status_code == 201, made.text
        return str(made.json()["token"])


def _csrf(client: httpx.Client) -> str:
    return client.cookies["csrftoken"]


@pytest.fixture(scope="session")
def label_studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests of a process; it may serve any file that tests make."""
    found = Server(tmp_path_factory.mktemp("label-studio"), tmp_path_factory.getbasetemp())
    yield from _running(found)


@pytest.fixture
def own_label_studio(tmp_path: Path) -> Iterator[Server]:
    """A server of the test's own, to be stopped and started."""
    yield from _running(Server(tmp_path / "label-studio", tmp_path))


def _running(server: Server) -> Iterator[Server]:
    try:
        server.start()
        yield server
    finally:
        server.stop()
