"""Lists of images come from people and from strangers: they are read with care."""

import os
from pathlib import Path

import pytest

from ymir.spec.picked import read_picked, why_unfit

A, B, C = "a" * 32, "b" * 32, "c" * 32


def complaints(root: Path, text: str | bytes) -> list[str]:
    content = text.encode() if isinstance(text, str) else text
    (root / "picked.txt").write_bytes(content)
    return list(why_unfit("picked.txt", root))


def test_each_image_is_there_once_in_the_order_of_the_lists(tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text(f"{B}\n\n# why not\n{A}\r\n{B}\n")
    (tmp_path / "two.txt").write_text(f"\ufeff{C.upper()}\n{A}")
    assert read_picked(tmp_path, ["one.txt", "two.txt"]) == {
        B: "one.txt",
        A: "one.txt",
        C: "two.txt",
    }


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n", f"{A}\n", f"\ufeff {A} \r\n"])
def test_a_list_may_be_empty_and_have_comments(tmp_path: Path, text: str) -> None:
    assert complaints(tmp_path, text) == []


def test_lines_that_are_no_digests_are_named_with_their_numbers(tmp_path: Path) -> None:
    found = complaints(tmp_path, f"{A}\nx\ny\nz\n{B}\n{A}{A}\nw\nv\nu\nt\n")
    assert found == [
        "`picked.txt`, line 2: `x` is not an image's digest, 32 hex digits",
        "`picked.txt`, line 3: `y` is not an image's digest, 32 hex digits",
        "`picked.txt`, line 4: `z` is not an image's digest, 32 hex digits",
        "`picked.txt`: neither is line 6, 7, 8 and 2 more",
    ]


def test_a_very_long_line_is_not_repeated(tmp_path: Path) -> None:
    (found,) = complaints(tmp_path, "x" * 100_000)
    assert len(found) < 200


def test_what_is_not_text_is_refused(tmp_path: Path) -> None:
    (found,) = complaints(tmp_path, b"\xff\xfe\x00bytes")
    assert found.startswith("`picked.txt` cannot be read: ")


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "picked.txt").open("wb") as file:
        file.truncate(1 << 40)
    assert list(why_unfit("picked.txt", tmp_path)) == [
        "`picked.txt` is larger than 5,000,000 bytes"
    ]


@pytest.mark.parametrize("path", ["/etc/passwd", "../picked.txt", "a/../../b", "a\0b"])
def test_a_path_out_of_the_workspace_is_refused(tmp_path: Path, path: str) -> None:
    (found,) = why_unfit(path, tmp_path)
    assert "must be the path of a file in the workspace" in found


def test_a_link_that_leads_out_is_refused_and_nothing_of_its_target_is_said(tmp_path: Path) -> None:
    outside = tmp_path / "secret.txt"
    outside.write_text("hunter2\n")
    root = tmp_path / "workspace"
    root.mkdir()
    (root / "picked.txt").symlink_to(outside)
    assert list(why_unfit("picked.txt", root)) == ["`picked.txt` leads out of the workspace"]


def test_a_link_within_the_workspace_is_followed(tmp_path: Path) -> None:
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists/one.txt").write_text(A)
    (tmp_path / "picked.txt").symlink_to("lists/one.txt")
    assert list(why_unfit("picked.txt", tmp_path)) == []


def test_what_is_no_file_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "folder").mkdir()
    assert list(why_unfit("pipe", tmp_path)) == ["`pipe` is not a file"]
    assert list(why_unfit("folder", tmp_path)) == ["`folder` is not a file"]
    assert "loop" in next(why_unfit("loop", tmp_path))
    assert "there is no file `gone.txt`" in next(why_unfit("gone.txt", tmp_path))
