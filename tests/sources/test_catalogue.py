"""A dataset of another workspace becomes ours: the right version, the right images, and no more."""

import os
from pathlib import Path

import polars as pl
import pytest

from tests.dvc.real import new_workspace, run_git
from tests.fuzz.target import CORPUS
from tests.media.pictures import picture
from tests.sources.catalogues import BOX, Published, asked, files_of, published
from tests.workspaces import COLOURS, Workspace, draw
from ymir.data.table import check, table
from ymir.dvc.objects import md5_of_bytes, object_path
from ymir.errors import DataError, StoreError
from ymir.media.store import MediaStore
from ymir.media.tables import read_table
from ymir.sources.catalogue import import_catalogue

LABELS = {"cat": "cat", "dog": "dog", "hound": "dog"}
IMAGES = ["cat cat", "dog", "", "cat dog"]


@pytest.fixture
def catalogue(tmp_path: Path) -> Published:
    """Version 1 has four images, version 2 one more; the tag `v1` knows both."""
    made = published(tmp_path / "catalogue")
    made.add("base", IMAGES)
    made.add("base", [*IMAGES, "hound"], version=2)
    made.publish("v1")
    return made


@pytest.fixture
def media(tmp_path: Path) -> MediaStore:
    return MediaStore(new_workspace(tmp_path / "mine"))


def imported(media: MediaStore, *, labels=LABELS, **more) -> pl.DataFrame:
    return import_catalogue(asked(**more), media, labels=labels)[0]


def labels_of(images: pl.DataFrame) -> list[list[str]]:
    return [[each["label"] for each in objects] for objects in images["objects"].to_list()]


def left_over(media: MediaStore) -> list[str]:
    return [path.name for path in (media.workspace / ".ymir" / "arrivals").iterdir()]


def test_a_dataset_arrives_with_its_images(catalogue: Published, media: MediaStore) -> None:
    commit = run_git(catalogue.root, "rev-parse", "v1").strip()
    images, account = import_catalogue(asked(dataset="base@v1"), media, labels=LABELS)
    assert labels_of(check(images)) == [["cat", "cat"], ["dog"], [], ["cat", "dog"]]
    assert files_of(media.workspace) == {md5_of_bytes(picture(n)): picture(n) for n in range(4)}
    assert len(list(media.pool.glob("*.dvc"))) == 1
    assert account == {
        "commit": commit,
        "version": 1,
        "balance": {
            "images": {"in": 4, "kept": 4, "merged": 0, "rejected": 0},
            "boxes": {"in": 5, "kept": 5, "merged": 0, "rejected": 0},
        },
        "rejected": [],
    }
    assert left_over(media) == []


def test_without_a_version_the_newest_of_that_commit_is_taken(
    catalogue: Published, media: MediaStore
) -> None:
    catalogue.add("base", ["cat"], version=3, start=9)
    catalogue.publish("later")
    assert imported(media).height == 5
    assert imported(media, rev="later").height == 1


def test_a_commit_may_be_named_by_its_full_id(catalogue: Published, media: MediaStore) -> None:
    commit = run_git(catalogue.root, "rev-parse", "HEAD").strip()
    assert imported(media, rev=commit).height == 5


def test_what_is_stored_shares_no_file_with_the_remote(
    catalogue: Published, media: MediaStore
) -> None:
    for digest in imported(media)["image"]:
        stored = object_path(media.cache, digest).stat()
        assert stored.st_ino != catalogue.stored(digest).stat().st_ino
        assert stored.st_mode & 0o777 == 0o444


