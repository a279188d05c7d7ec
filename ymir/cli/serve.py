"""`ymir serve`: the workspace's page, live, over HTTP."""

from __future__ import annotations

import asyncio
import socket
import sys
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

import typer

from ymir.cli import console
from ymir.cli.datasets.open import has_screen
from ymir.cli.images import LocalImages
from ymir.cli.jobs.bench import JobBench
from ymir.cli.site import GalleriesOption
from ymir.cli.specs import WorkspaceOption
from ymir.cli.workspace import open_workspace
from ymir.errors import SpecError
from ymir.plan.plan import plan

if TYPE_CHECKING:
    from ymir.serving.guard import Guard
    from ymir.serving.refresh import Refresher
    from ymir.serving.server import Offer
    from ymir.serving.view import Planned

PORT = 8765
TOKEN = "YMIR_SERVE_TOKEN"  # noqa: S105 - the name of a variable
_LONGEST = 4096  # letters of a token's file


def command(  # noqa: PLR0913 - each is an option of the command
    workspace: WorkspaceOption = Path(),
    host: Annotated[
        str, typer.Option("--host", help="The address to listen on; another one needs a token.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="0: one that is free.")
    ] = PORT,
    token: Annotated[
        str | None, typer.Option("--token", envvar=TOKEN, help="What lets people in.")
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option("--token-file", help="A file with the token, which `ps` does not show."),
    ] = None,
    galleries: GalleriesOption = "newest",
    browser: Annotated[bool, typer.Option("--open", help="Open the page.")] = False,
) -> None:
    """Show the workspace live, read-only: the page of `ymir site`, running jobs, labels to do.

    Only this machine is listened to, and no token is needed; for any other address one is made if
    none is given. The address that is printed lets a browser in, which remembers it.
    """
    root = workspace.resolve()
    bench = JobBench(root)
    bench.jobs()  # is it a workspace?
    guard = _guard(host, token, token_file)
    from ymir.serving.server import serve  # a server takes its time to load

    offer, refresher = _offered(root, bench, galleries)

    def begun(port: int) -> None:
        address = _address(guard, port)
        console.invite(f"`{root.name}` is shown at", address)
        console.out("it can be looked at and not changed; Ctrl-C ends the server")
        if browser and has_screen():
            webbrowser.open(address)

    asyncio.run(serve(guard, port, offer, refresher, begun))
    console.out("stopped")


def _offered(root: Path, bench: JobBench, galleries: str) -> tuple[Offer, Refresher]:
    """What is shown, and what keeps it up to date."""
    from ymir.serving.refresh import Refresher  # likewise
    from ymir.serving.server import Offer
    from ymir.serving.view import Eyes, View, stamp
    from ymir.site.record import ANEW, REPORTS
    from ymir.site.write import LIVE, counting

    view = View(root, root / LIVE, Eyes(bench.jobs, lambda: _planned(root), counting(root)))
    words = ("site", "--workspace", str(root), "--galleries", galleries)
    refresher = Refresher(lambda: stamp(root), (sys.executable, "-m", "ymir.cli.main", *words))
    offer = Offer(
        page=root / LIVE,
        roots={f"/{ANEW}/": root / ANEW, "/": root / REPORTS},
        look=lambda: view.look(refresher.trouble),
        trouble=lambda: refresher.trouble,
    )
    return offer, refresher


def _planned(root: Path) -> Planned:
    """What `ymir apply` would do now."""
    from ymir.serving.live import coming
    from ymir.serving.view import Planned
    from ymir.site.queue import outstanding

    opened = open_workspace(root, images=LocalImages())
    observed = opened.store.observe()
    found = plan(opened.catalogue, observed, opened.look())
    steps, later = coming(found)
    return Planned(steps, later, tuple(outstanding(found, observed)))


def _guard(host: str, token: str | None, file: Path | None) -> Guard:
    """Who is let in; a token is made where others can reach the server and none is given."""
    from ymir.serving.guard import Guard, checked, is_loopback, new_token

    if token is not None and file is not None:
        raise SpecError("there are two tokens", hint=f"give `--token-file`, or `{TOKEN}`")
    if file is not None:
        token = checked(_read(file), f"in `{file}`")
    elif token is not None:
        token = checked(token, "that was given")
    elif not is_loopback(host):
        token = new_token()
    return Guard(host, token)


def _read(file: Path) -> str:
    try:
        with file.open(encoding="utf-8") as text:
            return text.read(_LONGEST).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError(
            f"the token in `{file}` cannot be read: {error}",
            hint="name a file with one line that you may read",
        ) from error


def _address(guard: Guard, port: int) -> str:
    """What to open, from here or, for an address that stands for all, from elsewhere."""
    host = socket.gethostname() if guard.host in ("0.0.0.0", "::") else guard.host  # noqa: S104 - only compared
    named = f"[{host}]" if ":" in host else host
    token = f"?token={quote(guard.token, safe='')}" if guard.token else ""
    return f"http://{named}:{port}/{token}"
