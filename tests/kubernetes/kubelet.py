"""A node that runs a pod's container as a process of this machine, its mounts as links."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

Json = dict[str, Any]


def moment() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Container:
    """The one container of a pod, from its start to its end."""

    def __init__(self, pod: Json, claim: Path, ended: Callable[[], None]) -> None:
        self.pod, self._claim, self._ended = pod, claim, ended
        self.home = Path(tempfile.mkdtemp(prefix="pod-"))
        self.log = self.home / "log"
        self.log.touch()
        self.is_over = threading.Event()
        self._why: str | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def begin(self) -> None:
        """Lay out its mounts and start its program."""
        held = self.pod["spec"]["containers"][0]
        self._mount(held)
        words = [self._seen(word.replace("$$", "$")) for word in held["command"]]
        env = {each["name"]: each["value"].replace("$$", "$") for each in held["env"]}
        began = moment()
        try:
            with self.log.open("ab") as log:
                self._process = subprocess.Popen(
                    words,
                    cwd=self.home / "root",
                    env={"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", **env},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
        except OSError as error:
            self._over(began, 128, "StartError", f'exec: "{held["command"][0]}": {error.strerror}')
            return
        self.pod["status"] |= {"phase": "Running", "startTime": began}
        self._state({"running": {"startedAt": began}})
        threading.Thread(target=self._watch, args=(began,), daemon=True).start()

    @property
    def has_begun(self) -> bool:
        return self._process is not None

    def end(self, grace: float, why: str | None = None) -> None:
        """SIGTERM, and after the grace the end of all its processes."""
        self._why = self._why or why
        if self._process is None or self.is_over.is_set():
            return
        self._signal(signal.SIGTERM)
        threading.Thread(target=self._finish, args=(grace,), daemon=True).start()

    def _finish(self, grace: float) -> None:
        if not self.is_over.wait(grace):
            self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        assert self._process is not None
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    def _watch(self, began: str) -> None:
        assert self._process is not None
        code = self._process.wait()
        self._signal(signal.SIGKILL)
        self._over(began, code if code >= 0 else 128 - code, "Completed" if not code else "Error")

    def _over(self, began: str, code: int, reason: str, message: str = "") -> None:
        tail = self.log.read_bytes()[-2048:].decode(errors="replace") if code else ""
        ended = {"exitCode": code, "reason": reason, "startedAt": began, "finishedAt": moment()}
        self._state({"terminated": {**ended, "message": message or tail}})
        self.pod["status"]["phase"] = "Failed" if code else "Succeeded"
        if self._why:
            self.pod["status"]["reason"] = self._why
        self._ended()
        self.is_over.set()

    def _state(self, state: Json) -> None:
        self.pod["status"]["containerStatuses"] = [{"name": "job", "state": state}]

    def _mount(self, held: Json) -> None:
        """`/in` and `/out` of the claim, as links in a folder that stands for the root."""
        volumes = {each["name"]: each for each in self.pod["spec"]["volumes"]}
        for each in sorted(held["volumeMounts"], key=lambda one: str(one["mountPath"])):
            if "persistentVolumeClaim" not in volumes[each["name"]]:
                continue
            source = self._claim / each["subPath"]
            assert source.exists(), f"the claim has no {source}"
            assert ".." not in Path(each["subPath"]).parts
            target = self.home / "root" / each["mountPath"].lstrip("/")
            if target.exists():  # a file over one of a folder that is mounted already
                self._unfold(target.parent)
                target.unlink()
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(source)

    def _unfold(self, folder: Path) -> None:
        """A link to a folder becomes a folder of links."""
        if folder.is_symlink():
            source = folder.resolve()
            folder.unlink()
            folder.mkdir()
            for each in source.iterdir():
                (folder / each.name).symlink_to(each)

    def _seen(self, word: str) -> str:
        inside = word.startswith(("/in/", "/out/"))
        return str(self.home / "root" / word.lstrip("/")) if inside else word

    def pieces(self, *, follow: bool) -> Iterator[bytes]:
        """What it printed; with `follow`, until it is over."""
        with self.log.open("rb") as file:
            while True:
                is_last = not follow or self.is_over.is_set()
                while piece := file.read(1 << 16):
                    yield piece
                if is_last:
                    return
                time.sleep(0.02)
