"""A detector of lamps that learns their hues in a moment; the standard library is all it needs.

It speaks YMIR's folder contract: `env.yaml` says what to do, and where everything is.
"""

import colorsys
import json
import os
import struct
import sys
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

WIDTH, HEIGHT = 64, 48
PANEL = (24, 26, 30)
SIGNATURE = b"\x89PNG\r\n\x1a\n"
Colour = tuple[int, int, int]
Box = tuple[int, int, int, int]  # left, top, width, height
Lamp = tuple[Box, Colour]
Words = dict[str, str]
Lists = dict[str, list[str]]
FAR = 12.0  # degrees of hue; a lamp this far from all that it knows is as good as guessed


def main() -> None:
    """Do what `env.yaml` asks for."""
    env, _ = read_yaml(Path(os.environ["DEFAULT_ENV_FILE_PATH"]))
    settings, lists = read_yaml(Path(env["config_file"]))
    if env["run_training"] == "true":
        train(env, lists["class_names"], lists.get("pretrained_model_params", []))
        linger(float(settings.get("pause", 0)))
    if env["run_infer"] == "true":
        infer(env, lists["model_params_path"])
    text = f"{env['task_id']}\t{time.time()}\t1.00\t2\n"
    Path(env["monitor_file"]).write_text(text)


def train(env: Words, classes: list[str], earlier: list[str]) -> None:
    """Remember the hue of every lamp, and its class, beside what an earlier model remembers."""
    memory = recall(earlier)
    for line in Path(env["training_index_file"]).read_text().splitlines():
        image, annotation = line.split("\t")
        lamps = {box[:2]: colour for box, colour in read_lamps(Path(image))}
        for row in Path(annotation).read_text().splitlines():
            label, left, top = (int(float(each)) for each in row.split(",")[:3])
            memory[hue(lamps[left, top])] = classes[label]
    say(f"{len(memory)} hues are known")
    models = Path(env["models_dir"])
    (models / "hues.json").write_text(json.dumps(memory, sort_keys=True))
    Path(env["training_result_file"]).write_text(
        "best_stage_name: best\nmodel_stages:\n  best:\n    stage_name: best\n"
        "    files: [hues.json]\n    timestamp: 1700000000\n    mAP: 0.5\n"
    )


def infer(env: Words, weights: list[str]) -> None:
    """Give every lamp the class of the nearest hue; the nearer, the surer."""
    memory = recall(weights)
    images = Path(env["candidate_index_file"]).read_text().split()
    detection = {
        Path(image).name: {
            "boxes": [guess(memory, box, colour) for box, colour in read_lamps(Path(image))]
        }
        for image in images
    }
    say(f"{len(images)} images were looked at")
    Path(env["infer_result_file"]).write_text(json.dumps({"detection": detection}))


def linger(seconds: float) -> None:
    """Train no further, but for so long that somebody can look."""
    for passed in range(round(seconds)):
        say(f"{passed} s")
        time.sleep(1)


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def recall(weights: list[str]) -> dict[int, str]:
    """The hues that a model remembers; none without a model."""
    files = [Path(each) for each in weights if each.endswith(".json")]
    return {
        int(hue): label for each in files for hue, label in json.loads(each.read_text()).items()
    }


def guess(memory: dict[int, str], box: Box, colour: Colour) -> dict[str, object]:
    """The class of the nearest hue."""
    mine = hue(colour)
    away, label = min((abs((mine - known + 180) % 360 - 180), memory[known]) for known in memory)
    score = round(0.4 + 0.6 * max(0.0, 1 - away / FAR), 4)
    return {"class_name": label, "score": score, "box": dict(zip("xywh", box, strict=True))}


def hue(colour: Colour) -> int:
    """The hue in whole degrees."""
    red, green, blue = (each / 255 for each in colour)
    return round(360 * colorsys.rgb_to_hsv(red, green, blue)[0]) % 360


def read_lamps(path: Path) -> list[Lamp]:
    """Every lamp of a picture: the box around touching pixels that are no panel, and its colour."""
    rows = _rows(path)
    lit = {
        (x, y)
        for y, row in enumerate(rows)
        for x in range(WIDTH)
        if row[3 * x : 3 * x + 3] != bytes(PANEL)
    }
    found = []
    for shape in _shapes(lit):
        left, top = (min(each[axis] for each in shape) for axis in (0, 1))
        right, bottom = (max(each[axis] for each in shape) + 1 for axis in (0, 1))
        red, green, blue = rows[top][3 * left : 3 * left + 3]
        found.append(((left, top, right - left, bottom - top), (red, green, blue)))
    return sorted(found)


def _rows(path: Path) -> list[bytes]:
    data = path.read_bytes()
    pixels = zlib.decompress(b"".join(part for name, part in _chunks(data) if name == b"IDAT"))
    line = 1 + 3 * WIDTH
    return [pixels[start + 1 : start + line] for start in range(0, len(pixels), line)]


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = len(SIGNATURE)
    while place < len(data):
        (size,) = struct.unpack_from(">I", data, place)
        yield data[place + 4 : place + 8], data[place + 8 : place + 8 + size]
        place += size + 12


def _shapes(lit: set[tuple[int, int]]) -> Iterator[set[tuple[int, int]]]:
    """Split pixels into sets that touch."""
    while lit:
        edge, shape = [lit.pop()], set()
        while edge:
            x, y = edge.pop()
            shape.add((x, y))
            near = {(x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)} & lit
            lit -= near
            edge.extend(near)
        yield shape


def read_yaml(path: Path) -> tuple[Words, Lists]:
    """The values and the lists of strings in a file as ymir writes them, whatever they are in."""
    words: Words = {}
    lists: Lists = {}
    key = ""
    for line in path.read_text().splitlines():
        text = line.strip()
        if text.startswith("- "):
            lists.setdefault(key, []).append(_unquoted(text[2:]))
        else:
            key, _, value = text.partition(":")
            words[key] = _unquoted(value.strip())
    return words, lists


def _unquoted(text: str) -> str:
    return text[1:-1].replace("''", "'") if text[:1] == text[-1:] == "'" else text


if __name__ == "__main__":
    sys.exit(main())
