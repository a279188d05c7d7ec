"""Names, addresses, links and records of others lead nowhere but where they may."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml

from tests.spec.installation import SmallInstallation
from tests.workspaces import Workspace, applied, copied
from ymir.cli import console
from ymir.dvc.objects import tree_entries
from ymir.errors import StoreError
from ymir.spec.load import load_catalogue
from ymir.spec.mistakes import BrokenSpecsError

NAMES = [
    *("../up", "/abs", "a/b", "..", ".", "-rf", "--upload-pack=touch", "a b", "a\nb", "a\0b"),
    *("A", "\u202egnp", "x" * 300, "a;id", "$(id)", "`id`", "a\\b", "ä", "%2e%2e", "a=b", "", "*"),
    *("CON.", "a:b", "{{ 7*7 }}", "${HOME}", "!ruby", "::error::x", "\x1b[31m", "<b>", "=1+1"),
]
KINDS = {
    "Dataset": {"from": {"format": "voc", "path": "raw"}},
    "Executor": {"command": ["true"]},
    "Model": {"from": {"path": "m.tar"}},
    "Project": {},
}


def mistakes(root: Path, *documents: dict) -> list[str]:
    """What is wrong with these specs."""
    specs = root / "specs"
    specs.mkdir(exist_ok=True)
    labels = {"kind": "Labels", "classes": ["car"]}
    whole = [{"apiVersion": "ymir/v1", **each} for each in (labels, *documents)]
    (specs / "all.yaml").write_text(yaml.safe_dump_all(whole, allow_unicode=False))
    try:
        load_catalogue(root, SmallInstallation())
    except BrokenSpecsError as error:
        return [str(each) for each in error.mistakes]
    return []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NAMES)
def test_what_could_be_more_than_a_name_is_none(tmp_path, kind, name):
    """Names become folders, refs, words of commands, and variables."""
    found = mistakes(tmp_path, {"kind": kind, "name": name, **KINDS[kind]})
    assert any("name: " in each for each in found), found


@pytest.mark.parametrize(
    "given",
    [
        {"git": {"url": "ext::sh -c id", "rev": "v1", "dataset": "a"}},
        {"git": {"url": "--upload-pack=touch x", "rev": "v1", "dataset": "a"}},
        {"git": {"url": "ssh://-oProxyCommand=id/x", "rev": "v1", "dataset": "a"}},
        {"git": {"url": "git@-oProxyCommand=id:x", "rev": "v1", "dataset": "a"}},
        {"git": {"url": "https://x.example/y", "rev": "--output=x", "dataset": "a"}},
        {"git": {"url": "https://x.example/y", "rev": "v1", "dataset": "../a"}},
        {"git": {"url": "https://x.example/y", "rev": "v1", "dataset": "a"}, "folder": "../.."},
        {"git": {"url": "../../other", "rev": "v1", "dataset": "a"}},
        {"format": "voc", "url": "file:///etc/"},
        {"format": "voc", "url": "s3://b::file:///etc/"},
        {"format": "voc", "url": "ftp://x.example/y"},
        {"format": "voc", "zip": "/etc/x.zip"},
        {"format": "voc", "tar": "raw/../../x.tar"},
        {"format": "voc", "path": "raw\0/x"},
        {"format": "voc", "path": "~/x/../../.."},
    ],
)
def test_a_source_leads_neither_out_nor_to_a_program(tmp_path, given):
    assert mistakes(tmp_path, {"kind": "Dataset", "name": "a", "from": given})


@pytest.mark.parametrize(
    "given",
    [
        {"env": {"A=B": "c"}},
        {"env": {"": "c"}},
        {"env": {"A\nLD_PRELOAD": "c"}},
        {"env": {"A\0": "c"}},
        {"env": {"A": "b\0c"}},
        {"command": ["sh", "a\0b"]},
        {"volumes": ["/:/host"]},
        {"privileged": True},
        {"user": "root"},
        {"mounts": [{"source": "/"}]},
    ],
)
def test_an_executor_asks_for_nothing_else(tmp_path, given):
    executor = {"kind": "Executor", "name": "a", "command": ["true"], **given}
    assert mistakes(tmp_path, executor)


def test_what_a_backend_may_do_is_said_in_the_workspace_alone(tmp_path):
    for field in ("backend", "remote", "paths", "images", "allow", "notify", "options"):
        for kind, given in KINDS.items():
            found = mistakes(tmp_path, {"kind": kind, "name": "a", **given, field: ["x"]})
            assert any(f"{field}: is not known here" in each for each in found), (kind, field)


@pytest.mark.parametrize("tag", ["!!python/name:os.system", "!include /etc/passwd", "!env HOME"])
def test_no_tag_of_yaml_does_anything(tmp_path, tag):
    (tmp_path / "specs").mkdir()
    text = f"{{apiVersion: ymir/v1, kind: Labels, classes: [{tag}]}}\n"
    (tmp_path / "specs" / "a.yaml").write_text(text)
    with pytest.raises(BrokenSpecsError):
        load_catalogue(tmp_path, SmallInstallation())


@pytest.mark.parametrize(
    "name", ["../x", "/x", "a/../../x", "a/../x", "", ".", "..", "a\0b", "a//b", "./a"]
)
def test_a_listing_names_no_file_outside_of_its_folder(name):
    listing = json.dumps([{"relpath": name, "md5": "0" * 32}]).encode()
    with pytest.raises(StoreError, match="outside the folder"):
        tree_entries(listing)


@pytest.mark.parametrize("digest", ["../../x", "0" * 31, "/etc/passwd", "0" * 32 + "/..", ""])
def test_a_listing_names_no_object_outside_of_the_cache(digest):
    listing = json.dumps([{"relpath": "a", "md5": digest}]).encode()
    with pytest.raises(StoreError):
        tree_entries(listing)


@pytest.mark.parametrize("text", ["\x1b]0;x\x07", "\x1b[2J", "a\rb", "\u202eabc", "\x9b31m", "\b"])
def test_nothing_that_is_said_steers_a_terminal(text):
    assert not set(console.shown(text)) & {*text} - set("ab]0;x[2J31mc")


@pytest.fixture(scope="module")
def parked(tmp_path_factory) -> Workspace:
    """A workspace whose first batch waits for people."""
    return applied(tmp_path_factory.mktemp("escapes") / "pets", label={"use": "folder"})


@pytest.fixture
def theirs(parked, tmp_path) -> tuple[Workspace, Path]:
    """A copy of it, and a folder elsewhere that is nobody's business."""
    outside = tmp_path / "outside"
    for name in ("v1", "v2", "html", "1", "files"):
        (outside / name).mkdir(parents=True)
        (outside / name / "precious").write_text("mine")
    return copied(parked, tmp_path / "ws"), outside


