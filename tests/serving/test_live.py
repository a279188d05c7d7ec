"""What happened last is read from the log, whatever its end looks like."""

import json
from dataclasses import replace
from pathlib import Path

from tests.site.scenes import NOON, observed, record
from ymir.data.balance import Balance
from ymir.plan.planner import Park
from ymir.plan.snapshot import Recipe
from ymir.plan.stage import Stage
from ymir.plan.world import Looked
from ymir.serving.live import coming, last_events


def written(path: Path, *lines: object) -> Path:
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return path


def event(number: int, **more: object) -> dict[str, object]:
    return {"time": number, "event": "recorded", "stage": f"pets/r{number}/train", **more}


def test_the_newest_come_first_and_not_too_many(tmp_path: Path) -> None:
    log = written(tmp_path / "events.jsonl", *(event(n, seconds=61) for n in range(20)))
    found = last_events(log)
    assert [each.time for each in found] == [19, 18, 17, 16, 15, 14, 13, 12]
    assert found[0].says == "recorded in 1 min 01 s"


def test_a_stop_says_why_and_a_wait_for_people_is_none(tmp_path: Path) -> None:
    stopped = {**event(1), "event": "stopped", "why": "no GPU", "parked": False}
    parked = {**event(2), "event": "stopped", "why": "label 6 images", "parked": True}
    first, second = last_events(written(tmp_path / "e", stopped, parked))
    assert (first.says, first.parked) == ("waits for people: label 6 images", True)
    assert (second.says, second.parked) == ("stopped: no GPU", False)


def test_torn_foreign_and_huge_lines_are_left_out(tmp_path: Path) -> None:
    log = written(
        tmp_path / "e", event(1), [], "x", {"time": "no"}, {**event(2), "event": "started"}
    )
    with log.open("ab") as file:
        file.write(b"\xff\xfe{" + b"x" * 100_000 + b"\n")
        file.write(json.dumps(event(3)).encode() + b"\n" + b'{"time": 4, "ev')
    assert [each.time for each in last_events(log)] == [3]
    assert last_events(tmp_path / "gone") == ()


def test_what_people_are_asked_is_told_without_a_time_that_would_grow_old() -> None:
    send = observed()["pets/r2/send"]
    facts = {**send.facts, "key": "a", "sent_at": "2026-11-20T09:00:00+00:00"}
    found = {**observed(), "pets/r2/send": replace(send, facts=facts)}
    looks = {"pets/r2/send": Looked(Balance(8, 5, outstanding=3), NOON - 7200, key="a")}
    plan = record(found=found, looks=looks).plan
    (project,) = plan.projects
    (_, state) = project.batches
    assert "seen 2 h ago" in state.words(NOON)
    stage = Stage("pets/r2/label", "label", (), {}, round=state.round)
    park = Park(stage, Recipe("label", {}, {}), state.words(NOON))
    lines, _ = coming(replace(plan, steps=(park,)))
    (line,) = (each for each in lines if each.how == "people")
    assert line.why == "label the 8 images in labels/pets-r2"


def test_answers_that_changed_come_with_what_takes_them_in() -> None:
    looks = {"pets/r1/send": Looked(Balance(6, 6), NOON, changed=2, key="a", answers="now")}
    sent = replace(observed()["pets/r1/send"], facts={"images": 6, "where": "w", "key": "a"})
    lines, _ = coming(record(found={**observed(), "pets/r1/send": sent}, looks=looks).plan)
    (line,) = (each for each in lines if each.what == "pets-r1")
    assert line.how == "edit"
    assert "`ymir labels pull pets-r1`" in line.why
