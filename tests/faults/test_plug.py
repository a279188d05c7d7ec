"""Somebody pulls the plug: what a pointer names is on the disk before the pointer is."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.tracing import STRACE
from tests.workspaces import ENVIRONMENT, YMIR, unproven

CALLS = (
    "openat,open,creat,rename,renameat,renameat2,link,linkat,symlink,fsync,fdatasync,syncfs,sync"
)
WRITTEN = re.compile(r'open(?:at)?\(.*?"(?P<name>[^"]+)", [^)]*O_(?:WRONLY|RDWR)[^)]*\) += \d')
PLACED = re.compile(r'(?:rename|link)(?:at2?)?\(.*?"(?P<old>[^"]+)".*"(?P<new>[^"]+)".*\) += 0')
FORCED = re.compile(r"(?:fsync|fdatasync)\(\d+<(?P<name>[^>]+)>\) += 0")
ALL = re.compile(r"sync(?:fs)?\(.*\) += 0")
OBJECT = re.compile(r"/\.dvc/cache/files/md5/")


@STRACE
def test_every_object_is_forced_to_the_disk_before_a_pointer_names_it(tmp_path: Path) -> None:
    workspace = unproven(tmp_path / "pets", goal={"map": 1.0, "rounds": 1})
    log = tmp_path / "calls.txt"
    subprocess.run(
        ["strace", "-f", "-y", "-s", "4096", "-o", log, "-e", f"trace={CALLS}", *YMIR, "apply"],
        cwd=workspace.root,
        env=ENVIRONMENT,
        capture_output=True,
        check=False,
    )
    found = list(_torn(_whole(log.read_text().splitlines())))
    pointers = {name for name, _ in found}
    assert len([each for each in pointers if "/data/" in each]) >= 5, pointers
    assert [(name, objects) for name, objects in found if objects] == []


def _whole(lines: list[str]) -> Iterator[str]:
    """Each call when it has returned, whatever else began meanwhile."""
    begun: dict[str, str] = {}
    for line in lines:
        process, _, call = line.partition(" ")
        call = call.strip()
        if call.endswith("<unfinished ...>"):
            begun[process] = call.removesuffix("<unfinished ...>")
        elif call.startswith("<... "):
            yield begun.pop(process, "") + call.partition("resumed>")[2]
        else:
            yield call


def _torn(calls: Iterator[str]) -> Iterator[tuple[str, list[str]]]:
    """Each pointer that appears, and what of the objects a power cut could still tear then."""
    unsafe: set[str] = set()
    for call in calls:
        if match := WRITTEN.match(call):
            unsafe.add(match["name"])
        elif match := FORCED.match(call):
            unsafe.discard(match["name"])
        elif ALL.match(call):
            unsafe.clear()
        elif match := PLACED.match(call):
            if match["old"] in unsafe:
                unsafe.discard(match["old"])
                unsafe.add(match["new"])
            if match["new"].endswith(".dvc"):
                yield match["new"], sorted(each for each in unsafe if OBJECT.search(each))
