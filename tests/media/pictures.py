"""Small real images and annotations for tests."""

import io
from pathlib import Path

from PIL import Image


def picture(seed: int = 0, size: tuple[int, int] = (64, 48), kind: str = "jpg") -> bytes:
    """A small image; another seed makes other bytes."""
    image = Image.new("RGB", size, (seed % 256, seed // 256 % 256, 99))
    file = io.BytesIO()
    image.save(file, "JPEG" if kind == "jpg" else "PNG", comment=str(seed))
    return file.getvalue()


def put(path: Path, content: bytes | str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def voc(*objects: str, size: tuple[int, int] | None = (64, 48)) -> str:
    """A VOC annotation."""
    width, height = size or (0, 0)
    declared = f"<size><width>{width}</width><height>{height}</height><depth>3</depth></size>"
    return f"<annotation>{declared if size else ''}{''.join(objects)}</annotation>"


def thing(name: str = "cat", box: tuple[object, ...] = (11, 11, 20, 30), more: str = "") -> str:
    """A VOC object; the box is xmin, ymin, xmax, ymax, counted from 1."""
    names = ("xmin", "ymin", "xmax", "ymax")
    corners = "".join(f"<{n}>{v}</{n}>" for n, v in zip(names, box, strict=True))
    return f"<object><name>{name}</name><bndbox>{corners}</bndbox>{more}</object>"


def voc_folder(folder: Path, count: int = 3) -> Path:
    """A sound dataset: images 0.jpg, 1.jpg, ... with a cat each."""
    for number in range(count):
        put(folder / "JPEGImages" / f"{number}.jpg", picture(number))
        put(folder / "Annotations" / f"{number}.xml", voc(thing()))
    return folder
