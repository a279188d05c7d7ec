import json
import re
import subprocess
import sys

import pytest
import yaml

from tests.media.pictures import put
from tests.migration.repositories import (
    annotations,
    asset,
    box,
    boxes,
    commit,
    entry,
    field,
    git,
    metadatas,
    one_image,
    stops,
    stored,
)
from tests.stores.test_crash import fills_a_disk
from tests.workspaces import Workspace
from ymir.migration.mir import Wish, migrate


def test_a_folder_that_is_no_repository_is_named(tmp_path):
    git(tmp_path, "init", "--quiet")
    (tmp_path / "inner").mkdir()
    error = stops(tmp_path / "inner", "is no repository of `mir`")
    assert ".mir" in error.hint


def test_a_repository_of_another_program_has_no_dataset(tmp_path):
    stops(commit(tmp_path / "repository", "main", {"readme.md": b"hello"}), "has an image")


def test_an_image_that_is_missing_is_named(tmp_path):
    repository = one_image(tmp_path)
    (image,) = [each for each in (tmp_path / "media").rglob("*") if each.is_file()]
    image.unlink()
    error = stops(repository, "is missing", media=tmp_path / "media")
    assert str(image) in str(error)
    assert "a.jpg" in str(error)


def test_an_image_that_is_damaged_is_named(tmp_path):
    repository = one_image(tmp_path)
    (image,) = [each for each in (tmp_path / "media").rglob("*") if each.is_file()]
    image.write_bytes(image.read_bytes()[:-1] + b"x")
    assert str(image) in str(stops(repository, "is damaged"))


def test_a_file_that_is_cut_off_is_named(tmp_path):
    name = stored(tmp_path / "media")
    whole = metadatas({name: asset()})
    files = {"metadatas.mir": whole[:-3], "annotations.mir": annotations({})}
    repository = commit(tmp_path / "repository", "a", files)
    error = stops(repository, "`metadatas.mir` of `a@t1` in `.*` cannot be read: it ends")
    assert "fsck" in error.hint


@pytest.mark.parametrize("truth", [b"\xff", field(2, b"\x0b"), field(2, field(9, b"\xff\xfe"))])
def test_boxes_that_cannot_be_read_are_named(tmp_path, truth):
    stops(one_image(tmp_path, truth=truth), "`annotations.mir` of `a@t1` in .* cannot be read")


def test_a_dataset_without_its_annotations_is_named(tmp_path):
    name = stored(tmp_path / "media")
    repository = commit(tmp_path / "repository", "a", {"metadatas.mir": metadatas({name: asset()})})
    stops(repository, "annotations.mir")


