"""`ymir dataset` says what is recorded, and names what is nearest to what is not."""

import shutil
import subprocess

import pytest
from typer.testing import CliRunner

from tests.cli import shelves
from ymir.cli.datasets.layout import plain, size
from ymir.cli.main import cli
from ymir.errors import SpecError
from ymir.git import head, touched


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return shelves.workspace(tmp_path_factory.mktemp("datasets") / "w")


def run(root, *words):
    return shelves.run("dataset", *words, "-C", str(root))


def data(root, *words):
    return shelves.data("dataset", *words, "-C", str(root))


def test_each_dataset_is_listed_in_a_line(root):
    heads, cats, site = run(root, "ls").splitlines()
    assert heads.split()[:4] == ["dataset", "images", "boxes", "classes"]
    assert cats.split()[:4] == ["cats@v2", "5", "5", "1"]
    assert site.split()[:4] == ["site@v2", "5", "7", "2"]
    assert site.endswith("yes   up to date, protected")


def test_programs_are_told_of_commit_bytes_and_state(root):
    cats, site = data(root, "ls")
    assert (site["version"], site["images"], site["here"]) == (2, 5, "yes")
    assert (
        site["commit"]
        == touched(root, "data/datasets/site/*.dvc")["data/datasets/site/v2.dvc"].commit
    )
    assert site["bytes"] > 1000
    assert (cats["protected"], site["protected"]) == (False, True)


def test_a_spec_that_was_edited_and_one_without_data_are_said(root, tmp_path):
    edited = tmp_path / "w"
    shutil.copytree(root, edited, symlinks=True)
    spec = edited / "specs" / "all.yaml"
    more = "---\n{apiVersion: ymir/v1, kind: Dataset, name: new, merge: [cats]}\n"
    spec.write_text(spec.read_text().replace("labels: [cat]", "labels: [dog]") + more)
    by_name = {row["dataset"]: row["state"] for row in data(edited, "ls")}
    assert by_name["cats"] == "to be made: settings changed"
    assert by_name["new"] == "waits for cats"
    assert by_name["site"] == "up to date"


def test_images_that_are_not_here_are_counted(root, tmp_path):
    bare = tmp_path / "w"
    shutil.copytree(root, bare, symlinks=True)
    shutil.rmtree(bare / "media" / ".dvc" / "cache")
    assert [row["here"] for row in data(bare, "ls")] == ["table only", "table only"]
    assert data(bare, "show", "site")["absent"] == 5
    assert "5 images not here: `ymir pull`" in run(bare, "show", "site")
    shutil.rmtree(bare / "data" / "datasets" / "cats" / "v2")
    assert data(bare, "ls")[0]["here"] == "no"


def test_a_version_is_shown_with_classes_tags_and_recipe(root):
    shown = data(root, "show", "site@v2")
    assert shown["per_class"] == {"cat": 5, "dog": 2}
    assert shown["tags"] == {"light": {"day": 3, "night": 2}}
    assert shown["import"]["images"]["kept"] == 5
    assert shown["recipe"]["settings"]["from"]["path"] == "raw/site"
    text = run(root, "show", "cats")
    assert 'then: [{"op": "filter", "labels": ["cat"]}]' in text
    assert "5 (1 without a box)" in text


def test_the_versions_are_listed_with_what_changed(root):
    newest, oldest = data(root, "log", "site")
    assert newest["why"] == ["the source's files changed"]
    assert (newest["images_change"], newest["boxes_change"]) == (0, 2)
    assert oldest["why"] == ["the first version"]
    assert data(root, "log", "cats")[0]["why"] == ["`site` changed"]
    assert "5 images (·), 7 boxes (+2)" in run(root, "log", "site@v1")


def test_a_setting_that_was_edited_is_named_by_its_path(root, tmp_path):
    edited = tmp_path / "w"
    shutil.copytree(root, edited, symlinks=True)
    spec = edited / "specs" / "all.yaml"
    spec.write_text(spec.read_text().replace("labels: [cat]", "labels: [dog]"))
    shelves.run("apply", "-C", str(edited))
    why = data(edited, "log", "cats")[0]["why"]
    assert why == [
        'then: [{"op": "filter", "labels": ["cat"]}] -> [{"op": "filter", "labels": ["dog"]}]'
    ]


