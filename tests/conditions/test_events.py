"""The log of events: whole lines, bounded, and readable however it was left."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ymir.cli.running.journal import NAMES, entry_of
from ymir.conditions.events import append, log_of, stopped, tail
from ymir.contracts.backend import Job
from ymir.plan.snapshot import Recipe, Version
from ymir.plan.stage import RoundOf, Stage
from ymir.reconcile import Interrupted, Recorded, Started, Stopped

TRAIN = Stage("pets/r2/train", "train", round=RoundOf("pets", 2))
DOCUMENT = Path(__file__).parents[2] / "specs" / "conditions.md"
MADE = Version(Recipe("train", {}, {}), "d1", 2)
EVENTS = [
    Started(TRAIN, Job("pets-r2-train-0123", ("run",), Path("job"))),
    Started(Stage("site", "dataset"), None),
    Recorded(TRAIN, MADE, 12.5, 11.0),
    Stopped(TRAIN, "out of memory"),
    Stopped(Stage("pets/report", "report"), "a gate", blocked=True),
    Interrupted(TRAIN, 0.4, is_kept=True),
]


def said(root: Path) -> list[dict]:
    return [json.loads(line) for line in log_of(root).read_text().splitlines()]


def test_every_line_says_when_what_and_whose(tmp_path: Path) -> None:
    for event in EVENTS:
        append(tmp_path, entry_of(event, 1795428000.12345))
    lines = said(tmp_path)
    assert [line["event"] for line in lines] == [type(e).__name__.lower() for e in EVENTS]
    assert {line["time"] for line in lines} == {1795428000.123}
    assert [line["project"] for line in lines] == ["pets", None, "pets", "pets", "pets", "pets"]
    assert [line["round"] for line in lines] == [2, None, 2, 2, None, 2]
    assert lines[0]["job"] == "pets-r2-train-0123"
    assert (lines[2]["version"], lines[2]["digest"], lines[2]["job_seconds"]) == (2, "d1", 11.0)


def test_every_event_and_every_field_is_documented() -> None:
    text = DOCUMENT.read_text()
    for event in EVENTS:
        for field in entry_of(event, 0.0):
            assert f"`{field}`" in text, field
    assert all(f"`{name}`" in text for name in NAMES)


def test_a_full_log_makes_room_and_keeps_the_one_before(tmp_path: Path) -> None:
    for number in range(40):
        append(tmp_path, {"event": "started", "stage": f"s{number}"}, largest=200)
    files = sorted(path.name for path in (tmp_path / ".ymir").iterdir())
    assert files == ["events.jsonl", "events.old.jsonl"]
    assert all(path.stat().st_size <= 200 for path in (tmp_path / ".ymir").iterdir())
    newest = [event["stage"] for event in tail(tmp_path)]
    assert newest[:3] == ["s39", "s38", "s37"]
    assert len(newest) > len(said(tmp_path))


def test_after_a_torn_line_the_next_one_is_whole(tmp_path: Path) -> None:
    append(tmp_path, {"event": "started", "stage": "a"})
    with log_of(tmp_path).open("a") as log:
        log.write('{"event": "recor')
    append(tmp_path, {"event": "stopped", "stage": "b", "why": "broken", "parked": False})
    assert [event["stage"] for event in tail(tmp_path)] == ["b", "a"]


@given(st.binary(max_size=300))
def test_whatever_stands_in_the_log_readers_take_what_is_an_event(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes
) -> None:
    root = tmp_path_factory.mktemp("noise")
    append(root, {"event": "started", "stage": "a"})
    with log_of(root).open("ab") as log:
        log.write(noise)
    append(root, {"event": "stopped", "stage": "a", "why": "broken"})
    assert next(tail(root))["event"] == "stopped"
    assert stopped(root)["a"] == "broken"


def test_only_what_ended_badly_last_counts_as_stopped(tmp_path: Path) -> None:
    for stage, event, parked in (
        ("a", "stopped", False),
        ("b", "stopped", False),
        ("b", "recorded", False),
        ("c", "stopped", True),
        ("d", "stopped", False),
        ("d", "started", False),
    ):
        append(tmp_path, {"event": event, "stage": stage, "why": "broken", "parked": parked})
    assert stopped(tmp_path) == {"a": "broken"}


def test_without_a_log_nothing_has_happened(tmp_path: Path) -> None:
    assert list(tail(tmp_path)) == []
    assert stopped(tmp_path) == {}
