import os
import shutil
from pathlib import Path

import pytest

from tests.dvc.real import digests_named, files_under, new_workspace, write_files
from ymir.contracts.store import Store, stores
from ymir.dvc import objects, pointer
from ymir.dvc.project import cache_of
from ymir.errors import StoreError
from ymir.plan.snapshot import Recipe, Version
from ymir.plan.stage import RoundOf, Stage
from ymir.stores.dvc import DvcStore

RECIPE = Recipe("dataset", {"merge": ["a", "b"], "share": 0.1}, {"a": "12e4"})
OTHER = Recipe("dataset", {"merge": ["a"]}, {"a": "12e4"})
ROUND = RoundOf("helmet", 1)
FILES = {"images.parquet": b"table", "import.json": b"{}"}


@pytest.fixture
def workspace(tmp_path) -> Path:
    return new_workspace(tmp_path / "workspace")


@pytest.fixture
def store(workspace) -> DvcStore:
    connected = stores.load("dvc").connect(workspace)
    assert isinstance(connected, Store)
    return connected


def test_an_empty_workspace_has_no_versions(tmp_path):
    assert DvcStore(tmp_path).observe() == {}


def test_a_recorded_dataset_is_observed_and_opened(workspace, store):
    version = record(store, "site", FILES, facts={"images": 60})
    assert version.number == 1
    assert version.facts == {"images": 60}
    assert DvcStore(workspace).observe() == {"site": version, "site@v1": version}
    assert store.open("site") == workspace / "data/datasets/site/v1"
    assert files_under(store.open("site")) == FILES


def test_equal_content_with_an_equal_recipe_changes_nothing(workspace, store):
    first = record(store, "site", FILES, facts={"seconds": 1})
    before = (workspace / "data/datasets/site/v1.dvc").stat()
    assert record(store, "site", FILES, facts={"seconds": 2}) == first
    after = (workspace / "data/datasets/site/v1.dvc").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_equal_content_from_another_recipe_is_the_same_version(store):
    first = record(store, "site", FILES)
    again = record(store, "site", FILES, recipe=OTHER)
    assert (again.number, again.digest) == (1, first.digest)
    assert again.recipe.digest == OTHER.digest
    assert store.observe() == {"site": again, "site@v1": again}


def test_other_content_is_the_next_version(workspace, store):
    for number in range(1, 12):
        version = record(store, "site", {"images.parquet": b"%d" % number})
        assert version.number == number
    assert len(store.observe()) == 12
    assert store.observe()["site"] == store.observe()["site@v11"] == version
    assert files_under(store.open("site")) == {"images.parquet": b"11"}
    assert files_under(store.open("site@v3")) == {"images.parquet": b"3"}
    assert (workspace / "data/datasets/site/v2/images.parquet").read_bytes() == b"2"


def test_the_digest_is_that_of_the_content_alone(store):
    one = record(store, "one", FILES, facts={"images": 1})
    two = record(store, "two", FILES, recipe=OTHER, facts={"images": 2})
    three = record(store, ROUND.stage("training"), FILES)
    other = record(store, "other", {**FILES, "import.json": b"[]"})
    assert one.digest == two.digest == three.digest != other.digest


def test_the_stages_of_a_round_share_its_folder(workspace, store):
    record(store, ROUND.stage("training"), {"training.parquet": b"t"}, facts={"images": 9})
    record(store, ROUND.stage("train"), {"model/w.onnx": b"w", "model/model.json": b"{}"})
    assert set(store.observe()) == {"helmet/r1/training", "helmet/r1/train"}
    assert store.observe()["helmet/r1/training"].number == 1
    assert store.open("helmet/r1/train") == workspace / "data/rounds/helmet/1"
    assert files_under(workspace / "data/rounds/helmet/1") == {
        "training.parquet": b"t",
        "model/w.onnx": b"w",
        "model/model.json": b"{}",
    }


