"""Folders of objects are mirrored; what has not changed is not fetched twice."""

import hashlib
import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import fsspec
import pytest

from tests.components import S3
from tests.sources.origins.archives import dataset, found
from ymir.errors import DataError, PluginError
from ymir.sources.origins.download import download
from ymir.sources.origins.objects import mirror, pull_object


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def bucket(server: str, monkeypatch: pytest.MonkeyPatch) -> fsspec.AbstractFileSystem:
    """An empty bucket called `cameras`; this process signs in to it as everybody does."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", server)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "word")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    files = fsspec.filesystem("s3", skip_instance_cache=True, use_listings_cache=False)
    if files.exists("cameras"):
        files.rm("cameras", recursive=True)
    files.mkdir("cameras")
    return files


def fill(bucket: fsspec.AbstractFileSystem, content: dict[str, bytes]) -> None:
    for name, each in content.items():
        bucket.pipe_file(f"cameras/{name}", each)


@S3
def test_a_folder_of_objects_arrives_under_its_names(bucket, tmp_path: Path) -> None:
    content = {**dataset(), "ä ö.txt": b"x", "empty": b""}
    fill(bucket, {f"2026/march/{name}": each for name, each in content.items()})
    fill(bucket, {"2026/april/other.txt": b"no", "2026/marchX/other.txt": b"no"})
    assert mirror("s3://cameras/2026/march", None, tmp_path / "a") == tmp_path / "a"
    assert found(tmp_path / "a") == content
    assert found(mirror("s3://cameras/2026/", "march/", tmp_path / "b")) == content
    everything = found(mirror("s3://cameras", None, tmp_path / "c"))
    assert everything["2026/april/other.txt"] == b"no"
    assert len(everything) == len(content) + 2


@S3
def test_a_second_fetch_copies_only_what_changed(bucket, tmp_path: Path) -> None:
    fill(bucket, {"set/same": b"1", "set/changed": b"old", "set/gone": b"3"})
    mirror("s3://cameras/set", None, tmp_path / "a")
    before = {name: (tmp_path / "a" / name).stat().st_ino for name in ("same", "changed")}
    fill(bucket, {"set/changed": b"new", "set/added": b"4"})
    bucket.rm("cameras/set/gone")
    mirror("s3://cameras/set", None, tmp_path / "a")
    assert found(tmp_path / "a") == {"same": b"1", "changed": b"new", "added": b"4"}
    assert (tmp_path / "a" / "same").stat().st_ino == before["same"]
    assert (tmp_path / "a" / "changed").stat().st_ino != before["changed"]


@S3
def test_what_was_cut_off_or_lost_here_is_fetched_again(bucket, tmp_path: Path) -> None:
    fill(bucket, {"set/short": b"whole", "set/lost": b"2", "set/unknown": b"3"})
    folder = mirror("s3://cameras/set", None, tmp_path / "a")
    (folder / "short").write_bytes(b"wh")
    (folder / "lost").unlink()
    (folder / "stray").write_bytes(b"who knows")
    journal = tmp_path / "a.jsonl"
    journal.write_text(journal.read_text()[:-5] + '["unknown", ""]\n["torn')
    assert found(mirror("s3://cameras/set", None, folder)) == {
        "short": b"whole",
        "lost": b"2",
        "unknown": b"3",
    }


@S3
@pytest.mark.parametrize(
    ("names", "why"),
    [
        (["set/../evil"], "leads out"),
        (["set//etc/evil"], "absolute"),
        (["set/a\\b"], "backslash"),
        (["set/a", "set/A"], "another file has this name"),
        (["set/a", "set/a/b"], "is an object and a folder at once"),
    ],
)
def test_objects_with_names_that_could_do_harm_are_refused(
    bucket, tmp_path: Path, names: list[str], why: str
) -> None:
    fill(bucket, dict.fromkeys(names, b"x"))
    with pytest.raises(DataError, match=why):
        mirror("s3://cameras/set", None, tmp_path / "a")
    assert not (tmp_path / "evil").exists()


@S3
def test_a_bucket_or_a_folder_that_is_not_there_is_named(bucket, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nothing below `s3://cameras/set`"):
        mirror("s3://cameras/set", None, tmp_path / "a")
    with pytest.raises(DataError, match="`s3://no-such-bucket/set` cannot be fetched"):
        mirror("s3://no-such-bucket/set", None, tmp_path / "a")
    with pytest.raises(DataError, match=r"`s3://cameras/no.zip` cannot be fetched"):
        pull_object("s3://cameras/no.zip", tmp_path / "part")


@S3
def test_one_object_is_no_folder(bucket, tmp_path: Path) -> None:
    fill(bucket, {"set.zip": b"x"})
    with pytest.raises(DataError, match="is one object") as caught:
        mirror("s3://cameras/set.zip", None, tmp_path / "a")
    assert "sha256" in str(caught.value.hint)


@S3
def test_without_a_way_to_sign_in_the_store_is_named(
    bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    with pytest.raises(DataError, match="`s3://cameras/set` cannot be fetched") as caught:
        mirror("s3://cameras/set", None, tmp_path / "a")
    assert "signs in" in str(caught.value.hint)


@S3
def test_one_object_goes_on_where_it_ended(bucket, tmp_path: Path) -> None:
    content = os.urandom(1 << 20)
    fill(bucket, {"a.zip": content})
    part = tmp_path / "a.part"
    pull_object("s3://cameras/a.zip", part)
    assert part.read_bytes() == content
    version = str(bucket.info("cameras/a.zip")["ETag"])
    part.write_bytes(content[:1000])
    part.with_suffix(".json").write_text(
        f"{version} {bucket.info('cameras/a.zip')['LastModified']}"
    )
    pull_object("s3://cameras/a.zip", part)
    assert part.read_bytes() == content


@S3
def test_one_object_that_has_changed_since_is_fetched_anew(bucket, tmp_path: Path) -> None:
    fill(bucket, {"a.zip": b"new content"})
    (tmp_path / "a.part").write_bytes(b"old")
    (tmp_path / "a.json").write_text("another version")
    pull_object("s3://cameras/a.zip", tmp_path / "a.part")
    assert (tmp_path / "a.part").read_bytes() == b"new content"


@S3
def test_an_object_is_held_to_its_hash(bucket, tmp_path: Path) -> None:
    fill(bucket, {"a.zip": b"content"})

    def pull(part: Path) -> None:
        pull_object("s3://cameras/a.zip", part)

    sha256 = hashlib.sha256(b"content").hexdigest()
    assert download(pull, "s3://cameras/a.zip", sha256, tmp_path).read_bytes() == b"content"
    with pytest.raises(DataError, match="is not the file that was asked for"):
        download(pull, "s3://cameras/a.zip", "0" * 64, tmp_path)


def put(folder: Path, content: dict[str, bytes]) -> str:
    for name, each in content.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(each)
    return f"file://{folder}"


def test_a_local_address_is_mirrored_too(tmp_path: Path) -> None:
    url = put(tmp_path / "there", dataset())
    assert found(mirror(url, None, tmp_path / "here")) == dataset()
    put(tmp_path / "there", {"JPEGImages/0.jpg": b"changed"})
    assert found(mirror(url, None, tmp_path / "here"))["JPEGImages/0.jpg"] == b"changed"


def test_a_link_that_leads_out_of_a_local_address_is_refused(tmp_path: Path) -> None:
    url = put(tmp_path / "there", {"a": b"1"})
    (tmp_path / "there" / "b").symlink_to("/etc/passwd")
    with pytest.raises(DataError, match=r"`.*/there/b` is a link"):
        mirror(url, None, tmp_path / "here")
    (tmp_path / "there" / "b").unlink()
    (tmp_path / "there" / "b").symlink_to(tmp_path)
    with pytest.raises(DataError, match=r"`.*/there/b` is a link"):
        mirror(url, None, tmp_path / "here")


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nothing below `file:"):
        mirror(f"file://{tmp_path}/none", None, tmp_path / "here")


@pytest.mark.skipif(find_spec("gcsfs") is not None, reason="gcsfs is installed")
def test_a_store_whose_package_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="needs gcsfs") as caught:
        mirror("gs://bucket/set", None, tmp_path / "here")
    assert "pip install gcsfs" in str(caught.value.hint)
