"""Parts of TinyDet by themselves: each test is a few lines run in the executor's environment."""

import pytest

from tests.executors.runs import Executor

TINYDET = Executor("tinydet")
pytestmark = TINYDET.needed

CASES = {
    "templates state the defaults": """
import yaml
from pathlib import Path
from tinydet import settings
from ymir_kit.config import runtime
from ymir_kit.mining import mining_settings
from ymir_kit.config import Config
base = {"class_names": ["car"], "export_format": "ark:raw"}
for task in ("training", "mining", "infer"):
    template = yaml.safe_load(Path(f"img-man/{task}-template.yaml").read_text())
    one, other = Config(base), Config({**base, **template})
    readers = [settings.machine]
    if task == "training":
        readers += [settings.training]
    else:
        readers += [settings.detection, mining_settings, runtime]
    for read in readers:
        assert read(one) == read(other), (task, read(one), read(other))
""",
    "settings from a web page are texts": """
from tinydet import settings
from ymir_kit.config import Config
values = {"class_names": ["a"], "iterations": "20", "export_onnx": "F", "learning_rate": "1e-3"}
read = settings.training(Config(values))
assert (read.iterations, read.export_onnx, read.learning_rate) == (20, False, 0.001)
""",
    "mistaken settings are refused": """
from tinydet import settings
from ymir_kit.errors import ExecutorError
from ymir_kit.config import Config
good = {"class_names": ["a"]}
for bad in (
    {"class_names": []}, {"class_names": ["a", "a"]}, {"iterations": "many"}, {"iterations": 1.5},
    {"export_format": "coco:raw"}, {"learning_rate": "nan"}, {"export_onnx": "maybe"},
):
    try:
        settings.training(Config({**good, **bad}))
    except ExecutorError as error:
        assert error.code == 300001
    else:
        raise AssertionError(bad)
""",
    "boxes survive the way into the square": """
import numpy, tempfile
from pathlib import Path
from PIL import Image
from ymir_kit.contract import LabelledLine
from tinydet.dataset import read_labelled_images
folder = Path(tempfile.mkdtemp())
Image.fromarray(numpy.zeros((50, 100, 3), numpy.uint8)).save(folder / "wide.png")
(folder / "wide.txt").write_text("0, 10, 20, 29, 49, -1.0, 0.0\\n0, 200, 0, 210, 9, -1.0, 0.0\\n")
line = LabelledLine(folder / "wide.png", folder / "wide.txt")
images = read_labelled_images([line], "ark", ["car"], 64, 1)
assert images.objects.present.tolist() == [[True]]
assert numpy.allclose(images.objects.boxes[0, 0], [6.4, 12.8, 19.2, 32.0])
assert (images.pixels[0, :, :32] == 0).all() and (images.pixels[0, :, 32:] == 114).all()
""",
    "a perfect detector has an mAP of one": """
import numpy, torch
from ymir_kit.pytorch import Objects
from ymir_kit.detections import Detections
from tinydet.evaluate import mean_average_precision
boxes = torch.tensor([[[0.0, 0, 10, 10], [20, 20, 40, 40]], [[5, 5, 9, 9], [0, 0, 0, 0]]])
objects = Objects(boxes, torch.tensor([[0, 1], [1, 0]]), torch.tensor([[1, 1], [1, 0]]).bool())
def found(rows, labels):
    scores = numpy.linspace(0.9, 0.5, len(labels))
    return Detections(numpy.array(rows), scores, numpy.array(labels), numpy.zeros((len(rows), 2)))
perfect = [found([[0, 0, 10, 10], [20, 20, 40, 40]], [0, 1]), found([[5, 5, 9, 9]], [1])]
assert mean_average_precision(perfect, objects, 3) == 1.0
half = [perfect[0], found([[50, 50, 60, 60]], [1])]
assert 0.62 < mean_average_precision(half, objects, 3) < 0.63
""",
    "suppression keeps the best of each class": """
import numpy
from tinydet.detect import suppress
from tinydet.settings import DetectionSettings
boxes = numpy.array([[0, 0, 10, 10], [1, 0, 11, 10], [30, 30, 40, 40]], numpy.float32)
scores = numpy.array([[0.6, 0.3], [0.8, 0.0], [0.01, 0.5]], numpy.float32)
found = suppress(scores, boxes, DetectionSettings())
assert found.labels.tolist() == [0, 1, 1]
assert numpy.allclose(found.scores, [0.8, 0.5, 0.3])
assert len(suppress(scores, boxes, DetectionSettings(max_detections=1)).scores) == 1
assert len(suppress(scores * 0, boxes, DetectionSettings()).scores) == 0
""",
    "mining prefers doubt and is never not a number": """
import numpy
from ymir_kit.detections import Detections
from ymir_kit.mining import ALGORITHMS, image_score, random_score
def seen(*scores):
    rows = numpy.array(scores, numpy.float32).reshape(-1, 2)
    return Detections(numpy.zeros((len(rows), 4)), rows.max(1, initial=0), rows.argmax(1), rows)
for name in ALGORITHMS:
    assert image_score(seen(), name, 0.02) == 0.0
    sure, unsure = seen([1.0, 0.0]), seen([0.99, 0.0], [0.5, 0.45])
    assert 0 <= image_score(sure, name, 0.02) < image_score(unsure, name, 0.02)
    crowd = seen(*[[0.99, 0.0]] * 50)
    assert image_score(crowd, name, 0.02) < image_score(unsure, name, 0.02)
assert random_score("/in/a/x.jpg", 1) == random_score("/elsewhere/x.jpg", 1)
assert random_score("x.jpg", 1) != random_score("x.jpg", 2)
""",
    "an untouched crop keeps its objects": """
import torch
from tinydet import augment
from tinydet.augment import Dice, random_crops
from tinydet.dataset import LabelledImages
from ymir_kit.pytorch import Objects
pixels = torch.zeros(8, 3, 64, 64, dtype=torch.uint8)
pixels[:, :, 16:32, 24:48] = 255
box = torch.tensor([24.0, 16, 48, 32]).expand(8, 1, 4)
objects = Objects(box, torch.zeros(8, 1).long(), torch.ones(8, 1).bool())
crops, seen = random_crops(LabelledImages(pixels, objects), torch.arange(8), 48, Dice(0))
for crop, box, present in zip(crops, seen.boxes[:, 0], seen.present[:, 0]):
    bright = (crop.mean(0) > 0.5).nonzero()
    if present and len(bright):
        least, most = bright.min(0).values.flip(0), bright.max(0).values.flip(0) + 1
        assert (torch.cat([least, most]) - box).abs().max() < 2.0, (least, most, box)
""",
}


@pytest.mark.parametrize("case", CASES)
def test_inside(case: str) -> None:
    assert TINYDET.inside(CASES[case]) == ""
