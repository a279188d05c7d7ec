"""Parts of the detector for GPUs by themselves: each test is some lines in its environment."""

import json
from pathlib import Path

import pytest

from tests.executors.runs import Executor, prepare, write_labelled

RTDETR = Executor("rtdetr")
pytestmark = RTDETR.needed
TINY = {"size": "tiny", "image_size": 64, "batch_size": 4, "epochs": 4, "threads": 1, "workers": 0}

CASES = {
    "templates state the defaults": """
import yaml
import json
from pathlib import Path
from rtdetr import settings
from ymir_kit.config import Config, runtime
from ymir_kit.mining import mining_settings
base = {"class_names": ["car"], "export_format": "ark:raw"}
for task in ("training", "mining", "infer"):
    template = yaml.safe_load(Path(f"img-man/{task}-template.yaml").read_text())
    one, other = Config(base), Config({**base, **template})
    looking = [settings.detection, mining_settings, runtime]
    for read in [settings.machine, *([settings.training] if task == "training" else looking)]:
        assert read(one) == read(other), (task, read(one), read(other))
""",
    "mistaken settings are refused": """
from rtdetr import settings
from ymir_kit.config import Config
from ymir_kit.errors import ExecutorError
good = {"class_names": ["a"]}
for bad in (
    {"class_names": []}, {"size": "xl"}, {"architecture": "yolo"}, {"image_size": 100},
    {"epochs": 0}, {"augmentation": 2}, {"export_format": "coco:raw"}, {"learning_rate": "nan"},
):
    try:
        settings.training(Config({**good, **bad}))
    except ExecutorError as error:
        assert error.code == 300001
    else:
        raise AssertionError(bad)
gpus = {"gpu_count": 2, "gpu_id": "0,1", "mixed_precision": "fp16"}
assert settings.machine(Config(gpus)).gpus == (0, 1)
""",
    "every image is seen once in an epoch and the order goes on anywhere": """
from rtdetr.order import Order
order = Order(count=10, batch_size=2, epochs=3, seed=5)
whole = list(order.batches(0))
assert order.steps == len(whole) == 15
for epoch in range(3):
    seen = sum(whole[epoch * 5 : epoch * 5 + 5], [])
    assert sorted(seen) == list(range(10))
assert whole[:5] != whole[5:10]
for step in range(15):
    assert list(order.batches(step)) == whole[step:]
parts = [list(Order(10, 2, 3, 5, rank, 2).batches(0)) for rank in (0, 1)]
assert len(parts[0]) == len(parts[1]) == 9
for epoch in range(3):
    seen = [each for part in parts for batch in part[epoch * 3 : epoch * 3 + 3] for each in batch]
    assert set(seen) == set(range(10)) and len(seen) == 12
""",
    "objects move with their pixels and go with them": """
import torch
from rtdetr.augment import Augmentation
from ymir_kit.pytorch import Objects
pixels = torch.zeros(16, 3, 64, 64)
pixels[:, :, 16:32, 24:48] = 1.0
box = torch.tensor([[24.0, 16, 48, 32], [0, 0, 0, 0]]).expand(16, 2, 4)
present = torch.tensor([[True, False]]).expand(16, 2)
objects = Objects(box, torch.ones(16, 2).long(), present)
same, labels = Augmentation(0.0)(pixels, objects)
assert torch.equal(same, pixels)
assert all(len(each["boxes"]) == 1 for each in labels)
assert torch.allclose(labels[0]["boxes"], torch.tensor([[36.0, 24, 24, 16]]) / 64)
torch.manual_seed(1)
changed, labels = Augmentation(1.0)(pixels, objects)
assert not torch.equal(changed, pixels)
compared = 0
for image, label in zip(changed, labels):
    assert 0 <= image.min() and image.max() <= 1
    bright = (image.mean(0) > 0.75 * image.mean(0).max()).nonzero()
    for x, y, width, height in (label["boxes"] * 64).tolist():
        edges = [x - width / 2, y - height / 2, x + width / 2, y + height / 2]
        seen = [*bright.min(0).values.flip(0), *(bright.max(0).values.flip(0) + 1)]
        assert max(abs(a - b) for a, b in zip(edges, seen)) < 3, (edges, seen)
        compared += 1
assert compared > 10
torch.manual_seed(1)
again, _ = Augmentation(1.0)(pixels, objects)
assert torch.equal(changed, again)
""",
    "a perfect detector has an average precision of one": """
import numpy
from rtdetr.evaluate import Truth, quality
from ymir_kit.detections import Detections
boxes = [numpy.array([[0.0, 0, 10, 10], [20, 20, 40, 40]]), numpy.array([[5.0, 5, 9, 9]])]
truth = [Truth(boxes[0], numpy.array([0, 1])), Truth(boxes[1], numpy.array([1]))]
def seen(places, labels):
    scores = numpy.linspace(0.9, 0.5, len(labels))
    return Detections(places, scores, numpy.array(labels), numpy.zeros((len(places), 2)))
perfect = quality([seen(boxes[0], [0, 1]), seen(boxes[1], [1])], truth, 3)
assert (perfect.ap, perfect.ap50) == (1.0, 1.0)
loose = quality([seen(boxes[0] + [0, 0, 3, 3], [0, 1]), seen(boxes[1], [1])], truth, 3)
assert loose.ap < loose.ap50 == 1.0
nothing = Detections(numpy.zeros((0, 4)), numpy.zeros(0), numpy.zeros(0, int), numpy.zeros((0, 2)))
assert quality([nothing, nothing], truth, 3).ap50 == 0.0
assert quality([], [], 3).ap50 == 0.0
""",
    "an ONNX file of other weights is not shipped, and of either architecture it can be": """
import logging, sys, tempfile, torch
import json
from pathlib import Path
from rtdetr.architecture import configuration
from rtdetr.export import checked, disagreement, write_onnx
from rtdetr.weights import Model, _build
from ymir_kit.card import Card
torch.set_num_threads(1)
path = Path(tempfile.mkdtemp()) / "a.onnx"
images = [torch.randint(0, 256, (3, 64, 64), dtype=torch.uint8) for _ in range(3)]
for architecture in ("rtdetr_v2", "d_fine"):
    torch.manual_seed(0)
    config = configuration(architecture, "tiny")
    config.num_queries = 84  # every place: weights by chance find some of them equally good
    network = _build(config, ["a", "b"]).eval()
    model = Model(network, Card(("a", "b"), 64))
    write_onnx(model, path)
    assert checked(model, path, images), disagreement(model, path, torch.stack(images))
    with torch.no_grad():
        for name, weight in network.named_parameters():
            if "class_embed" in name and name.endswith("bias"):
                weight += 1.0
    assert not checked(model, path, images)
""",
    "sizes are those of their authors": """
import torch
from rtdetr.architecture import configuration
from transformers import AutoModelForObjectDetection
millions = {
    ("rtdetr_v2", "s"): 20, ("rtdetr_v2", "m"): 31, ("rtdetr_v2", "l"): 42,
    ("d_fine", "s"): 10, ("d_fine", "m"): 19, ("d_fine", "l"): 31,
}
for (architecture, size), expected in millions.items():
    config = configuration(architecture, size)
    config.num_labels = 80
    with torch.device("meta"):
        network = AutoModelForObjectDetection.from_config(config)
    count = sum(weight.numel() for weight in network.parameters()) / 1e6
    assert abs(count - expected) < 1.5, (architecture, size, count)
""",
}