@pytest.mark.parametrize(
    ("words", "what", "hint"),
    [
        (["show", "sit"], "no dataset called `sit`", "did you mean `site`?"),
        (["show", "site@v7"], "no version `v7`", "it has: v1, v2"),
        (["log", "cts"], "no dataset called `cts`", "did you mean `cats`?"),
        (["shw", "site"], "`shw` is no command", "did you mean `show`?"),
    ],
)
def test_what_is_not_there_is_said_with_what_is_nearest(root, words, what, hint):
    with pytest.raises(SpecError, match=what) as caught:
        run(root, *words)
    assert hint in caught.value.hint


def test_a_workspace_without_data_says_how_to_get_some(tmp_path):
    done = CliRunner().invoke(cli, ["dataset", "show", "a", "-C", str(tmp_path)])
    assert isinstance(done.exception, SpecError)
    assert "ymir apply" in done.exception.hint


def test_a_dataset_is_read_where_no_git_is(root, tmp_path):
    bare = tmp_path / "w"
    shutil.copytree(root, bare, symlinks=True)
    shutil.rmtree(bare / ".git")
    assert "in no commit yet" in run(bare, "show", "site")
    assert data(bare, "ls")[1]["commit"] is None


def test_the_newest_commit_of_each_file_is_found_in_one_call(tmp_path):
    for text in ("one", "two"):
        for name in ("a.dvc", "b.dvc")[: 1 + (text == "one")]:
            (tmp_path / name).write_text(text)
        if head_of(tmp_path) is None:
            subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
            assert touched(tmp_path, "*.dvc") == {}
        subprocess.run(["git", "add", "."], cwd=tmp_path, check=True)
        who = ("-c", "user.name=T", "-c", "user.email=t@t")
        subprocess.run(["git", *who, "commit", "-qm", text], cwd=tmp_path, check=True)
    found = touched(tmp_path, "*.dvc")
    assert {name: each.subject for name, each in found.items()} == {"a.dvc": "two", "b.dvc": "one"}
    assert found["a.dvc"].commit == head(tmp_path)


def head_of(folder):
    return head(folder) if (folder / ".git").exists() else None


def test_two_versions_are_compared_box_by_box(root):
    found = data(root, "diff", "site")
    assert (found["from"], found["to"]) == ("site@v1", "site@v2")
    assert found["images"]["added"] == found["images"]["removed"] == 1
    assert found["boxes"] == {"added": 1, "removed": 0, "moved": 1, "relabelled": 1, "edited": 0}
    by_file = {row["file"][-5:]: row["change"] for row in found["changes"]}
    assert by_file == {"1.jpg": "moved", "2.jpg": "relabelled", "3.jpg": "added"}


def test_the_summary_names_files(root):
    said = run(root, "diff", "site@v1", "site@v2")
    assert "2 with added images, 1 with removed images" in said
    assert "relabelled: cat -> dog (1)" in said
    assert "~ JPEGImages/1.jpg: cat moved (IoU 0.82)" in said
    assert f"+ JPEGImages/{shelves.HOSTILE}  (2 boxes)" in said


def test_no_name_can_garble_a_terminal():
    assert plain("a\u202eb\n\x1b[2J") == "a\\u202eb\\n\\x1b[2J"
    assert plain("übung 1.jpg") == "übung 1.jpg"


def test_versions_of_different_datasets_and_equal_ones_can_be_compared(root):
    assert data(root, "diff", "cats@v1", "site")["boxes"]["added"] == 1
    assert run(root, "diff", "site", "site").splitlines()[1] == "nothing differs"


def test_the_first_version_alone_has_nothing_to_be_compared_with(root):
    with pytest.raises(SpecError, match="first version"):
        run(root, "diff", "site@v1")


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "0 B"), (999, "999 B"), (1_500, "1.5 kB"), (2_000_000, "2.0 MB"), (3 * 10**15, "3.0 PB")],
)
def test_bytes_are_said_in_the_unit_that_people_read(count, said):
    assert size(count) == said


def test_what_may_be_wrong_is_said_to_people_programs_and_on_a_page(root, tmp_path):
    said = run(root, "check", "site")
    assert said.startswith("site@v2: 5 images (0 without a box), 7 boxes")
    found = data(root, "check", "site@v2", "--html", str(tmp_path / "health.html"))
    assert found["version"] == "site@v2"
    assert {each["label"]: each["boxes"] for each in found["classes"]} == {"cat": 5, "dog": 2}
    for finding in found["findings"]:
        assert finding["name"] in said
    assert "<title>site@v2: health</title>" in (tmp_path / "health.html").read_text()


def test_near_duplicates_are_looked_for_when_that_is_asked(root):
    assert run(root, "check", "site", "--near").startswith("site@v2: 5 images")
