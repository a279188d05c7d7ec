import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from ymir.approval.saved import Approval, digest_of, read, write
from ymir.errors import StaleError


def approval(**parts: object) -> Approval:
    """A small one; each part replaces one of its parts."""
    known: dict[str, object] = {
        "ymir": "1.0",
        "made": "2026-11-23T04:20:00+00:00",
        "lineage": "5c1b5b0e-52a5-4d0c-9d5d-2b7f4b3ad001",
        "commit": "0" * 40,
        "specs": {"specs/a.yaml": "11"},
        "data": {"base": "22"},
        "sources": {"base": "33"},
        "executors": {"blocks": "44"},
        "evaluator": "hotcoco 1.3.0",
        "plan": {"steps": [{"action": "run", "stage": "pets/r1/train"}], "settled": False},
    }
    return Approval.model_validate({**known, **parts})


@dataclass(frozen=True)
class Hostile:
    content: bytes
    said: str


HOSTILE = {
    "empty": Hostile(b"", "no JSON"),
    "no text": Hostile(b"\xff\xfe{}", "no JSON"),
    "a list": Hostile(b"[]", "is no saved plan"),
    "a number": Hostile(b"1", "is no saved plan"),
    "cut": Hostile(b'{"format": "ymir-plan/1", "plan": {', "no JSON"),
    "deep": Hostile(b'{"format":' + b"[" * 200_000, "nested too deeply"),
    "not a number": Hostile(b'{"format": "ymir-plan/1", "x": NaN}', "no JSON"),
    "huge number": Hostile(b'{"format": ' + b"9" * 10_000 + b"}", "no JSON"),
    "of tomorrow": Hostile(b'{"format": "ymir-plan/2"}', "of another format than `ymir-plan/1`"),
    "no digest": Hostile(b'{"format": "ymir-plan/1"}', "was changed since it was saved"),
    "large": Hostile(b'"' + b"x" * 20_000_001 + b'"', "is larger than 20,000,000 bytes"),
}


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write(tmp_path / "plan.json", approval())
    assert read(tmp_path / "plan.json") == approval()
    assert [path.name for path in tmp_path.iterdir()] == ["plan.json"]


def test_the_digest_is_of_the_rest_of_the_file(tmp_path: Path) -> None:
    write(tmp_path / "plan.json", approval())
    document = json.loads((tmp_path / "plan.json").read_text())
    assert document.pop("digest") == approval().digest == digest_of(document)


def test_another_layout_of_the_file_is_the_same_plan(tmp_path: Path) -> None:
    write(tmp_path / "plan.json", approval())
    document = json.loads((tmp_path / "plan.json").read_text())
    turned = json.dumps(dict(reversed(document.items())))
    (tmp_path / "plan.json").write_text(turned)
    assert read(tmp_path / "plan.json") == approval()


@pytest.mark.parametrize("part", ["specs", "plan", "allow", "lineage"])
def test_a_file_that_somebody_edited_is_refused(tmp_path: Path, part: str) -> None:
    write(tmp_path / "plan.json", approval())
    document = json.loads((tmp_path / "plan.json").read_text())
    changed = {"specs": {}, "plan": {}, "allow": ["retrain"], "lineage": "else"}
    (tmp_path / "plan.json").write_text(json.dumps({**document, part: changed[part]}))
    with pytest.raises(StaleError, match="was changed since it was saved"):
        read(tmp_path / "plan.json")


@pytest.mark.parametrize("name", HOSTILE)
def test_anything_else_is_refused_in_words(tmp_path: Path, name: str) -> None:
    (tmp_path / "plan.json").write_bytes(HOSTILE[name].content)
    with pytest.raises(StaleError, match=HOSTILE[name].said) as refused:
        read(tmp_path / "plan.json")
    assert "ymir plan -o" in str(refused.value.hint)


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"commit": "--output=x"}, "commit"),
        ({"specs": {"specs/a.yaml": 1}}, "specs.specs/a.yaml"),
        ({"more": 1}, "more"),
        ({"plan": []}, "plan"),
    ],
)
def test_a_digest_does_not_make_a_plan_of_what_is_none(
    tmp_path: Path, parts: dict[str, object], said: str
) -> None:
    document = {**approval().model_dump(mode="json"), **parts}
    text = json.dumps({**document, "digest": digest_of(document)})
    (tmp_path / "plan.json").write_text(text)
    with pytest.raises(StaleError, match=f"is no saved plan: {said}"):
        read(tmp_path / "plan.json")
