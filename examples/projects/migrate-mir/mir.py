"""Writes repositories as `mir` of YMIR leaves them: messages in git, images by their SHA-1."""

import hashlib
import struct
import subprocess
from collections.abc import Mapping
from pathlib import Path

IGNORED = ".mir_lock\n.mir\n"
BOXES = 2  # a set of annotations is for detection
Rect = tuple[int, int, int, int]  # left and top as VOC has them, counted from 1; width, height


def number(value: int) -> bytes:
    """A varint."""
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def field(at: int, value: int | float | str | bytes) -> bytes:
    """One field of a message; an integer is a varint, a float a double."""
    match value:
        case int():
            return number(at << 3) + number(value)
        case float():
            return number(at << 3 | 1) + struct.pack("<d", value)
        case str():
            return field(at, value.encode())
        case bytes():
            return number(at << 3 | 2) + number(len(value)) + value


def entry(at: int, key: str, value: bytes) -> bytes:
    """One entry of a map."""
    return field(at, field(1, key) + field(2, value))


def asset(file: str, kind: int, size: tuple[int, int]) -> bytes:
    """What `metadatas.mir` says of an image: kind 1 is JPEG, 2 is PNG."""
    return field(4, kind) + field(5, size[0]) + field(6, size[1]) + field(9, file)


def box(place: Rect, class_id: int, name: str, score: float = -1.0) -> bytes:
    """An `ObjectAnnotation`; a score below 0 is none."""
    rect = b"".join(field(at, value) for at, value in enumerate(place, start=1))
    return field(2, rect) + field(3, class_id) + field(4, score) + field(9, name)


def boxes(*listed: bytes) -> bytes:
    """The boxes of an image."""
    return b"".join(field(2, each) for each in listed)


def annotations(
    truth: Mapping[str, bytes], predictions: Mapping[str, bytes] | None = None
) -> bytes:
    """`annotations.mir`: the boxes of each image, by its SHA-1."""
    sets = ((3, truth), (4, predictions or {}))
    return b"".join(
        field(at, field(3, BOXES) + b"".join(entry(1, *each) for each in images.items()))
        for at, images in sets
    )


def metadatas(images: Mapping[str, bytes]) -> bytes:
    """`metadatas.mir`: what each image is, by its SHA-1."""
    return b"".join(entry(1, *each) for each in images.items())


def context(images: int, count: int) -> bytes:
    """`context.mir`: how many images and true boxes there are."""
    return field(1, images) + field(101, field(1, count))


def tasks(version: str, code: int = 0) -> bytes:
    """`tasks.mir`: how the task ended that made the version."""
    task = version.partition("@")[2]
    return entry(1, task, field(8, code)) + field(2, task)


def store(media: Path, content: bytes) -> str:
    """Put an image where `mir` does; return its SHA-1."""
    sha1 = hashlib.sha1(content, usedforsecurity=False).hexdigest()
    (media / sha1[-2:]).mkdir(parents=True, exist_ok=True)
    (media / sha1[-2:] / sha1).write_bytes(content)
    return sha1


def commit(root: Path, version: str, files: Mapping[str, bytes], message: str = "") -> None:
    """Commit a version, `dataset@task`, to the branch of its dataset, and tag it."""
    dataset = version.partition("@")[0]
    if not (root / ".git").exists():
        root.mkdir(parents=True, exist_ok=True)
        git(root, "init", "--quiet", "--initial-branch", "master")
        (root / ".gitignore").write_text(IGNORED)
        git(root, "add", ".gitignore")
        git(root, "commit", "--quiet", "--message", "first commit")
    known = git(root, "branch", "--list", dataset).strip()
    git(root, "checkout", "--quiet", "-B", dataset, dataset if known else "master")
    for name, content in files.items():
        (root / name).write_bytes(content)
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--allow-empty", "--message", message or version)
    git(root, "tag", version)


def git(root: Path, *words: str) -> str:
    """Run git in a repository."""
    who = ("-c", "user.name=mir", "-c", "user.email=mir@example.org")
    done = subprocess.run(["git", *who, *words], cwd=root, capture_output=True, check=True)  # noqa: S603, S607 - our own words
    return done.stdout.decode()