def untouched(outside: Path) -> bool:
    """Whether it holds what it held."""
    found = sorted(str(each.relative_to(outside)) for each in outside.rglob("*"))
    kept = all(each.read_text() == "mine" for each in outside.rglob("precious"))
    folders = ("v1", "v2", "html", "1", "files")
    return kept and found == sorted([*folders, *(f"{each}/precious" for each in folders)])


@pytest.mark.parametrize(
    "place", ["data/datasets/more", "reports/pets", "data/rounds/pets", "labels", "media", ".dvc"]
)
def test_a_link_of_the_repository_takes_no_folder_of_ymir_elsewhere(theirs, place):
    """What ymir does not list, it clears away: a link that somebody sent must not lead it there."""
    workspace, outside = theirs
    spot = workspace.root / place
    if spot.is_dir():
        shutil.rmtree(spot)
    spot.symlink_to(outside)
    workspace.run("git", "rm", "-r", "--quiet", "--cached", "--ignore-unmatch", place)
    workspace.run("git", "add", "--force", place)
    workspace.run("git", "commit", "--quiet", "--message", "Please merge")
    for words in (("apply",), ("plan",), ("pull",)):
        done = workspace.ymir(*words)
        assert done.returncode == 1, words
        assert f"`{place}` is a link, where ymir keeps its own files" in done.stderr
        assert f"git rm --cached {place}" in done.stderr
    assert untouched(outside)


def test_a_link_of_one_s_own_may_lead_to_another_disk(theirs):
    workspace, outside = theirs
    shutil.move(workspace.root / ".ymir", outside.parent / "scratch")
    (workspace.root / ".ymir").symlink_to(outside.parent / "scratch")
    assert workspace.ymir("apply").returncode == 3


@pytest.mark.parametrize("path", ["../../../../outside", "/outside", "v1/../../../../outside"])
def test_a_record_that_names_another_folder_is_not_followed(theirs, path):
    workspace, outside = theirs
    pointer = workspace.root / "data" / "datasets" / "base" / "v1.dvc"
    forged = pointer.read_text().replace("path: v1", f"path: {path}")
    assert forged != pointer.read_text()
    pointer.write_text(forged)
    shutil.rmtree(pointer.with_suffix(""))
    workspace.run("git", "commit", "--quiet", "--all", "--message", "Please merge")
    for words in (("plan",), ("apply",), ("pull",), ("fsck",), ("dataset", "show", "base")):
        assert "Traceback" not in workspace.ymir(*words).stderr
    assert untouched(outside)
    assert not Path("/outside").exists()


def test_a_filter_or_a_hook_that_the_tree_brings_is_never_run(theirs):
    workspace, outside = theirs
    (workspace.root / ".gitattributes").write_text("* filter=x diff=x merge=x\n")
    (workspace.root / ".gitconfig").write_text(f'[filter "x"]\n\tclean = touch {outside}/w\n')
    hooks = workspace.root / "hooks"
    hooks.mkdir()
    for name in ("pre-commit", "post-commit", "post-checkout", "reference-transaction"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {outside}/witness\n")
        (hooks / name).chmod(0o755)
    workspace.run("git", "add", "--all", "--", ".gitattributes", "hooks", ".gitconfig")
    workspace.run("git", "commit", "--quiet", "--message", "Please merge")
    assert workspace.ymir("apply").returncode == 3
    assert untouched(outside)
