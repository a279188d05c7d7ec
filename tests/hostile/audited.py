"""Runs `ymir` as its script does, and writes down what it runs, reaches and opens."""

import json
import os
import sys

LOG = os.open(sys.argv.pop(1), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
RUN = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "pty.spawn")
REACHED = ("socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.bind")


def words(value: object) -> object:
    if isinstance(value, list | tuple):
        return [words(each) for each in value]
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def hook(event: str, args: tuple) -> None:
    if event in (*RUN, *REACHED):
        entry = {"event": event, "args": words(args)}
    elif event == "open" and isinstance(args[0], str | bytes | os.PathLike):
        entry = {"event": "open", "args": [words(os.fspath(args[0])), words(args[1])]}
    else:
        return
    os.write(LOG, (json.dumps(entry) + "\n").encode())


sys.addaudithook(hook)

from ymir.cli.main import app  # noqa: E402 - what it imports is watched, too

app()
