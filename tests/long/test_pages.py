"""A report takes over the pages of earlier rounds without reading them again."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ymir.dvc import folders
from ymir.dvc.objects import object_path

PAGES = 40


@contextmanager
def opened() -> Iterator[list[str]]:
    """The files that are opened meanwhile."""
    seen: list[str] = []
    is_over = False

    def hear(event: str, given: tuple) -> None:
        if event == "open" and not is_over:
            seen.append(str(given[0]))

    sys.addaudithook(hear)
    yield seen
    is_over = True


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    folder = tmp_path / "cache"
    folder.mkdir()
    return folder


def written(folder: Path, count: int) -> Path:
    folder.mkdir()
    for number in range(1, count + 1):
        (folder / f"r{number}.html").write_text(f"round {number}")
    return folder


def taken_over(before: Path, folder: Path) -> Path:
    """The pages of a report that is stored, as links, and the next one."""
    folder.mkdir()
    for page in before.iterdir():
        os.link(page, folder / page.name)
    (folder / f"r{PAGES + 1}.html").write_text("the next round")
    return folder


def test_pages_that_are_taken_over_are_not_opened(cache: Path, tmp_path: Path) -> None:
    before = folders.store(cache, written(tmp_path / "a", PAGES))
    made = taken_over(tmp_path / "a", tmp_path / "b")
    with opened() as files:
        after = folders.store(cache, made, before)
    pages = {Path(each).name for each in files if str(made) in each}
    assert pages == {f"r{PAGES + 1}.html"}
    assert len(files) < PAGES
    assert before.items() < after.items()


def test_what_is_not_the_stored_page_any_more_is_read(cache: Path, tmp_path: Path) -> None:
    before = folders.store(cache, written(tmp_path / "a", PAGES))
    made = taken_over(tmp_path / "a", tmp_path / "b")
    (made / "r3.html").unlink()
    (made / "r3.html").write_text("Round 3")  # as long as it was
    after = folders.store(cache, made, before)
    assert after == folders.store(cache, made)
    assert after["r3.html"] != before["r3.html"]


def test_a_page_that_the_cache_has_lost_is_stored_again(cache: Path, tmp_path: Path) -> None:
    before = folders.store(cache, written(tmp_path / "a", PAGES))
    made = taken_over(tmp_path / "a", tmp_path / "b")
    object_path(cache, before["r3.html"]).unlink()
    after = folders.store(cache, made, before)
    assert object_path(cache, after["r3.html"]).read_text() == "round 3"
