"""How things stand is one line, and another one for people only when something else is true."""

from pathlib import Path

from ymir.watching.board import Board, gist, line, running
from ymir.watching.sight import Sight, mistakes, sight

PLANNED = {
    "steps": [{"action": "park", "stage": "helmet/r3/label"}],
    "projects": [{"project": "helmet", "round": 3, "goal_met": False}],
}
BATCHES = [{"batch": "helmet-r3", "says": "…", "balance": {"sent": 40, "outstanding": 28}}]


def test_the_line_says_what_people_have_and_how_old_the_agreement_is() -> None:
    board = Board(sight(PLANNED, BATCHES), synced=100.0)
    assert line(board, (), 112.0) == "helmet r3 · synced 12 s ago · 1 batch with people (12 of 40)"
    assert line(board, (), 100.0 + 7300).split(" · ")[1] == "synced 2 h ago"
    assert gist(board) == "helmet r3 · synced · 1 batch with people (12 of 40)"


def test_while_a_run_is_under_way_its_jobs_are_shown() -> None:
    board = Board(sight(PLANNED, []), is_applying=True)
    assert line(board, ("helmet r3 train 41%",), 0) == "helmet r3 train 41%"
    assert line(board, (), 0) == "applying"


def test_what_is_wrong_is_in_the_line() -> None:
    board = Board(Sight(broken=("specs/a.yaml:3:1: x",), held="why not", trouble="a remote"))
    assert line(board, (), 0) == "specs are broken: specs/a.yaml:3:1: x · why not · a remote"


def test_jobs_that_run_are_known_by_what_they_say_of_themselves(tmp_path: Path) -> None:
    for name, monitor, is_over in (
        ("helmet-r3-train-0123", "helmet\t1700000000\t0.41\t2\n", False),
        ("helmet-r2-train-4567", "helmet\t1700000000\t1.0\t3\n", True),
        ("helmet-r3-mine-89ab", "", False),
    ):
        attempt = tmp_path / ".ymir" / "jobs" / name / "attempts" / "1"
        (attempt / "out").mkdir(parents=True)
        (attempt / "out" / "monitor.txt").write_text(monitor)
        if is_over:
            (attempt / "exit.json").write_text('{"how": "exit"}')
    assert running(tmp_path) == ("helmet r3 train 41%",)
    assert running(tmp_path / "nowhere") == ()


def test_mistakes_are_named_with_their_places() -> None:
    row = {"file": "specs/a.yaml", "line": 3, "column": 7, "field": "name", "message": "is missing"}
    found = mistakes({"ok": False, "error": "1 mistake", "mistakes": [row]})
    assert found == ("specs/a.yaml:3:7: name: is missing",)
    assert mistakes({"ok": False, "error": "no folder", "mistakes": []}) == ("no folder",)
    for fine in ({"ok": True}, {}, None, [], {"error": "a crash"}):
        assert mistakes(fine) == ()
