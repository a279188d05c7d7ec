"""What a folder may hold besides files: each is named, none is waited for, none is followed."""

import os
import socket
from pathlib import Path

import pytest

from tests.components import needs
from tests.hostile.importing import (
    AS_ANYBODY,
    ROOT,
    apply,
    ask,
    assert_complete,
    cats,
    refused,
)
from tests.media.pictures import picture, put, thing, voc


@pytest.fixture
def raw(workspace) -> Path:
    return cats(workspace.root / "raw")


def make_fifo(path: Path) -> None:
    os.mkfifo(path)


def make_socket(path: Path) -> None:
    place = os.open(path.parent, os.O_RDONLY)
    try:
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(f"/proc/self/fd/{place}/{path.name}")  # the path may be too long
    finally:
        os.close(place)


@pytest.mark.parametrize("name", ["JPEGImages/odd.jpg", "Annotations/0.xml", "Annotations/odd.xml"])
@pytest.mark.parametrize("make", [make_fifo, make_socket])
def test_what_is_no_file_is_named_and_not_waited_for(workspace, raw, name, make):
    (raw / name).unlink(missing_ok=True)
    make(raw / name)
    assert name in refused(workspace)


@needs("devices", ROOT, "run as root, to make one")
def test_a_device_is_named_and_not_read(workspace, raw):
    try:
        os.mknod(raw / "JPEGImages" / "zero.jpg", 0o20666, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("this system makes no devices")
    assert "JPEGImages/zero.jpg" in refused(workspace)


@pytest.mark.parametrize("name", ["JPEGImages/1.jpg", "Annotations/1.xml"])
def test_a_file_that_may_not_be_read_is_named(workspace, raw, name):
    (raw / name).chmod(0)
    assert name in refused(workspace, *AS_ANYBODY)


def test_a_folder_that_may_not_be_read_is_named(workspace, raw):
    (raw / "JPEGImages" / "more").mkdir(mode=0)
    assert "JPEGImages/more" in refused(workspace, *AS_ANYBODY)


def test_links_in_a_circle_are_named_and_not_followed(workspace, raw):
    (raw / "JPEGImages" / "round").symlink_to(raw)
    (raw / "JPEGImages" / "self.jpg").symlink_to("self.jpg")
    said = refused(workspace)
    assert "JPEGImages/round" in said
    assert "JPEGImages/self.jpg" in said


def test_a_link_that_leads_out_is_named(workspace, raw):
    secret = put(workspace.root.parent / "secret.jpg", picture(99))
    (raw / "JPEGImages" / "out.jpg").symlink_to(secret)
    assert "JPEGImages/out.jpg: a link that leads out" in refused(workspace)


@pytest.mark.parametrize("name", ["a\nb", "a\rb", "a\x1b[31mb", "a\tb", "a\x85b", "a\u202eb"])
def test_a_name_that_could_pass_for_something_else_does_no_harm(workspace, raw, name):
    """Either it is refused in one line, or it is imported like any other."""
    put(raw / "JPEGImages" / f"{name}.jpg", picture(50))
    put(raw / "Annotations" / f"{name}.xml", voc(thing(), size=(64, 48)))
    put(raw / "JPEGImages" / f"{name}-bad.jpg", b"")
    said = refused(workspace)
    assert name not in said
    assert "-bad.jpg" in said


@pytest.mark.parametrize(
    "name", ["straße", "日本語", "e\u0301", "🐈", "a b", "%41", "'; --", "-rf"]
)
def test_names_in_any_language_are_kept(workspace, raw, name):
    put(raw / "JPEGImages" / f"{name}.jpg", picture(50))
    put(raw / "Annotations" / f"{name}.xml", voc(thing(), size=(64, 48)))
    done = apply(workspace)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 images, 4 boxes" in done.stdout


def test_one_name_spelled_in_two_ways_is_two_files(workspace, raw):
    for number, name in enumerate(("\u00e9", "e\u0301", "A", "a")):
        put(raw / "JPEGImages" / f"{name}.jpg", picture(50 + number))
        put(raw / "Annotations" / f"{name}.xml", voc(thing(), size=(64, 48)))
    assert "7 images, 7 boxes" in apply(workspace).stdout
    assert_complete(workspace, images=7)


def test_a_name_as_long_as_the_system_allows_is_kept(workspace, raw):
    stem = "x" * 251
    put(raw / "JPEGImages" / f"{stem}.jpg", picture(50))
    put(raw / "Annotations" / f"{stem}.xml", voc(thing(), size=(64, 48)))
    assert "4 images, 4 boxes" in apply(workspace).stdout


def test_a_folder_deeper_than_a_path_may_be_long_is_an_error_in_words(workspace, raw):
    here = os.open(raw / "JPEGImages", os.O_RDONLY)
    for _ in range(20):
        os.mkdir("d" * 250, dir_fd=here)
        inner = os.open("d" * 250, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)
    assert "too long" in refused(workspace)


def test_two_images_of_one_stem_are_both_named(workspace, raw):
    put(raw / "JPEGImages" / "1.png", picture(50, kind="png"))
    said = refused(workspace)
    assert "JPEGImages/1.jpg" in said
    assert "JPEGImages/1.png" in said


@pytest.mark.parametrize("kind", ["voc", "coco", "yolo"])
def test_a_folder_without_images_says_so(workspace, kind):
    (workspace.root / "raw").mkdir()
    ask(workspace, kind)
    workspace.run("git", "commit", "--quiet", "--all", "--allow-empty", "--message", "Specs")
    assert "there are no images" in refused(workspace)


def test_a_file_where_a_folder_should_be_says_so(workspace):
    put(workspace.root / "raw", b"")
    assert "raw" in refused(workspace)


def test_thousands_of_empty_folders_are_walked(workspace, raw):
    for number in range(2_000):
        (raw / "JPEGImages" / str(number)).mkdir()
    assert "3 images" in apply(workspace).stdout
