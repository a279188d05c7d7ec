"""Results that are pipes, devices, links, giants and riddles: one line each, and nobody waits."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from ymir.contracts.attempt import Attempt
from ymir.contracts.foreign import beginning, copy_inside
from ymir.errors import ResultError
from ymir.jobs.outputs import read_json, read_yaml
from ymir.jobs.training_result import read_training

GIANT = 3 << 30
LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


def giant(path: Path) -> None:
    """Many bytes, of which the disk has none."""
    with path.open("wb") as file:
        file.truncate(GIANT)


PUT: dict[str, Callable[[Path], object]] = {
    "pipe": os.mkfifo,
    "folder": Path.mkdir,
    "link-to-a-device": lambda path: path.symlink_to("/dev/zero"),
    "link-out": lambda path: path.symlink_to("/etc/passwd"),
    "link-in-a-circle": lambda path: path.symlink_to(path.name),
    "giant": giant,
    "bytes": lambda path: path.write_bytes(bytes(range(256))),
    "deep": lambda path: path.write_text("[" * 100_000),
    "deep-mappings": lambda path: path.write_text('{"a":' * 100_000),
    "empty": lambda path: path.write_text(""),
    "number": lambda path: path.write_text("7"),
    "words": lambda path: path.write_text("line\n" * 1000 + "\x1b[2J"),
    "code": lambda path: path.write_text("!!python/object/apply:os.system [touch /tmp/pwned]"),
}


@pytest.mark.parametrize("what", PUT)
@pytest.mark.parametrize("read", [read_yaml, read_json])
def test_what_is_no_result_is_one_short_line(
    what: str, read: Callable[[Path, str], object], tmp_path: Path
) -> None:
    PUT[what](tmp_path / "result")
    with pytest.raises(ResultError) as caught:
        read(tmp_path, "result")
    said = str(caught.value)
    assert said.startswith("result: ") or "result" in said
    assert "\n" not in said
    assert "\x1b" not in said
    assert len(said) <= 400


def test_a_few_lines_that_unfold_to_millions_stay_small(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    text = (
        LAUGHS + "model_stages:\n  best: {files: *i, timestamp: *i, mAP: *i}\nbest_stage_name: *i"
    )
    (tmp_path / "models" / "result.yaml").write_text(text)
    with pytest.raises(ResultError) as caught:
        read_training(tmp_path)
    assert len(str(caught.value)) <= 400


@pytest.mark.parametrize("what", ["pipe", "folder", "link-to-a-device", "link-out", "giant"])
def test_progress_is_unknown_where_the_monitor_is_no_file(what: str, tmp_path: Path) -> None:
    (tmp_path / "1" / "out").mkdir(parents=True)
    PUT[what](tmp_path / "1" / "out" / "monitor.txt")
    assert Attempt(tmp_path / "1").progress is None


def test_only_the_beginning_of_a_file_is_read(tmp_path: Path) -> None:
    giant(tmp_path / "file")
    assert beginning(tmp_path / "file", 10) == bytes(10)


@pytest.mark.parametrize("what", ["pipe", "link-to-a-device", "link-out", "link-in-a-circle"])
def test_what_leads_out_is_not_copied(what: str, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    PUT[what](tmp_path / "out" / "checkpoint")
    assert not copy_inside(tmp_path / "out" / "checkpoint", tmp_path / "copy", tmp_path / "out")
    assert not (tmp_path / "copy").exists()


def test_a_link_to_a_checkpoint_of_the_same_folder_is_copied_as_a_file(tmp_path: Path) -> None:
    (tmp_path / "out" / "models").mkdir(parents=True)
    (tmp_path / "out" / "models" / "epoch-3").write_text("weights")
    (tmp_path / "out" / "checkpoint").symlink_to("models/epoch-3")
    assert copy_inside(tmp_path / "out" / "checkpoint", tmp_path / "copy", tmp_path / "out")
    assert not (tmp_path / "copy").is_symlink()
    assert (tmp_path / "copy").read_text() == "weights"