def test_only_images_with_a_wanted_label_are_fetched(
    catalogue: Published, media: MediaStore
) -> None:
    for number in (0, 2):
        catalogue.stored(md5_of_bytes(picture(number))).unlink()
    images, account = import_catalogue(asked(labels=["dog"]), media, labels=LABELS)
    assert labels_of(images) == [["dog"], ["dog"], ["dog"]]
    assert set(files_of(media.workspace)) == set(images["image"])
    assert account["balance"]["images"] == {"in": 5, "kept": 3, "merged": 0, "rejected": 2}
    assert account["balance"]["boxes"] == {"in": 6, "kept": 3, "merged": 0, "rejected": 3}
    assert account["rejected"] == [
        {"reason": "label `cat` is not asked for", "boxes": 3},
        {"reason": "no box of `dog`", "images": 2},
    ]


def test_labels_get_our_names(catalogue: Published, media: MediaStore) -> None:
    images = imported(media, labels={"animal": "animal", "dog": "animal", "cat": "animal"} | LABELS)
    assert labels_of(images)[-1] == ["dog"]
    images = imported(media, labels=dict.fromkeys(LABELS, "animal"))
    assert labels_of(images)[3] == ["animal", "animal"]


def test_an_unknown_label_stops_before_anything_is_fetched(
    catalogue: Published, media: MediaStore
) -> None:
    with pytest.raises(DataError, match=r"`cat` is not in .* \(did you mean `cats`\?\): 3 boxes"):
        imported(media, labels={"cats": "cats", "dog": "dog", "hound": "dog"})
    assert files_of(media.workspace) == {}


def test_an_unknown_label_may_be_dropped_or_kept(catalogue: Published, media: MediaStore) -> None:
    images, account = import_catalogue(asked(unknown_labels="ignore"), media, labels={"dog": "dog"})
    assert labels_of(images) == [[], ["dog"], [], ["dog"], []]
    assert account["rejected"] == [
        {"reason": "label `cat` is not in `Labels`", "boxes": 3},
        {"reason": "label `hound` is not in `Labels`", "boxes": 1},
    ]
    kept = imported(media, unknown_labels="add", labels={"dog": "dog"})
    assert labels_of(kept)[3:] == [["cat", "dog"], ["hound"]]


def test_a_second_import_fetches_only_what_is_new(catalogue: Published, media: MediaStore) -> None:
    imported(media, dataset="base@v1")
    for number in range(4):
        catalogue.stored(md5_of_bytes(picture(number))).unlink()
    assert imported(media).height == 5
    assert len(list(media.pool.glob("*.dvc"))) == 2


def test_a_workspace_below_the_top_of_a_repository_is_found(
    tmp_path: Path, media: MediaStore
) -> None:
    top = tmp_path / "catalogue"
    made = published(top / "teams" / "one", top=top)
    made.add("base", IMAGES)
    made.publish("v1")
    with pytest.raises(DataError, match="is not a workspace of ymir") as caught:
        imported(media)
    assert "folder" in str(caught.value.hint)
    assert imported(media, folder="teams/one").height == 4


@pytest.mark.parametrize(
    "rev", ["main", "master", "v9", "HEAD", "refs/heads/main", "a..b", "0" * 40]
)
def test_what_is_no_tag_and_no_commit_is_refused(
    catalogue: Published, media: MediaStore, rev: str
) -> None:
    run_git(catalogue.root, "branch", "-f", "main")
    with pytest.raises(DataError, match=r"has no tag or commit|cannot be fetched"):
        imported(media, rev=rev)


def test_a_repository_that_is_not_there_is_named(media: MediaStore) -> None:
    with pytest.raises(DataError, match=r"`\.\./nowhere` cannot be fetched: .*nowhere"):
        imported(media, url="../nowhere")


@pytest.mark.parametrize(
    ("dataset", "why", "hint"),
    [
        ("bse", "no dataset `bse`", "it has `base`"),
        ("base@v3", "no `base@v3`", "`base@v1`, `base@v2`"),
    ],
)
def test_a_dataset_or_version_that_is_not_there_is_named_with_those_that_are(
    catalogue: Published, media: MediaStore, dataset: str, why: str, hint: str
) -> None:
    with pytest.raises(DataError, match=why) as caught:
        imported(media, dataset=dataset)
    assert hint in str(caught.value.hint)


