"""`ymir init --data`: specs that fit what people have, and that `ymir apply` takes as they are."""

import hashlib
import os
import pty
import re
import subprocess
from pathlib import Path

import pytest

from tests.media.pictures import picture, put
from tests.survey.folders import NAMES, folder_of, yard
from tests.workspaces import ENVIRONMENT, Workspace
from ymir.survey.look import LABELLED


def digest(folder: Path) -> str:
    """Of all names and contents in a folder, and of when they were written."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    said = [(str(each), each.read_bytes(), each.stat().st_mtime_ns) for each in files]
    return hashlib.sha256(repr(said).encode()).hexdigest()


def begun(root: Path, *words: str) -> Workspace:
    made = Workspace(root).ymir("init", "pets", *words)
    assert made.returncode == 0, made.stdout + made.stderr
    workspace = Workspace(root / "pets")
    assert workspace.run("git", "status", "--porcelain") == ""
    return workspace


@pytest.mark.parametrize("layout", LABELLED)
def test_the_specs_are_valid_and_every_image_is_in_one_part(tmp_path: Path, layout: str) -> None:
    before = digest(yard(layout, tmp_path / "yard"))
    workspace = begun(tmp_path, "--data", str(tmp_path / "yard"))
    assert workspace.ymir("validate").returncode == 0
    for name in ("train", "val", "test"):
        made = workspace.ymir("apply", "--target", f"pets-{name}")
        assert made.returncode in (0, 2), made.stdout + made.stderr
    images = workspace.data("dataset", "ls")
    counts = {each["dataset"]: each["images"] for each in images}
    assert counts["pets-labelled"] == 60
    parts = [counts[f"pets-{name}"] for name in ("train", "val", "test")]
    assert sum(parts) == 60
    promised = re.findall(r"gives train (\d+), val (\d+), test (\d+)", data_specs(workspace))
    assert promised[0] == tuple(map(str, parts))
    assert digest(tmp_path / "yard") == before


def data_specs(workspace: Workspace) -> str:
    return (workspace.root / "specs" / "data.yaml").read_text()


def test_it_says_what_it_found(tmp_path: Path) -> None:
    yard("yolo", tmp_path / "yard")
    said = Workspace(tmp_path).ymir("init", "pets", "--data", "yard").stdout
    assert "YOLO, 60 images, 80 boxes" in said
    assert re.search(r"cat +60 boxes in 60 images", said)
    assert "12 groups by `clip` stay together" in said
    assert "ymir plan -C pets" in said


def test_a_pool_without_labels_goes_to_people(tmp_path: Path) -> None:
    yard("coco", tmp_path / "yard")
    for at in range(30):
        put(tmp_path / "new" / f"{at}.jpg", picture(500 + at))
    workspace = begun(tmp_path, "--data", "yard", "--pool", "new", "--goal", "0.7")
    project = (workspace.root / "specs" / "project.yaml").read_text()
    assert "mining: pets-pool" in project
    assert "mine: {topk: 3}" in project
    assert "label: {use: folder}" in project
    assert "map: 0.7" in project
    assert workspace.ymir("plan").returncode == 2


def test_what_may_be_a_mistake_is_pointed_out(tmp_path: Path) -> None:
    labels = {
        name: ((), ("no helmet",), ("no_helmet",))[min(at, 2)] for at, name in enumerate(NAMES)
    }
    folder_of("coco", tmp_path / "yard", labels)
    workspace = Workspace(tmp_path)
    said = workspace.ymir("init", "pets", "--data", "yard").stdout
    assert "pets-labelled: no box on 1 images, which count as showing no object" in said
    assert "`no helmet` is spelt like `no_helmet`: one class? then make it an alias" in said
    labels = (tmp_path / "pets" / "specs" / "labels.yaml").read_text()
    assert "the same as no_helmet? then an alias of it" in labels


def test_folders_in_the_workspace_are_kept_out_of_git(tmp_path: Path) -> None:
    yard("voc", tmp_path / "pets" / "photos")
    workspace = begun(tmp_path, "--data", "pets/photos")
    assert "path: photos" in data_specs(workspace)
    assert "/photos/" in (workspace.root / ".gitignore").read_text()
    assert not (workspace.root / "specs" / "workspace.yaml").exists()


def test_what_stands_in_an_existing_repository_stays(tmp_path: Path) -> None:
    home = Workspace(tmp_path / "pets")
    yard("voc", home.root / "photos")
    put(home.root / "notes.txt", "mine")
    put(home.root / ".gitignore", "*.log\n")
    home.run("git", "init", "-q")
    home.run("dvc", "init", "-q")
    home.run("dvc", "remote", "add", "-d", "store", str(tmp_path / "store"))
    home.run("dvc", "add", "-q", "photos")
    put(home.root / "dvc.yaml", "stages: {hello: {cmd: echo hello}}\n")
    home.run("git", "add", ".")
    home.run("git", *["-c", "user.name=me", "-c", "user.email=me@x", "commit", "-qm", "mine"])
    put(home.root / "notes.txt", "mine, edited")
    made = Workspace(tmp_path).ymir("init", "pets", "--data", "pets/photos")
    assert made.returncode == 0, made.stderr
    ours = ".dvc/, .dvcignore, .gitignore, data/, media/, reports/, specs/"
    assert f"added in a commit of its own: {ours}\n" in made.stdout
    offered = (home.root / "specs" / "workspace.yaml").read_text()
    assert f'# remote: "{tmp_path}/store"\n' in offered
    assert home.run("git", "status", "--porcelain") == " M notes.txt\n"
    assert home.run("git", "show", "HEAD~1:notes.txt") == "mine"
    assert "store" in home.run("dvc", "remote", "list")
    assert home.run("dvc", "status", "photos.dvc").strip().endswith("up to date.")
    assert "photos" not in home.run("git", "show", "--stat", "HEAD").replace("photos.dvc", "")
    assert home.ymir("apply", "--target", "pets-labelled").returncode in (0, 2)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--data", "empty"), "there are no images"),
        (("--data", "gone"), "gone"),
        (("--data", "bare"), "1 images and no box"),
        (("--pool", "bare"), "needs labelled images"),
        (("--data", "."), "lies in the folder of images"),
        (("--data", "bare", "--executor", "tinydt"), "did you mean `tinydet`"),
        (("--data", "bare", "--label", "studio"), "no label tool called `studio`"),
        (("--data", "bare", "--format", "vco"), "did you mean `voc`"),
        (("--data", "bare", "--name", "My Pets"), "e.g. `my-pets`"),
    ],
)
def test_what_cannot_be_begun_with_leaves_nothing(
    tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    (tmp_path / "empty").mkdir()
    put(tmp_path / "bare" / "1.jpg", picture(1))
    made = Workspace(tmp_path).ymir("init", "pets", *words)
    assert made.returncode == 1
    assert said in made.stderr
    assert not (tmp_path / "pets").exists()


def test_on_a_terminal_it_asks(tmp_path: Path) -> None:
    yard("voc", tmp_path / "yard")
    head, tail = pty.openpty()
    run = subprocess.Popen(
        ["ymir", "init", "pets"],
        cwd=tmp_path,
        env=ENVIRONMENT,
        stdin=tail,
        stdout=tail,
        stderr=tail,
    )
    os.close(tail)
    os.write(head, b"nowhere\n'" + str(tmp_path / "yard").encode() + b"' \n\n")
    said = b""
    while chunk := _read(head):
        said += chunk
    assert run.wait(60) == 0, said.decode()
    os.close(head)
    assert b"there is no folder `nowhere`" in said
    assert b"VOC, 60 images, 80 boxes" in said
    assert (tmp_path / "pets" / "specs" / "project.yaml").exists()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # the other end is closed
        return b""


def test_images_that_cannot_be_used_are_said_and_skipped(tmp_path: Path) -> None:
    folder = yard("voc", tmp_path / "yard")
    put(next((folder / "Annotations").iterdir()), "<annotation>")
    workspace = begun(tmp_path, "--data", "yard")
    assert "reject: skip" in data_specs(workspace)
    assert workspace.ymir("apply", "--target", "pets-train").returncode in (0, 2)


def test_names_of_files_and_classes_write_no_specs(tmp_path: Path) -> None:
    names = {f"{at}.jpg": ("cat: [x]", "- dog") for at in range(20)}
    folder = folder_of("voc", tmp_path / "yard", names)
    put(folder / "JPEGImages" / "x\nkind: Project.jpg", picture(77))
    workspace = begun(tmp_path, "--data", "yard")
    assert workspace.ymir("validate").returncode == 0


def test_too_few_images_are_not_split(tmp_path: Path) -> None:
    folder_of("voc", tmp_path / "yard", {"a.jpg": ("cat",), "b.jpg": ("cat",)})
    made = Workspace(tmp_path).ymir("init", "pets", "--data", "yard")
    assert made.returncode == 1
    assert "2 images are too few" in made.stderr
