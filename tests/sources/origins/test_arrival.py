"""Sources arrive whole or not at all, and once."""

import hashlib
import multiprocessing
import os
import signal
import time
from pathlib import Path

import pytest

from tests.sources.origins.archives import dataset, found, tarred, zipped
from tests.sources.origins.server import Site, serving
from ymir.errors import DataError
from ymir.sources.origins.arrival import fetch, pinned
from ymir.spec.source import Source


def source(**origin: object) -> Source:
    return Source.model_validate({"format": "voc", **origin})


def arrivals(workspace: Path) -> list[str]:
    folder = workspace / ".ymir" / "arrivals"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_a_folder_is_read_where_it_is(tmp_path: Path) -> None:
    assert fetch(source(path="raw"), tmp_path) == tmp_path / "raw"
    assert pinned(source(path="raw"), tmp_path) is None


def test_a_zip_archive_arrives_once(tmp_path: Path) -> None:
    zipped(tmp_path / "raw" / "a.zip", dataset(top="deep/set/"))
    asked = source(zip="raw/a.zip", folder="deep/set")
    folder = fetch(asked, tmp_path)
    assert found(folder) == dataset()
    before = (folder / "JPEGImages" / "0.jpg").stat().st_ino
    assert fetch(asked, tmp_path) == folder
    assert (folder / "JPEGImages" / "0.jpg").stat().st_ino == before
    assert fetch(source(zip="raw/a.zip"), tmp_path) == folder.parent.parent
    assert arrivals(tmp_path) == [pinned(asked, tmp_path)]


def test_a_tar_archive_arrives_too(tmp_path: Path) -> None:
    tarred(tmp_path / "a.tar.xz", dataset(), "w:xz")
    assert found(fetch(source(tar="a.tar.xz"), tmp_path)) == dataset()


def test_an_archive_that_has_changed_arrives_anew(tmp_path: Path) -> None:
    asked = source(zip="a.zip")
    zipped(tmp_path / "a.zip", dataset(1))
    first, seen = pinned(asked, tmp_path), fetch(asked, tmp_path)
    zipped(tmp_path / "a.zip", dataset(2))
    assert pinned(asked, tmp_path) != first
    assert found(fetch(asked, tmp_path)) == dataset(2)
    assert found(seen) == dataset(1)


def test_a_copy_under_another_name_has_arrived_already(tmp_path: Path) -> None:
    zipped(tmp_path / "a.zip", dataset())
    (tmp_path / "b.zip").write_bytes((tmp_path / "a.zip").read_bytes())
    assert fetch(source(zip="a.zip"), tmp_path) == fetch(source(zip="b.zip"), tmp_path)


def test_the_digest_of_an_archive_is_that_of_its_bytes(tmp_path: Path) -> None:
    file = zipped(tmp_path / "a.zip", dataset())
    digest = hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest()
    assert pinned(source(zip="a.zip"), tmp_path) == digest


def test_the_digest_of_an_archive_that_is_left_alone_is_remembered(tmp_path: Path) -> None:
    """A new file's digest is not trusted: a change right after might not show in its times."""
    file = zipped(tmp_path / "a.zip", dataset())
    pinned(source(zip="a.zip"), tmp_path)
    assert not list(tmp_path.glob(".ymir/sources/*"))
    _age(file)
    digest = pinned(source(zip="a.zip"), tmp_path)
    (kept,) = tmp_path.glob(".ymir/sources/*.json")
    kept.write_text(kept.read_text().replace(str(digest), "f" * 32))
    assert pinned(source(zip="a.zip"), tmp_path) == "f" * 32
    kept.write_text("torn")
    assert pinned(source(zip="a.zip"), tmp_path) == digest
    kept.write_text(kept.read_text().replace(str(digest), "f" * 32))
    file.touch()
    assert pinned(source(zip="a.zip"), tmp_path) == digest


def _age(file: Path) -> None:
    """Wait until the file's times lie far enough back: that of its last change cannot be set."""
    while time.time_ns() - file.stat().st_ctime_ns < 2_100_000_000:
        time.sleep(0.05)