def test_objects_of_git_that_are_gone_are_said(tmp_path):
    repository = one_image(tmp_path)
    blob = git(repository, "rev-parse", "a:annotations.mir").strip()
    (repository / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    error = stops(repository, f"`{repository}` cannot be read: .*annotations.mir")
    assert "fsck" in error.hint


@pytest.mark.parametrize("name", ["../../../etc/passwd", "/etc/passwd", "A" * 40, "a\n" * 20, ""])
def test_an_image_whose_name_is_no_digest_is_refused(tmp_path, name):
    for listed in (metadatas({name: asset()}), metadatas({stored(tmp_path / "media"): asset()})):
        files = {"metadatas.mir": listed, "annotations.mir": annotations({name: boxes(box())})}
        repository = commit(tmp_path / "repository", "a", files)
        stops(repository, "names no image", media=tmp_path / "media")
        git(repository, "tag", "--delete", "a@t1")


def test_a_file_name_that_leads_out_is_cut_to_its_last_part(tmp_path):
    name = stored(tmp_path / "media")
    files = {
        "metadatas.mir": metadatas({name: asset("../../../evil\n.jpg")}),
        "annotations.mir": annotations({name: boxes(box())}),
    }
    into = tmp_path / "into"
    into.mkdir()
    migrate(Wish(commit(tmp_path / "repository", "a", files)), into)
    assert [path.name for path in (into / "raw" / "a" / "images").iterdir()] == ["evil_.jpg"]
    assert not list(tmp_path.glob("evil*"))


def test_a_branch_whose_name_leads_out_is_a_plain_folder(tmp_path):
    name = stored(tmp_path / "media")
    files = {"metadatas.mir": metadatas({name: asset()}), "annotations.mir": annotations({})}
    repository = commit(tmp_path / "repository", "x/--y", files)
    into = tmp_path / "into"
    into.mkdir()
    (part,) = migrate(Wish(repository), into).parts
    assert (part.name, part.source) == ("x-y", "x/--y@t1")


def test_fields_of_unknown_meaning_are_counted(tmp_path):
    repository = one_image(tmp_path, truth=boxes(box(more=field(77, "new")), box((1, 1, 2, 2))))
    into = tmp_path / "into"
    into.mkdir()
    not_kept = migrate(Wish(repository), into).not_kept
    assert not_kept["fields of unknown meaning (ObjectAnnotation 77)"] >= 1


def test_a_repository_of_another_ymir_is_refused(tmp_path):
    stops(one_image(tmp_path, more=field(1, b"")), "another YMIR than 2.x")


def test_boxes_that_cannot_be_used_are_rejected_with_the_reason(tmp_path):
    name, ghost = stored(tmp_path / "media"), "f" * 40
    predictions = {
        name: boxes(box(score=0.5), box(score=-1.0), box(score=float("nan")), box(score=7.0))
    }
    truth = {name: boxes(box(), box(class_id=9, name="")), ghost: boxes(box(), box())}
    files = {
        "metadatas.mir": metadatas({name: asset()}),
        "annotations.mir": annotations(truth, predictions),
    }
    repository = commit(tmp_path / "repository", "a", files)
    assert "class 9, which has no name" in str(stops(repository, "5 things"))
    into = tmp_path / "again"
    into.mkdir()
    true, predicted = migrate(Wish(repository, is_strict=False), into).parts
    assert (true.boxes["in"], true.boxes["kept"], true.boxes["rejected"]) == (4, 1, 3)
    assert (predicted.boxes["in"], predicted.boxes["kept"]) == (4, 1)
    reasons = [each.reason for each in predicted.rejected]
    assert sum("no score" in each for each in reasons) == 1
    assert sum("the score" in each for each in reasons) == 2


def test_the_counts_of_mir_are_compared(tmp_path):
    name = stored(tmp_path / "media")
    files = {
        "metadatas.mir": metadatas({name: asset()}),
        "annotations.mir": annotations({name: boxes(box())}),
        "context.mir": field(1, 2) + field(101, field(1, 1)),
    }
    repository = commit(tmp_path / "repository", "a", files)
    stops(repository, "counts 2 images, 1 true and 0 predicted boxes, but there are 1 images")


def test_classes_that_two_boxes_name_are_one(tmp_path):
    truth = boxes(box(class_id=3, name="Dog"), box((1, 1, 3, 3), class_id=4, name="dog"))
    into = tmp_path / "into"
    into.mkdir()
    migrate(Wish(one_image(tmp_path, truth=truth)), into)
    written = json.loads((into / "raw" / "a" / "annotations.json").read_text())
    assert written["categories"] == [{"id": 1, "name": "dog"}]
    assert "- dog" in (into / "specs" / "labels.yaml").read_text()


def test_words_that_yaml_reads_differently_are_quoted(tmp_path):
    words = ["yes", "1e5", "0o17", "a: b", "null", "ünï", '"', "a #b", "- x", "007"]
    labels = "labels:\n" + "".join(f"- {{name: {json.dumps(word)}}}\n" for word in words)
    repository = one_image(tmp_path)
    put(repository / ".mir" / "labels.yaml", labels)
    done = Workspace(tmp_path).ymir("migrate", "mir", str(repository), "ws")
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "ws" / "specs" / "labels.yaml").read_text()
    assert yaml.safe_load(text)["classes"] == words


def test_settings_of_the_repository_run_nothing(tmp_path):
    repository = one_image(tmp_path)
    trap = put(
        tmp_path / "trap.sh", f"#!{sys.executable}\nopen({str(tmp_path / 'sprung')!r}, 'w')\n"
    )
    trap.chmod(0o755)
    for key in ("core.fsmonitor", "core.pager", "core.sshCommand", "core.alternateRefsCommand"):
        git(repository, "config", key, str(trap))
    hook = put(repository / ".git" / "hooks" / "post-checkout", trap.read_bytes())
    hook.chmod(0o755)
    (tmp_path / "sprung").unlink(missing_ok=True)
    into = tmp_path / "into"
    into.mkdir()
    migrate(Wish(repository), into)
    assert not (tmp_path / "sprung").exists()


def test_entries_that_come_twice_count_once(tmp_path):
    name = stored(tmp_path / "media")
    listed = metadatas({name: asset("first.jpg")}) + entry(1, name, asset("last.jpg"))
    files = {"metadatas.mir": listed, "annotations.mir": annotations({})}
    into = tmp_path / "into"
    into.mkdir()
    migrate(Wish(commit(tmp_path / "repository", "a", files)), into)
    assert [path.name for path in (into / "raw" / "a" / "images").iterdir()] == ["last.jpg"]


def test_boxes_that_the_import_refuses_leave_a_workspace_to_correct(tmp_path):
    repository = one_image(tmp_path, truth=boxes(box(), box((50, 5, 60, 5))))
    done = Workspace(tmp_path).ymir("migrate", "mir", str(repository), "ws")
    assert done.returncode == 1
    assert "outside the image" in done.stdout + done.stderr
    assert re.search(r"^a +is not imported$", done.stdout, re.MULTILINE)
    specs = tmp_path / "ws" / "specs" / "datasets.yaml"
    specs.write_text(specs.read_text().replace("store: link", "store: link, reject: skip"))
    assert Workspace(tmp_path / "ws").ymir("apply").returncode == 0


@fills_a_disk
def test_a_disk_that_fills_leaves_nothing(tmp_path):
    repository = one_image(tmp_path)
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", disk], check=True)
    try:
        done = Workspace(tmp_path).ymir("migrate", "mir", str(repository), "disk/ws")
        left = list(disk.iterdir())
    finally:
        subprocess.run(["umount", disk], check=True)
    assert (done.returncode, left) == (1, [])
    assert "No space left on device" in done.stderr
    assert "make room" in done.stderr