# Starts the executor once for each `env.yaml` it is given, and tells code and last word of each.
MISTAKES = """
import contextlib, io, json, os, sys
from rtdetr.command import main
told = []
for environment in sys.argv[2:]:
    os.environ["DEFAULT_ENV_FILE_PATH"] = environment
    log = io.StringIO()
    with contextlib.redirect_stderr(log):
        code = main()
    told.append([code, (log.getvalue().splitlines() or [""])[-1]])
open(sys.argv[1], "w").write(json.dumps(told))
"""


@pytest.mark.parametrize("case", CASES)
def test_inside(case: str) -> None:
    assert RTDETR.inside(CASES[case]) == ""


def test_mistakes_end_with_their_code_and_one_line(tmp_path: Path, monkeypatch) -> None:
    good = write_labelled(tmp_path / "good", "train", range(4))
    (tmp_path / "data").mkdir()
    broken = tmp_path / "data" / "broken.png"
    broken.write_bytes(Path(good.read_text().split("\t")[0]).read_bytes()[:200])
    empty = tmp_path / "data" / "empty.txt"
    empty.write_text("")
    image, annotation = good.read_text().splitlines()[0].split("\t")
    (tmp_path / "broken.tsv").write_text(f"{broken}\t{annotation}\n")
    (tmp_path / "empty.tsv").write_text(f"{image}\t{empty}\n")
    (tmp_path / "model.yaml").write_text("detector: tinydet\nclass_names: [a]\nimage_size: 64\n")
    card, lost = str(tmp_path / "model.yaml"), str(tmp_path / "nowhere")
    # Where the hub is said to be, nothing listens.
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    mistakes = {
        "image": (300003, "broken.png", {}, {"training": tmp_path / "broken.tsv"}),
        "objects": (300002, "has an object", {}, {"training": tmp_path / "empty.tsv"}),
        "index": (300002, "names no image", {}, {}),
        "path": (300004, "`weights`: there is no `", {"weights": lost}, None),
        "hub": (300301, "cannot download `a/b`", {"weights": "a/b"}, None),
        "model": (300004, "but `tinydet`", {"pretrained_model_params": [card]}, None),
        "nan": (300201, "lower `learning_rate`", {"learning_rate": "1e30", "warm_up": 0}, None),
        "gpu": (300102, "torch sees no GPU", {"gpu_count": 1, "gpu_id": "0"}, None),
        "resume": (300001, "there is no `", {"resume_from": lost}, None),
    }
    started = []
    for name, (_, _, config, index) in mistakes.items():
        indices = {"training": good, "val": good} if index is None else index
        environment, _ = prepare(tmp_path / name, ["training"], {**TINY, **config}, **indices)
        started.append(environment["DEFAULT_ENV_FILE_PATH"])
    gone = {"model_params_path": [f"{lost}/model.yaml", f"{lost}/model.safetensors"]}
    environment, _ = prepare(tmp_path / "lost", ["infer"], {**TINY, **gone}, candidate=good)
    started.append(environment["DEFAULT_ENV_FILE_PATH"])
    mistakes["lost"] = (300004, "nowhere/model.yaml`", {}, None)
    assert RTDETR.inside(MISTAKES, str(tmp_path / "told.json"), *started) == ""
    told = json.loads((tmp_path / "told.json").read_text())
    for (name, (code, words, *_)), (ended, line) in zip(mistakes.items(), told, strict=True):
        assert ended == 1, (name, line)
        assert line.startswith(f"rtdetr: error {code}: "), (name, line)
        assert words in line, (name, line)
        columns = (tmp_path / name / "out" / "monitor.txt").read_text().split("\t")
        assert columns[3:5] == ["4", str(code)]