def test_a_stage_made_again_replaces_its_own_files_only(workspace, store):
    record(store, ROUND.stage("training"), {"training.parquet": b"t"})
    record(store, ROUND.stage("train"), {"model/a.onnx": b"aa", "model/b.onnx": b"b"})
    before = store.observe()["helmet/r1/training"]
    record(store, ROUND.stage("train"), {"model/a.onnx": b"AA"})
    assert files_under(workspace / "data/rounds/helmet/1") == {
        "training.parquet": b"t",
        "model/a.onnx": b"AA",
    }
    assert store.observe()["helmet/r1/training"] == before


def test_what_is_forgotten_goes_with_its_files_and_the_rest_stays(workspace, store):
    record(store, ROUND.stage("train"), {"model/a.onnx": b"a", "shared": b"s"})
    before = store.observe()
    record(store, ROUND.stage("mine"), {"mined.parquet": b"m", "pool.parquet": b"p"})
    record(store, ROUND.stage("send"), {})
    store.forget(ROUND, ("mine", "send"))
    assert store.observe() == DvcStore(workspace).observe() == before
    kept = {"model/a.onnx": b"a", "shared": b"s"}
    assert files_under(workspace / "data/rounds/helmet/1") == kept
    store.forget(ROUND, ("mine", "send"))
    assert store.observe() == before
    again = record(store, ROUND.stage("mine"), {"mined.parquet": b"other"})
    assert store.observe() == {**before, "helmet/r1/mine": again}


def test_a_report_has_pages_and_figures(workspace, store):
    files = {"index.html": b"<p>", "r1.html": b"<p>1", "metrics.json": b'{"map": 0.5}'}
    version = record(store, "helmet/report", files, kind="report")
    assert store.observe() == {"helmet/report": version}
    assert record(store, "helmet/report", files, kind="report") == version
    assert set(files_under(store.open("helmet/report"))) == {"index.html", "r1.html"}
    assert (workspace / "reports/helmet/metrics.json").read_bytes() == b'{"map": 0.5}'
    assert (workspace / "reports/dvc.yaml").read_text() == "metrics:\n- helmet/metrics.json\n"


def test_the_bytes_of_a_shared_file_are_copied(workspace, store, tmp_path):
    made = write_files(tmp_path / "made", {"weights": b"abc"})
    os.link(made / "weights", tmp_path / "checkpoint")
    store.record(Stage("site", "dataset"), RECIPE, made, {})
    (tmp_path / "checkpoint").write_bytes(b"xyz")
    assert files_under(store.open("site")) == {"weights": b"abc"}


def test_notes_of_others_survive(workspace, store):
    record(store, "site", FILES)
    path = workspace / "data/datasets/site/v1.dvc"
    path.write_text(path.read_text().replace("meta:\n", "desc: mine\nmeta:\n  owner: me\n"))
    record(store, "site", FILES, recipe=OTHER)
    assert pointer.read(path).more == {"desc": "mine"}
    assert pointer.read(path).meta["owner"] == "me"


@pytest.mark.parametrize("name", ["site", "helmet/r1/train", "helmet/r1/mine", "helmet/report"])
def test_what_was_never_recorded_cannot_be_opened(store, name):
    record(store, ROUND.stage("training"), {"training.parquet": b"t"})
    with pytest.raises(StoreError, match=name):
        store.open(name)


def test_a_missing_folder_is_laid_out_again(workspace, store):
    record(store, "site", FILES)
    shutil.rmtree(workspace / "data/datasets/site/v1")
    assert files_under(store.open("site")) == FILES


def test_a_spoilt_folder_is_mended(workspace, store):
    record(store, "site", FILES)
    folder = workspace / "data/datasets/site/v1"
    (folder / "import.json").unlink()
    (folder / "images.parquet").unlink()
    (folder / "images.parquet").write_bytes(b"TABLE")
    write_files(folder, {".images.parquet.tmp": b"ta", "stray/file": b""})
    assert files_under(store.open("site")) == FILES
    assert not (folder / "stray").exists()


