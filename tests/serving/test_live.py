"""What happened last is read from the log, whatever its end looks like."""

import json
from pathlib import Path

from ymir.serving.live import last_events


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
