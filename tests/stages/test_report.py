"""A report is made again where what it shows has changed, and taken over where it has not."""

from pathlib import Path

import pytest
from pydantic import JsonValue

from tests import workspaces
from tests.fakes import MemoryStore
from tests.report import rounds
from tests.report.collect.test_gates import version
from tests.workspaces import Workspace
from ymir.plan.snapshot import Version
from ymir.report.files.document import read_report
from ymir.report.shown.batches import Returns
from ymir.report.shown.summary import Next
from ymir.stages.recorded import control_of
from ymir.stages.report import taken_over


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    root = tmp_path_factory.mktemp("stage") / "pets"
    mine = {"use": "entropy", "topk": 6, "control": 0.34}
    made = workspaces.make(root, goal={"map": 0.99, "rounds": 2}, mine=mine)
    done = made.ymir("apply")
    assert done.returncode == 4, done.stdout + done.stderr
    return made


class Recorded(MemoryStore):
    """A store that holds one report, and lends its folder."""

    def __init__(self, html: Path, report: Version) -> None:
        super().__init__()
        self.versions = {"pets/report": report}
        self._html = html

    def open(self, name: str) -> Path:
        return self._html


def html(workspace: Workspace) -> Path:
    return workspace.root / "reports" / "pets" / "html"


def test_the_newest_round_has_files_for_programs(workspace: Workspace) -> None:
    report = read_report(html(workspace) / "report.json")
    assert (report.project, report.number, report.verdict.state) == ("pets", 2, "missed")
    assert {gate.name: gate.light for gate in report.gates} == {
        "leakage": "amber",  # pictures of two blocks look much alike
        "frozen set": "green",
        "label balance": "green",
        "regression": report.gates[3].light,
        "package": "green",
    }
    assert report.spent.labels == 6
    assert (html(workspace) / "summary.md").read_text().startswith("## ❌ `pets`: Round 2")
    assert 'name="pets round 2"' in (html(workspace) / "junit.xml").read_text()


def test_whether_mining_pays_is_in_the_report_and_in_the_status(workspace: Workspace) -> None:
    found = read_report(html(workspace) / "report.json").mining
    assert found
    assert found.verdict == "open"
    assert found.so_far
    assert (found.so_far.mined.images, found.so_far.control.images) == (4, 2)
    assert [each.number for each in found.rounds] == [1]
    said = {"verdict": "open", "says": found.says}
    assert workspace.data("status")["mining"] == {"pets": said}
    assert found.says in workspace.ymir("status").stdout.splitlines()
    assert "4 images picked by entropy, 2 by lot" in (html(workspace) / "r1.html").read_text()


def test_the_page_says_who_labels_what(tmp_path: Path) -> None:
    goal = {"map": 0.99, "rounds": 2}
    people = workspaces.make(tmp_path / "pets", label={"use": "folder"}, goal=goal)
    assert people.ymir("apply").returncode == 3
    report = read_report(html(people) / "report.json")
    says = "Label 6 images in `labels/pets-r1`; then `ymir apply` trains round 2."
    assert report.verdict.next == Next(says, "ymir apply")
    assert report.batch
    assert report.batch.returns == Returns(6, 0, 0, 0, 6, ())
    assert {gate.name: gate.light for gate in report.gates}["label balance"] == "amber"
    page = html(people) / "r1.html"
    written = page.stat().st_mtime_ns
    assert people.ymir("apply").returncode == 3
    assert page.stat().st_mtime_ns == written


def test_a_page_is_taken_over_while_what_it_is_made_from_is_the_same(tmp_path: Path) -> None:
    html, into = tmp_path / "html", tmp_path / "made"
    into.mkdir()
    (html / "images" / "ab").mkdir(parents=True)
    (html / "images" / "ab" / "abc.webp").write_bytes(b"picture")
    for name in ("r1.html", "r2.html", "index.html"):
        (html / name).write_text(f"the last {name}")
    made_from: dict[str, JsonValue] = {"r1.html": "same", "r2.html": "old"}
    store = Recorded(html, version("report", pages=made_from))
    keys = {"r1.html": "same", "r2.html": "new", "r3.html": "new"}
    assert taken_over(store, "pets/report", keys, into) == {"r1.html"}
    assert {path.name for path in into.iterdir()} == {"r1.html", "images"}
    assert (into / "r1.html").read_text() == "the last r1.html"
    assert (into / "images" / "ab" / "abc.webp").read_bytes() == b"picture"


@pytest.mark.parametrize("facts", [{}, {"pages": None}, {"pages": {"r1.html": "old"}}])
def test_nothing_is_taken_over_from_a_report_of_something_else(
    facts: dict[str, JsonValue], tmp_path: Path
) -> None:
    store = Recorded(tmp_path / "nowhere", version("report", **facts))
    assert taken_over(store, "pets/report", {"r1.html": "new"}, tmp_path) == set()
    assert taken_over(store, "dogs/report", {"r1.html": "old"}, tmp_path) == set()
    assert list(tmp_path.iterdir()) == []


def test_the_loop_beside_it_is_the_one_with_random_picks() -> None:
    project = rounds.spec()
    chance = rounds.spec(name="chance", mine={"use": "random", "topk": 40})
    others = {
        "helmet": project,
        "elsewhere": rounds.spec(
            name="elsewhere",
            mine={"use": "random", "topk": 40},
            data={**project.data.model_dump(), "testing": ["other"]},
        ),
    }
    assert control_of(project, others) is None
    assert control_of(project, {**others, "chance": chance}) == chance
    assert control_of(chance, {**others, "chance": chance}) is None