def test_a_folder_that_became_a_link_is_replaced_and_its_target_kept(workspace, store, tmp_path):
    record(store, "site", FILES)
    precious = write_files(tmp_path / "home", {"precious": b"x"})
    shutil.rmtree(workspace / "data/datasets/site/v1")
    (workspace / "data/datasets/site/v1").symlink_to(precious)
    assert files_under(store.open("site")) == FILES
    assert files_under(precious) == {"precious": b"x"}


def test_a_folder_that_is_whole_is_left_alone(workspace, store):
    record(store, "site", FILES)
    before = (workspace / "data/datasets/site/v1").stat()
    store.open("site")
    assert (workspace / "data/datasets/site/v1").stat() == before


def test_what_lies_there_as_it_was_left_is_not_compared_again(workspace, store):
    record(store, "site", FILES)
    folder = store.open("site")
    listing = objects.object_path(
        cache_of(workspace), pointer.read(store.pointer_of("site")).digest
    )
    listing.unlink()  # nobody asks for it
    assert store.open("site") == folder
    with pytest.raises(StoreError):
        DvcStore(workspace).open("site")


@pytest.mark.parametrize("what", ["written", "added", "removed", "link"])
def test_what_was_changed_since_it_was_opened_is_noticed(workspace, store, tmp_path, what):
    record(store, "site", FILES)
    folder = store.open("site")
    file = folder / "images.parquet"
    match what:
        case "written":
            file.unlink()
            file.write_bytes(b"TABLE")  # as long as it was
        case "added":
            (folder / "within").mkdir()
            (folder / "within" / "more.json").write_text("{}")
        case "removed":
            file.unlink()
        case "link":
            shutil.move(folder, tmp_path / "elsewhere")
            folder.symlink_to(tmp_path / "elsewhere")
    assert files_under(store.open("site")) == FILES
    assert not folder.is_symlink()


def test_lost_objects_without_a_remote_are_explained(workspace, store):
    record(store, "site", FILES)
    shutil.rmtree(cache_of(workspace))
    with pytest.raises(StoreError) as caught:
        store.open("site")
    assert "remote:" in str(caught.value.hint)


def test_a_pointer_without_notes_is_named(workspace, store):
    record(store, "site", FILES)
    path = workspace / "data/datasets/site/v1.dvc"
    path.write_text(path.read_text().split("meta:")[0])
    with pytest.raises(StoreError, match=r"v1\.dvc"):
        store.observe()


def test_an_edited_pointer_is_read_anew(workspace, store):
    record(store, "site", FILES, facts={"images": 1})
    assert store.observe()["site"].facts == {"images": 1}
    path = workspace / "data/datasets/site/v1.dvc"
    path.write_text(path.read_text().replace("images: 1", "images: 22"))
    assert store.observe()["site"].facts == {"images": 22}


def test_all_named_objects_are_stored_read_only(workspace, store):
    record(store, "site", FILES)
    record(store, ROUND.stage("train"), {"model/w.onnx": b"w"})
    named = {objects.object_path(cache_of(workspace), each) for each in digests_named(workspace)}
    assert len(named) == 5
    assert {oct(path.stat().st_mode & 0o777) for path in named} == {"0o444"}


def test_a_round_whose_record_is_gone_is_missed(workspace, store):
    record(store, ROUND.stage("training"), {"training.parquet": b"t"})
    path = workspace / "data/rounds/helmet/1.dvc"
    path.rename(path.with_name("2.dvc"))
    with pytest.raises(StoreError, match="round 1 is not recorded") as caught:
        store.observe()
    assert "git checkout" in str(caught.value.hint)


def record(
    store: DvcStore,
    name: str,
    files: dict[str, bytes],
    *,
    recipe: Recipe = RECIPE,
    facts: dict[str, int] | None = None,
    kind: str = "dataset",
) -> Version:
    made = store.workspace / ".ymir" / "made"
    shutil.rmtree(made, ignore_errors=True)
    write_files(made, files)
    is_round = name.startswith(str(ROUND))
    stage = Stage(
        name, name.split("/")[-1] if is_round else kind, round=ROUND if is_round else None
    )
    return store.record(stage, recipe, made, facts or {})