def test_labels_that_no_image_has_are_named_with_those_that_are_there(
    catalogue: Published, media: MediaStore
) -> None:
    with pytest.raises(DataError, match="no image that is wanted") as caught:
        import_catalogue(asked(labels=["bird"]), media, labels=LABELS)
    assert "`cat`, `dog`, `hound`" in str(caught.value.hint)


def test_a_catalogue_without_a_remote_says_so(tmp_path: Path, media: MediaStore) -> None:
    made = published(tmp_path / "catalogue", away=None)
    run_git(made.root, "add", "--all")
    run_git(made.root, "commit", "--quiet", "--message", "x")
    run_git(made.root, "tag", "v1")
    with pytest.raises(StoreError, match="has no remote") as caught:
        imported(media)
    assert "ymir push" in str(caught.value.hint)


def test_an_image_that_the_remote_has_lost_stops_and_the_next_import_goes_on(
    catalogue: Published, media: MediaStore
) -> None:
    lost = catalogue.stored(md5_of_bytes(picture(3)))
    content = lost.read_bytes()
    lost.unlink()
    with pytest.raises(StoreError, match="at v1: neither this workspace nor its remote has"):
        imported(media)
    assert files_of(media.workspace) == {}
    lost.write_bytes(content)
    assert imported(media).height == 5
    assert left_over(media) == []


def _damage(path: Path, content: bytes) -> None:
    path.chmod(0o644)
    path.write_bytes(content)
    path.chmod(0o444)  # or DVC would look at it, and remove it


@pytest.mark.parametrize("content", [b"", b"\xff\xd8 cut off", picture(99)])
def test_an_image_that_is_damaged_is_never_stored(
    catalogue: Published, media: MediaStore, content: bytes
) -> None:
    digest = md5_of_bytes(picture(1))
    _damage(catalogue.stored(digest), content)
    with pytest.raises(DataError, match="not what they should be"):
        imported(media)
    assert digest not in files_of(media.workspace)
    assert not list(media.pool.glob("*.dvc"))
    _damage(catalogue.stored(digest), picture(1))
    assert imported(media).height == 5


def test_a_table_that_is_damaged_is_refused(catalogue: Published, media: MediaStore) -> None:
    stored = (catalogue.root.parent / "storage" / "files").rglob("*")
    tables = [path for path in stored if path.is_file() and path.suffix != ".dir"]
    assert len(tables) == 2
    for path in tables:
        _damage(path, b"PAR1 no table PAR1")
    with pytest.raises(DataError, match="not what they should be"):
        imported(media)


