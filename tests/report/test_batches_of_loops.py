"""What reports say of batches is what a real loop has recorded."""

from pathlib import Path

import pytest

from tests.loop.test_people import annotate
from tests.loop.test_relabel_suspicious import ask, confuse, plant
from tests.workspaces import COLOURS, Workspace, draw, unproven
from ymir.report.files.document import read_report
from ymir.report.shown.batches import Again, Agreement, People, Returns
from ymir.report.shown.pages import RoundReport
from ymir.report.shown.summary import Gate

PEOPLE = {"use": "folder", "review": 0.34, "cost": "0.10 EUR", "deadline": "3d"}
MODEL = {"use": "model", "with": {"threshold": 0.3, "unsure": 0.3}, "cost": "0.10 EUR"}


def reported(workspace: Workspace, number: int) -> RoundReport:
    """The report of a round, drawn now."""
    done = workspace.ymir("report", "pets", "--round", str(number))
    assert done.returncode == 0, done.stderr
    return read_report(workspace.root / ".ymir" / "reports" / "pets" / "report.json")


def page(workspace: Workspace, number: int) -> str:
    return (workspace.root / ".ymir" / "reports" / "pets" / f"r{number}.html").read_text()


def balance(report: RoundReport) -> Gate:
    return next(each for each in report.gates if each.name == "label balance")


def test_a_batch_of_people_adds_up_in_the_report(tmp_path: Path) -> None:
    workspace = unproven(tmp_path / "pets", label=PEOPLE, goal={"map": 0.99, "rounds": 2})
    assert workspace.ymir("apply").returncode == 3
    batch = reported(workspace, 1).batch
    assert batch
    assert batch.returns == Returns(6, 0, 0, 0, 6, (), reviews=2)
    assert batch.sent_at
    assert batch.due
    assert batch.sent_at < batch.due
    folder = workspace.root / "labels" / "pets-r1"
    images = sorted((folder / "images").iterdir())
    (folder / "skipped.txt").write_text(f"{images[0].name} too dark\n")
    for image in images[1:]:
        annotate(image, folder / "annotations")
    assert workspace.ymir("apply").returncode == 4
    report = reported(workspace, 1)
    batch = report.batch
    assert batch
    assert batch.returns
    empty = batch.returns.empty
    assert batch.returns == Returns(
        6, 5 - empty, empty, 0, 0, (("too dark", 1),), skipped=1, reviews=2, reviewed=2
    )
    assert batch.agreement
    assert batch.agreement == Agreement(2, batch.agreement.boxes, 1.0, 1.0)
    assert batch.people == People(8, None, 0, None, pytest.approx(0.8), "EUR")
    assert balance(report).light == "green"
    assert "8 answers; 0.80 EUR" in page(workspace, 1)
    after = reported(workspace, 2).spent
    assert (after.labels, after.pseudo, after.cost) == (5, 0, pytest.approx(0.8))


def test_what_a_model_labels_is_bought_from_nobody(tmp_path: Path) -> None:
    workspace = unproven(tmp_path / "pets", label=MODEL, goal={"map": 0.99, "rounds": 2})
    done = workspace.ymir("apply")
    assert done.returncode == 4, done.stdout + done.stderr
    report = reported(workspace, 1)
    assert report.batch
    back = report.batch.returns
    assert back
    assert back.by_model == back.labelled + back.empty > 0
    assert back.gap == 0
    assert (report.batch.model, report.batch.people) == ("round 1", None)
    assert "nobody looked at them, and no budget counts them" in page(workspace, 1)
    after = reported(workspace, 2)
    assert (after.spent.labels, after.spent.pseudo, after.spent.cost) == (0, back.by_model, 0.0)
    assert [each.labels for each in after.progress.points] == [0, 0]
    assert "pseudo-labels" in {each.name for each in after.lineage.facts}
    row = workspace.data("site")["projects"][0]["rounds"][0]
    assert (row["number"], row["labels"]) == (2, 0)


def test_suspicious_labels_that_went_back_are_told_as_such(tmp_path: Path) -> None:
    workspace = unproven(
        tmp_path / "pets",
        label={"use": "folder"},
        goal={"map": 0.999, "rounds": 2},
        mine={"use": "entropy", "topk": 2},
    )
    draw(workspace.root / "raw" / "base", count=60, colours=COLOURS, seed=1)
    planted = {plant(workspace, "test", number, confuse) for number in (1, 2)}
    ask(workspace, "{suspicious: 5}")
    assert workspace.ymir("apply").returncode == 3
    report = reported(workspace, 1)
    assert {each.image for each in report.doubts.shown} == planted
    assert report.doubts.with_people == report.doubts.count
    assert {each.again for each in report.doubts.shown} == {0}
    batch = report.batch
    assert batch
    assert batch.again == Again(0, 2, 0, answered=0, changed=0, boxes=())
    assert (batch.picked, [each.origin for each in batch.shown[:3]]) == (2, ["test", "test", None])
    folder = workspace.root / "labels" / "pets-r1"
    for image in (folder / "images").iterdir():
        annotate(image, folder / "annotations")
    assert workspace.ymir("apply").returncode == 0, "the model was right all along"
    batch = reported(workspace, 1).batch
    assert batch
    assert batch.again == Again(0, 2, 0, answered=2, changed=2, boxes=(("relabelled", 2),))
    assert "2 came back, 2 with other labels: 2 boxes relabelled" in page(workspace, 1)
    assert reported(workspace, 1).doubts.count == 0
