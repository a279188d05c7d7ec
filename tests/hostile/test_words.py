"""Texts inside annotations: they may be anything, and steer nobody's terminal."""

import json
import os
import pty
import subprocess
from pathlib import Path

import pytest

from tests.hostile.importing import apply, ask, refused
from tests.media.pictures import picture, put, thing, voc
from tests.workspaces import ENVIRONMENT, YMIR

STEERING = "\x1b]0;mine\x07\x1b[2J"


def coco(folder: Path, **parts: object) -> None:
    """One image with one box; each part replaces a part of the document."""
    put(folder / "images" / "a.jpg", picture(1))
    document = {
        "images": [{"id": 1, "file_name": "a.jpg"}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 2, 2]}],
        "categories": [{"id": 1, "name": "cat"}],
        **parts,
    }
    put(folder / "annotations.json", json.dumps(document))


@pytest.fixture
def spoken(workspace):
    """A workspace whose source is COCO."""
    ask(workspace, "coco")
    workspace.run("git", "commit", "--quiet", "--all", "--message", "Specs")
    return workspace


@pytest.mark.parametrize(
    "parts",
    [
        {"images": [{"id": 1, "file_name": f"{STEERING}a.jpg"}]},
        {"categories": [{"id": 1, "name": f"{STEERING}cat"}]},
        {"categories": [{"id": 1, "name": "cat\u202e"}]},
    ],
)
def test_texts_that_steer_a_terminal_are_shown_as_text(spoken, parts):
    coco(spoken.root / "raw", **parts)
    said = refused(spoken)
    assert not [each for each in said if (each < " " and each != "\n") or each in "\x7f\u202e"]
    assert "\\u001b" in said or "\\u202e" in said


def test_on_a_terminal_too(spoken):
    coco(spoken.root / "raw", images=[{"id": 1, "file_name": f"{STEERING}a.jpg"}])
    ours, theirs = pty.openpty()
    environment = {**ENVIRONMENT, "TERM": "xterm", "COLUMNS": "300"}
    run = subprocess.Popen([*YMIR, "apply"], cwd=spoken.root, stdout=theirs, env=environment)

    os.close(theirs)
    said = b""
    try:
        while piece := os.read(ours, 4096):
            said += piece
    except OSError:  # the other end is closed
        pass
    assert run.wait(60) == 1
    assert b"]0;mine" in said
    assert b"\x1b]0;mine" not in said


@pytest.mark.parametrize("text", ["\ud800", "cat\x00", "x" * 100_000, "", " ", "null", "🐈" * 40])
def test_any_label_is_a_label_or_an_error(spoken, text):
    ask(spoken, "coco", "unknown_labels: add")
    spoken.run("git", "commit", "--quiet", "--all", "--message", "Specs")
    coco(spoken.root / "raw", categories=[{"id": 1, "name": text}])
    done = apply(spoken)
    assert done.returncode in (0, 1)
    assert "Traceback" not in done.stdout + done.stderr


def test_a_label_of_voc_may_not_hold_what_xml_forbids(workspace):
    put(workspace.root / "raw" / "images" / "a.jpg", picture(1))
    put(workspace.root / "raw" / "gt" / "a.xml", voc(thing("c\x00at")))
    assert "gt/a.xml" in refused(workspace)
