"""Secrets, each planted where one enters; and the search for them in all that a run leaves."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

SECRETS = {
    "label token": "Lab3l-t0ken/Qx7+planted=A1",
    "webhook address": "T00-Slack-planted-Wh00k-B2",
    "webhook signature": "s1gn-planted-C3-with-letters",
    "file": "f1le-planted-D4 & <odd> 'quotes'",
    "git password": "g1t-planted-pw-E5",
    "remote password": "r3mote-planted-F6",
    "proxy password": "pr0xy-planted-G7",
    "CI token": "ghs_planted0123456789H8",
    "cloud key": "wJalr/planted+I9/abcdefghijk",
}


def spellings(secret: str) -> set[bytes]:
    """How it could stand somewhere."""
    written = {secret, quote(secret, safe=""), json.dumps(secret)[1:-1]}
    encoded = secret.encode()
    longest = base64.b64encode(encoded[: len(encoded) // 3 * 3]).decode()
    return {each.encode() for each in (*written, longest, secret[: len(secret) // 2 + 4])}


def found_in(content: bytes, secrets: Mapping[str, str] = SECRETS) -> list[str]:
    """Which of them stand in there."""
    return [
        name for name, each in secrets.items() if any(way in content for way in spellings(each))
    ]


def leaks(root: Path, planted: set[str]) -> dict[str, list[str]]:
    """File -> the secrets in it, of all files but those in which they were planted."""
    found = {}
    for folder, _, names in os.walk(root):
        for name in names:
            path = Path(folder, name)
            place = str(path.relative_to(root))
            if place not in planted and path.is_file() and not path.is_symlink():
                found[place] = found_in(path.read_bytes())
    return {place: names for place, names in found.items() if names}


def in_git(root: Path) -> list[str]:
    """The secrets in any object of the repository: files, trees, and what commits say."""
    objects = subprocess.run(
        ["git", "cat-file", "--batch-all-objects", "--batch"],
        cwd=root,
        capture_output=True,
        check=True,
    ).stdout
    return found_in(objects)


@contextmanager
def watching(mark: str) -> Iterator[dict[str, set[str]]]:
    """Command line, and `environ` of programs with `mark` in theirs -> the secrets seen there."""
    seen: dict[str, set[str]] = {}
    done = threading.Event()

    def look() -> None:
        while not done.wait(0.02):
            for process in Path("/proc").glob("[0-9]*"):
                with suppress(OSError):
                    words = (process / "cmdline").read_bytes()
                    name = words.replace(b"\0", b" ").decode(errors="replace").strip()
                    if found := found_in(words):
                        seen.setdefault(f"cmdline {name}", set()).update(found)
                    if mark in name:
                        seen.setdefault("watched", set())
                        if found := found_in((process / "environ").read_bytes()):
                            seen.setdefault(f"environ {name}", set()).update(found)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        done.set()
        thread.join()