@pytest.mark.parametrize("name", ["minus-values", "polars-panics"])
def test_a_table_that_ends_who_reads_it_is_refused(
    tmp_path: Path, media: MediaStore, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    made = published(tmp_path / "catalogue")
    made.record_bytes("base", (CORPUS / "table" / name).read_bytes())
    made.publish("v1")
    with pytest.raises(DataError, match=r"v1: the table .* cannot be read"):
        imported(media)
    assert capfd.readouterr().err == ""


GOOD = {
    "image": md5_of_bytes(picture(0)),
    "file": "0.jpg",
    "width": 64,
    "height": 48,
    "bytes": len(picture(0)),
}


@pytest.mark.parametrize(
    "odd",
    [
        {"image": "../../../../etc/passwd"},
        {"image": "a" * 32 + ".dir"},
        {"format": "sh"},
        {"width": 0},
        {"bytes": -1},
        {"objects": [{"label": "cat", **BOX, "x": float("nan")}]},
        {"objects": [{"label": "cat", **BOX, "w": float("inf")}]},
        {"objects": [{"label": "cat", **BOX, "w": -1.0}]},
        {"objects": [{"label": "cat", **BOX, "x": 60.0}]},
        {"objects": [{"label": None, **BOX}]},
    ],
)
def test_a_table_that_cannot_be_is_refused(
    tmp_path: Path, media: MediaStore, odd: dict[str, object]
) -> None:
    made = published(tmp_path / "catalogue")
    made.record("base", table([{**GOOD, **odd}]))
    made.publish("v1")
    with pytest.raises(DataError, match="is not sound: 1 images cannot be"):
        imported(media)


@pytest.mark.parametrize(
    "odd", [table([GOOD, GOOD]), table([GOOD]).drop("tags"), pl.DataFrame({"a": [1]})]
)
def test_a_table_of_another_shape_is_refused(
    tmp_path: Path, media: MediaStore, odd: pl.DataFrame
) -> None:
    made = published(tmp_path / "catalogue")
    made.record("base", odd)
    made.publish("v1")
    with pytest.raises(DataError, match="is not sound"):
        imported(media)


def test_an_image_of_another_size_than_the_table_says_is_refused(
    tmp_path: Path, media: MediaStore
) -> None:
    made = published(tmp_path / "catalogue")
    made.add("base", ["cat"])
    made.record("base", table([{**GOOD, "width": 65}]), version=2)
    made.publish("v1")
    with pytest.raises(DataError, match="not what they should be"):
        imported(media)


@pytest.mark.parametrize(
    "text", ["no dvc file", "outs: [{md5: ../../x, path: v1}]", "a: &a [x]\nb: *a\n", ""]
)
def test_a_pointer_that_is_none_is_refused(
    catalogue: Published, media: MediaStore, text: str
) -> None:
    catalogue.publish("odd", {"data/datasets/base/v3.dvc": text})
    with pytest.raises(StoreError, match="is not a DVC file"):
        imported(media, rev="odd")


def test_no_program_of_the_other_repository_runs(
    catalogue: Published, media: MediaStore, tmp_path: Path
) -> None:
    text = (catalogue.root / ".dvc" / "config").read_text() + "[hook]\n    x = y\n"
    catalogue.publish("evil", {".dvc/config": text, ".gitattributes": "* filter=evil\n"})
    for name in ("post-checkout", "post-merge", "reference-transaction", "post-index-change"):
        hook = catalogue.root / ".git" / "hooks" / name
        hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
        hook.chmod(0o755)
    assert imported(media, rev="evil").height == 5
    assert not (tmp_path / "ran").exists()


def test_the_protocol_that_is_named_is_the_only_one(
    catalogue: Published, media: MediaStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What git itself is told elsewhere does not lead to another kind of address."""
    config = tmp_path / "gitconfig"
    config.write_text(f'[url "ext::touch {tmp_path}/ran "]\n    insteadOf = {tmp_path}\n')
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.fspath(config))
    with pytest.raises(DataError, match="transport 'ext' not allowed"):
        imported(media)
    assert not (tmp_path / "ran").exists()


def test_two_real_workspaces_share_a_dataset(tmp_path: Path, media: MediaStore) -> None:
    there = Workspace(tmp_path / "catalogue")
    there.root.mkdir()
    there.ymir("init", ".")
    (there.root / "specs" / "labels.yaml").unlink()
    draw(there.root / "raw" / "base", count=6, colours=COLOURS, seed=1)
    (there.root / "specs" / "all.yaml").write_text(
        "{apiVersion: ymir/v1, kind: Labels, classes: [cat, dog]}\n---\n"
        "{apiVersion: ymir/v1, kind: Workspace, remote: ../storage}\n---\n"
        "{apiVersion: ymir/v1, kind: Dataset, name: base, from: {format: voc, path: raw/base}}\n"
    )
    for command in ("apply", "push"):
        done = there.ymir(command)
        assert done.returncode == 0, done.stderr
    there.run("git", "tag", "release-1")
    images = imported(media, rev="release-1")
    theirs = read_table(there.root / "data" / "datasets" / "base" / "v1" / "images.parquet")
    assert images.equals(theirs)
    assert set(files_of(media.workspace)) == set(theirs["image"])