def test_what_is_away_is_pinned_by_what_the_spec_says(tmp_path: Path) -> None:
    sha256 = "a" * 64
    git = {"url": "https://example.org/a.git", "rev": "v1", "dataset": "cars"}
    sources = [
        source(url="https://example.org/a.zip", sha256=sha256),
        source(url="https://example.org/a.zip", sha256="b" * 64),
        source(url="s3://bucket/a"),
        source(url="s3://bucket/b"),
        source(url="s3://bucket/a", revision="2"),
        source(url="s3://bucket/a", folder="x"),
        Source.model_validate({"git": git}),
        Source.model_validate({"git": {**git, "rev": "v2"}}),
        Source.model_validate({"git": {**git, "dataset": "cars@v1"}}),
        Source.model_validate({"git": git, "folder": "x"}),
    ]
    digests = [pinned(each, tmp_path) for each in sources]
    assert None not in digests
    assert len(set(digests)) == len(sources)
    assert digests == [pinned(each, tmp_path) for each in sources]
    elsewhere = source(url="http://mirror.example.org/b", sha256=sha256, format="coco")
    assert pinned(elsewhere, tmp_path) == digests[0]
    assert not (tmp_path / ".ymir").exists()


def test_an_archive_that_is_absent_has_no_digest_and_cannot_be_fetched(tmp_path: Path) -> None:
    assert pinned(source(zip="a.zip"), tmp_path) is None
    with pytest.raises(DataError, match=r"there is no file `.*a\.zip`"):
        fetch(source(zip="a.zip"), tmp_path)
    (tmp_path / "folder").mkdir()
    with pytest.raises(DataError, match="there is no file"):
        fetch(source(tar="folder"), tmp_path)


def test_a_folder_that_is_not_in_the_archive_is_named_with_those_that_are(tmp_path: Path) -> None:
    zipped(tmp_path / "a.zip", {f"{letter}/x": b"" for letter in "abcdefg"})
    with pytest.raises(DataError, match=r"`a\.zip` has no folder `z`") as caught:
        fetch(source(zip="a.zip", folder="z"), tmp_path)
    assert caught.value.hint is not None
    assert "`a`, `b`, `c`, `d`, `e` and 2 more" in caught.value.hint


def test_a_broken_archive_leaves_nothing(tmp_path: Path) -> None:
    file = tarred(tmp_path / "a.tar", {**dataset(), "../evil": b"x"})
    with pytest.raises(DataError, match="leads out"):
        fetch(source(tar="a.tar"), tmp_path)
    assert arrivals(tmp_path) == []
    assert file.exists()


def _fetch(workspace: Path) -> None:
    fetch(source(tar="a.tar"), workspace)


def test_a_killed_unpacking_counts_for_nothing_and_is_cleaned_up(tmp_path: Path) -> None:
    content = {f"{number}.bin": os.urandom(2_000) for number in range(20_000)}
    tarred(tmp_path / "a.tar", content)
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_fetch, args=(tmp_path,))
    process.start()
    while process.is_alive() and not list(tmp_path.glob(".ymir/arrivals/*.tmp/99.bin")):
        time.sleep(0.001)
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join()
    (left,) = arrivals(tmp_path)
    assert left.endswith(".tmp")
    assert found(fetch(source(tar="a.tar"), tmp_path)) == content
    assert arrivals(tmp_path) == [pinned(source(tar="a.tar"), tmp_path)]


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_an_archive_from_the_web_arrives_once(tmp_path: Path, pack) -> None:
    content = pack(tmp_path / "away", dataset(top="set/")).read_bytes()
    with serving(Site(content, drops=[100])) as site:
        sha256 = hashlib.sha256(content).hexdigest()
        asked = source(url=site.url, sha256=sha256, folder="set")
        assert found(fetch(asked, tmp_path)) == dataset()
        assert len(site.asked) == 2
        assert found(fetch(asked, tmp_path)) == dataset()
        assert len(site.asked) == 2
    assert arrivals(tmp_path) == [pinned(asked, tmp_path)]
    assert list((tmp_path / ".ymir" / "downloads").iterdir()) == []


def test_what_is_no_archive_does_not_arrive(tmp_path: Path) -> None:
    content = b"<html>please sign in</html>"
    with serving(Site(content)) as site:
        asked = source(url=site.url, sha256=hashlib.sha256(content).hexdigest())
        with pytest.raises(DataError, match=r"data\.zip` holds: .* is not a whole tar archive"):
            fetch(asked, tmp_path)
    assert arrivals(tmp_path) == []
    assert list((tmp_path / ".ymir" / "downloads").iterdir()) == []


def test_a_local_address_is_mirrored_or_unpacked(tmp_path: Path) -> None:
    for name, each in dataset(top="there/set/").items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(each)
    asked = source(url=f"file://{tmp_path}/there", folder="set")
    assert found(fetch(asked, tmp_path)) == dataset()
    archive = zipped(tmp_path / "a.zip", dataset(top="set/"))
    sha256 = hashlib.sha256(archive.read_bytes()).hexdigest()
    asked = source(url=f"file://{archive}", sha256=sha256, folder="set")
    assert found(fetch(asked, tmp_path)) == dataset()
    assert archive.exists()
