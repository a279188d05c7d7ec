from pathlib import Path

import pytest

from ymir.dvc import folders, objects, project
from ymir.dvc.altered import altered, put_aside
from ymir.dvc.objects import md5_of_bytes

FILES = {"table.parquet": b"rows", "pages/index.html": b"<html>", "pages/more.html": b"more"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder laid out, as of a dataset's version."""
    made = tmp_path / "data" / "datasets" / "pets" / "v1"
    folders.lay_out(cache(tmp_path), entries(tmp_path), made)
    return made


def cache(workspace: Path) -> Path:
    return project.cache_of(workspace)


def entries(workspace: Path) -> dict[str, str]:
    return {name: objects.place_bytes(cache(workspace), each) for name, each in FILES.items()}


def found(workspace: Path, folder: Path) -> list[tuple[str, str]]:
    return [tuple(each) for each in altered(cache(workspace), entries(workspace), folder)]


def write(path: Path, content: bytes) -> None:
    """As editors save: another file takes the name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_name("draft").write_bytes(content)
    path.with_name("draft").replace(path)


def test_a_folder_as_it_was_laid_out_is_not_altered(folder: Path, tmp_path: Path) -> None:
    assert found(tmp_path, folder) == []
    write(folder / "table.parquet", b"rows")
    assert found(tmp_path, folder) == [], "the same content, in another file"


def test_what_was_written_into_a_link_is_damaged_in_the_cache_too(
    folder: Path, tmp_path: Path
) -> None:
    known = {name: md5_of_bytes(content) for name, content in FILES.items()}
    file = folder / "table.parquet"
    file.chmod(0o644)
    assert list(altered(cache(tmp_path), known, folder)) == [], "it may be written, no more"
    with file.open("ab") as end:
        end.write(b"!")
    assert list(altered(cache(tmp_path), known, folder)) == [("table.parquet", "damaged")]
    assert put_aside(tmp_path, cache(tmp_path), known, folder) == []


def test_what_a_killed_run_was_writing_is_no_change(folder: Path, tmp_path: Path) -> None:
    (folder / ".table.parquet.tmp").write_bytes(b"ro")
    assert found(tmp_path, folder) == []
    assert put_aside(tmp_path, cache(tmp_path), entries(tmp_path), folder) == []


def test_each_change_is_found(folder: Path, tmp_path: Path) -> None:
    write(folder / "table.parquet", b"ROWS")
    write(folder / "notes" / "mine.txt", b"mine")
    (folder / "pages" / "more.html").unlink()
    assert found(tmp_path, folder) == [
        ("notes/mine.txt", "added"),
        ("pages/more.html", "removed"),
        ("table.parquet", "edited"),
    ]


def test_links_that_lead_nowhere_or_elsewhere_are_edits(folder: Path, tmp_path: Path) -> None:
    (folder / "table.parquet").unlink()
    (folder / "table.parquet").symlink_to(tmp_path / "nowhere")
    assert found(tmp_path, folder) == [("table.parquet", "edited")]
    folder.rename(tmp_path / "moved")
    folder.symlink_to(tmp_path / "moved")
    assert {how for _, how in found(tmp_path, folder)} == {"removed"}


def test_what_people_wrote_is_kept_before_a_folder_is_laid_out_again(
    folder: Path, tmp_path: Path
) -> None:
    for content in (b"first", b"second"):
        write(folder / "table.parquet", content)
        write(folder / "mine.txt", content)
        put_aside(tmp_path, cache(tmp_path), entries(tmp_path), folder)
        folders.lay_out(cache(tmp_path), entries(tmp_path), folder)
    assert found(tmp_path, folder) == []
    kept = tmp_path / ".ymir" / "edited" / "data" / "datasets" / "pets" / "v1"
    assert {path.name: path.read_bytes() for path in kept.iterdir()} == {
        "mine.txt": b"first",
        "mine-2.txt": b"second",
        "table.parquet": b"first",
        "table-2.parquet": b"second",
    }


def test_what_the_cache_holds_is_not_kept_twice(folder: Path, tmp_path: Path) -> None:
    write(folder / "table.parquet", FILES["pages/index.html"])
    assert put_aside(tmp_path, cache(tmp_path), entries(tmp_path), folder) == []
