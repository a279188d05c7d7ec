"""The example of somebody's own VOC folder as its README tells it, with a short training."""

from pathlib import Path

import pytest

from tests.components import needs
from tests.examples.readme import does_nothing, follow
from tests.examples.test_helmet import IS_SET_UP
from tests.workspaces import ENVIRONMENT, Workspace

QUICKER = {"iterations: 300": "iterations: 20", "map: 0.6": "map: 0.01"}


@needs("tinydet", IS_SET_UP, "run `ymir executor setup tinydet`")
def test_the_folder_becomes_a_project_and_a_second_run_does_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ENVIRONMENT, "BROWSER", "true")  # a program that shows nothing
    follow("voc-folder", tmp_path, {"ymir plan": 2}, QUICKER)
    site = Workspace(tmp_path / "site")
    shown = {
        name: site.data("dataset", "show", name) for name in ("site", "site-train", "site-val")
    }
    assert {name: each["images"] for name, each in shown.items()} == {
        "site": 125,
        "site-train": 92,
        "site-val": 33,
    }
    assert shown["site"]["import"]["images"]["in"] == 217
    assert set(shown["site"]["per_class"]) == {"helmet_head", "no_helmet_head"}
    cameras = [set(shown[name]["tags"]["camera"]) for name in ("site-train", "site-val")]
    assert not cameras[0] & cameras[1]
    assert (site.root / "check.html").stat().st_size > 0
    site.run("git", "commit", "--quiet", "--all", "--message", "Quicker")
    (site.root / "check.html").unlink()
    does_nothing(site)
