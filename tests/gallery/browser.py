"""A real browser, driven over a pipe: no driver, no port, no network."""

import json
import os
import shutil
import subprocess
from base64 import b64decode
from contextlib import contextmanager
from pathlib import Path

CHROMIUM = shutil.which("chromium") or "chromium"
_QUIET = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync"
    " --disable-background-networking --disable-component-update --hide-scrollbars"
    " --remote-debugging-pipe"
)


class Page:
    """One page in a browser."""

    def __init__(self, to_browser: int, from_browser: int) -> None:
        self._out, self._in = to_browser, from_browser
        self._rest = b""
        self._number = 0
        self._session: str | None = None
        self.complaints: list[str] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for each in ("Page.enable", "Runtime.enable", "Log.enable"):
            self.call(each)

    def call(self, method: str, **parameters: object) -> dict:
        """Ask the browser for something, and wait for its answer."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            said = self._next()
            if said.get("id") == self._number:
                assert "error" not in said, said
                return said["result"]

    def open(self, url: str) -> None:
        """Load a page, and wait until it stands."""
        self.call("Page.navigate", url="about:blank")
        self.call("Page.navigate", url=url)
        self.wait(f"location.href === {json.dumps(url)} && document.readyState === 'complete'")

    def ask(self, expression: str) -> object:
        """The value of an expression in the page; promises are awaited."""
        done = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in done, done
        return done["result"].get("value")

    def wait(self, expression: str, tries: int = 400) -> None:
        """Until the expression is true; a frame or so between two looks."""
        for _ in range(tries):
            if self.ask(expression):
                return
            self.ask("new Promise((done) => setTimeout(done, 25))")
        raise AssertionError(f"never true: {expression}")

    def press(self, key: str) -> None:
        """Type a key."""
        text = {"text": key} if len(key) == 1 else {}
        code = {"windowsVirtualKeyCode": 27} if key == "Escape" else {}
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, **text, **code)

    def click(self, selector: str) -> None:
        """Click the middle of an element."""
        box = self.ask(
            f"(({{x, y, width, height}}) => [x + width / 2, y + height / 2])"
            f"(document.querySelector({json.dumps(selector)}).getBoundingClientRect())"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call(
                "Input.dispatchMouseEvent",
                type=kind, x=box[0], y=box[1], button="left", clickCount=1,
            )  # fmt: skip

    def shot(self, path: Path) -> Path:
        """What the page looks like."""
        path.write_bytes(b64decode(self.call("Page.captureScreenshot", format="png")["data"]))
        return path

    def _next(self) -> dict:
        while b"\0" not in self._rest:
            piece = os.read(self._in, 1 << 16)
            assert piece, "the browser is gone"
            self._rest += piece
        first, _, self._rest = self._rest.partition(b"\0")
        said = json.loads(first)
        if said.get("method") == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(said["params"]))
        if said.get("method") == "Log.entryAdded" and said["params"]["entry"]["level"] == "error":
            self.complaints.append(said["params"]["entry"]["text"])
        return said


@contextmanager
def browser(folder: Path, size: str = "1400,900", *options: str):
    """A page of a browser that ends with the block."""
    in_read, in_write = os.pipe()
    out_read, out_write = os.pipe()
    # The browser reads what it is told from descriptor 3, and answers on 4.
    words = [CHROMIUM, *_QUIET.split(), f"--window-size={size}", f"--user-data-dir={folder}"]
    script = f'exec "$@" 3<&{in_read} 4>&{out_write}'
    process = subprocess.Popen(
        ["bash", "-c", script, "-", *words, *options],
        pass_fds=(in_read, out_write),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(in_read)
    os.close(out_write)
    try:
        yield Page(in_write, out_read)
    finally:
        process.kill()
        process.wait()
        os.close(in_write)
        os.close(out_read)
