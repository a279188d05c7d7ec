"""A whole project whose people label in the played-back CVAT; no real CVAT server has been met."""

import hashlib

from PIL import Image

from tests.cvat.people import draw, finish, tasks
from tests.cvat.replay import TOKEN
from tests.workspaces import BLOCK, CELL, COLOURS, unproven


def label(cvat, workspace, task, by):
    """Look at the pictures of a task, draw their boxes, and finish its jobs."""
    pictures = {
        hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest(): file
        for file in (workspace.root / "raw" / "pool" / "JPEGImages").iterdir()
    }
    for frame, seen in enumerate(task.frames):
        pixels = Image.open(pictures[seen.name.partition(".")[0]]).convert("RGB")
        for y in range(0, pixels.height, CELL):
            for x in range(0, pixels.width, CELL):
                colour = pixels.getpixel((x + CELL // 2, y + CELL // 2))
                if colour in COLOURS:
                    name = ("cat", "dog")[COLOURS.index(colour) % 2]
                    corners = (x + 2, y + 2, x + 2 + BLOCK, y + 2 + BLOCK)
                    draw(cvat, task, frame, name, corners)
    finish(task, by=by)


def test_a_project_goes_on_when_people_have_finished_their_jobs(cvat, tmp_path):
    (tmp_path / "token.txt").write_text(f"{TOKEN}\n")
    given = {"url": cvat.url, "token": {"file": "../token.txt"}, "patience": "1s"}
    workspace = unproven(
        tmp_path / "pets",
        label={"use": "cvat", "with": given, "suggestions": False, "review": "20 %"},
        goal={"map": 0.99, "rounds": 2},
    )
    cvat.fault = lambda number, method, path: (503, {}, b"Busy")
    away = workspace.ymir("apply")
    assert away.returncode == 3, away.stdout + away.stderr
    assert "cannot be asked now: HTTP 503: Busy" in away.stdout
    cvat.fault = lambda number, method, path: None
    out = workspace.ymir("apply")
    assert out.returncode == 3, out.stdout + out.stderr
    assert f"{cvat.url}/projects/1" in out.stdout
    first, second = tasks(cvat)
    assert (len(first.frames), len(second.frames)) == (6, 1)
    label(cvat, workspace, first, by="anna")
    assert workspace.ymir("apply").returncode == 3
    label(cvat, workspace, second, by="ben")
    done = workspace.ymir("apply")
    assert done.returncode == 4, done.stdout + done.stderr
    rounds = workspace.data("status")["rounds"]["pets"]
    assert rounds[1]["labels"] == 6
    assert rounds[1]["map"] > rounds[0]["map"]
    assert tasks(cvat) == [first, second]
