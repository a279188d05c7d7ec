"""What a label tool says of a batch, and what is remembered of it."""

from pathlib import Path

import pytest

from tests.data.answered import answers, drawn
from tests.fakes import MemoryStore
from tests.plan.worlds import catalogue
from ymir.data.balance import Balance
from ymir.looks import keep_look, keep_released, last_look, last_looks, released
from ymir.media.store import MediaStore
from ymir.plan.snapshot import Recipe
from ymir.plan.stage import Stage
from ymir.plan.world import Looked
from ymir.stages.kind import Work
from ymir.stages.returning import still_wanted

KEY = "0123456789ab"
LOOKED = Looked(Balance(3, labelled=1, outstanding=2), at=5.0, changed=1, key=KEY, answers="a")


def work(workspace: Path) -> Work:
    return Work(
        stage=Stage("p/r1/label", "label", ("p/r1/send", "p/r1/mine")),
        recipe=Recipe("label", {}, {}),
        catalogue=catalogue(),
        store=MemoryStore(),
        media=MediaStore(workspace),
        workspace=workspace,
        folder=workspace / ".ymir" / "jobs" / "x",
    )


def test_images_that_a_killed_run_had_withdrawn_are_not_taken_for_deleted(tmp_path: Path) -> None:
    rows = answers(
        ("a", [drawn()], {}),
        ("b", [], {"state": "rejected", "why": "deleted in the tool"}),
        ("c", [], {"state": "rejected", "why": "deleted in the tool"}),
        ("d", [drawn()], {}),
    )
    assert still_wanted(work(tmp_path), KEY, rows).equals(rows)
    keep_released(tmp_path, KEY, ["c", "d"])
    kept = still_wanted(work(tmp_path), KEY, rows)
    assert kept["image"].to_list() == ["a", "b", "d"], "a late answer is never dropped"
    assert still_wanted(work(tmp_path), "another key", rows).equals(rows)


def test_a_look_is_kept_by_batch(tmp_path: Path) -> None:
    keep_look(tmp_path, "my-pets/r12/send", LOOKED)
    keep_released(tmp_path, KEY, ["c"])
    assert (tmp_path / ".ymir" / "labels" / "my-pets-r12.json").exists()
    assert last_looks(tmp_path) == {"my-pets/r12/send": LOOKED}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"balance": {"sent": "x"}, "at": 1}', "null"])
def test_a_torn_look_is_as_good_as_none(tmp_path: Path, text: str) -> None:
    keep_look(tmp_path, "p/r1/send", LOOKED)
    (tmp_path / ".ymir" / "labels" / "p-r1.json").write_text(text)
    (tmp_path / ".ymir" / "labels" / "stray.json").write_text("{}")
    assert last_look(tmp_path, "p/r1/send") is None
    assert last_looks(tmp_path) == {}
    assert released(tmp_path, KEY) == []
