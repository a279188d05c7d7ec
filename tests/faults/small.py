"""A workspace so small that each effect of its loop can be tried."""

import sys
from pathlib import Path

from tests.workspaces import EXECUTOR, Workspace, edit, unproven

GOAL = {"map": 0.99, "rounds": 2}
_KEPT = {"base": 2, "val": 2, "test": 3, "pool": 5}
_BEGINNING = """\
import os, sys
where = os.getcwd().split("/.ymir/jobs/")
with open(where[0] + "/.git/begun.txt", "a") as noted:
    noted.write(where[1].split("/attempts")[0] + chr(10))
os.execv(sys.executable, [sys.executable, {executor!r}])
"""


def small(root: Path, **parts: object) -> Workspace:
    """Twelve images, two rounds of two images each; its executor notes whenever it begins."""
    workspace = unproven(root, **{"goal": GOAL, "mine": {"use": "entropy", "topk": 2}, **parts})
    for name, count in _KEPT.items():
        for kind in ("JPEGImages", "Annotations"):
            for file in sorted((root / "raw" / name / kind).iterdir())[count:]:
                file.unlink()
    program = root.parent / "beginning.py"
    program.write_text(_BEGINNING.format(executor=str(EXECUTOR)))
    edit(
        workspace,
        f'command: ["{sys.executable}", "{EXECUTOR}"]',
        f'command: ["{sys.executable}", "{program}"]',
    )
    workspace.run("git", "commit", "--quiet", "--all", "--message", "Small")
    return workspace
