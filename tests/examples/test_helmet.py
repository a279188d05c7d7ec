"""The helmet example with the real detector: a short round; the second run does nothing."""

import re
from pathlib import Path

import pytest

from tests.components import needs
from tests.docs.pages import ROOT, read
from tests.docs.transcript import fits, transcript
from tests.workspaces import Workspace
from ymir.jobs.environment import folder_of, home_of, is_made

IS_SET_UP = is_made(home_of("tinydet"), folder_of("tinydet") / "requirements.txt")

EDITS = (
    ("iterations: 600", "iterations: 60"),
    ("map: 0.85", "map: 0.05"),
    ("rounds: 5", "rounds: 3"),
)
FIRST_SCREENS = ("README.md", "docs/index.md")


@pytest.fixture(scope="module")
def helmet(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The example as `ymir init` makes it, with a training of seconds and a goal it reaches."""
    workspace = Workspace(tmp_path_factory.mktemp("example"))
    made = workspace.ymir("init", "--example", "helmet", "helmet")
    assert made.returncode == 0, made.stdout + made.stderr
    workspace = Workspace(workspace.root / "helmet")
    spec = workspace.root / "specs" / "project.yaml"
    text = spec.read_text()
    for before, after in EDITS:
        assert before in text
        text = text.replace(before, after)
    spec.write_text(text)
    return workspace


def test_it_is_a_complete_workspace(helmet: Workspace) -> None:
    assert helmet.ymir("validate").returncode == 0
    plan = helmet.ymir("plan")
    assert plan.returncode == 2
    assert "+ site-train  (does not exist yet)" in plan.stdout
    assert "then up to 2 more rounds until mAP ≥ 0.05" in plan.stdout


@needs("tinydet", IS_SET_UP, "run `ymir executor setup tinydet`")
def test_it_reaches_its_goal_and_a_second_run_does_nothing(helmet: Workspace) -> None:
    applied = helmet.ymir("apply")
    assert applied.returncode == 0, applied.stdout + applied.stderr
    before = helmet.events()
    again = helmet.ymir("apply")
    assert again.returncode == 0
    assert "nothing to do" in again.stdout
    assert helmet.events() == before
    facts = helmet.data("status")["rounds"]["helmet"]
    assert [each["training_images"] for each in facts] == [60]


@needs("tinydet", IS_SET_UP, "run `ymir executor setup tinydet`")
def test_its_package_draws_what_it_finds(helmet: Workspace) -> None:
    package = next((helmet.root / "data" / "rounds" / "helmet" / "1").glob("*.tar.gz"))
    image = next(Path(helmet.root / "raw" / "test" / "images").glob("*.jpg"))
    drawn = helmet.ymir("predict", str(package), str(image), "--out", "drawn")
    assert drawn.returncode == 0, drawn.stderr
    assert (helmet.root / "drawn" / "drawings" / image.name).stat().st_size > 0


@needs("tinydet", IS_SET_UP, "run `ymir executor setup tinydet`")
def test_a_raised_goal_has_the_plan_that_the_first_screens_show(helmet: Workspace) -> None:
    spec = helmet.root / "specs" / "project.yaml"
    spec.write_text(spec.read_text().replace("map: 0.05", "map: 0.9"))
    said = helmet.ymir("plan").stdout
    for name in FIRST_SCREENS:
        (block,) = (each for each in read(ROOT / name).commands if "$ ymir plan\n" in each.text)
        (typed,) = transcript(block.text)
        shown = re.sub(r"^cost: .*$", "cost: …", typed.shown, flags=re.MULTILINE)  # of more rounds
        assert fits(shown, said), (name, said)
