"""Runs in the environment of the detector for GPUs: how fast it learns and looks.

Arguments: a folder to work in, the file to write, and `--quick`; see `executors_gpu.py`.
"""

from __future__ import annotations

import json
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from rtdetr.architecture import configuration
from rtdetr.dataset import Sample, batches, in_order
from rtdetr.detect import by_torch, detect
from rtdetr.device import device_of, precision_of, prepare
from rtdetr.learner import Learner
from rtdetr.order import Order
from rtdetr.settings import DetectionSettings, Machine, training
from torch.utils.data import DataLoader, Dataset
from transformers import AutoModelForObjectDetection, PreTrainedModel
from ymir_kit.annotations import LabelledBox
from ymir_kit.config import Config

WORK, TOLD = (Path(word) for word in sys.argv[1:3])
HAS_GPU = torch.cuda.is_available()
MACHINE = Machine((0,), 4, 8, "auto") if HAS_GPU else Machine((), 1, 0, "auto")
SIZE, SIDE, BATCH = ("s", 640, 16) if HAS_GPU else ("tiny", 128, 8)
IS_QUICK = "--quick" in sys.argv
STEPS = (100 if HAS_GPU else 10) // (2 if IS_QUICK else 1)
TURNS = 3 if IS_QUICK else 7
SETTINGS = training(
    Config({"class_names": ["a", "b"], "export_format": "ark:raw", "size": SIZE}
           | {"image_size": SIDE, "batch_size": BATCH, "epochs": 10_000, "augmentation": 0})
)  # fmt: skip
LOOK = DetectionSettings(BATCH)


def main() -> None:
    """Measure both works, ours and the plain way by turns, and write what was found."""
    prepare(MACHINE)
    samples = _samples(BATCH * STEPS)
    place = torch.cuda.get_device_name() if HAS_GPU else "a CPU (tiny model)"
    told = {
        "place": place,
        "has_gpu": HAS_GPU,
        "training": _compared(_our_training(samples), _plain_training(samples)),
        "inference": _compared(_our_inference(samples), _plain_inference(samples)),
    }
    TOLD.write_text(json.dumps(told), encoding="utf-8")


def _compared(ours: Callable[[], None], plain: Callable[[], None]) -> dict[str, float]:
    """Images per second of both, in the middle of several turns, after one that does not count."""
    _time(ours), _time(plain)
    if HAS_GPU:
        torch.cuda.reset_peak_memory_stats()
    pairs = [(_time(ours), _time(plain)) for _ in range(TURNS)]
    count = BATCH * STEPS
    mine, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    return {
        "ours": count / mine,
        "plain": count / theirs,
        "ratio": statistics.median(other / own for own, other in pairs),
        "memory": _memory(),
    }


def _time(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    if HAS_GPU:
        torch.cuda.synchronize()
    return time.perf_counter() - began


def _memory() -> float:
    if HAS_GPU:
        return torch.cuda.max_memory_allocated() / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def _samples(count: int) -> list[Sample]:
    """Pictures with two boxes each; 64 files, read again and again."""
    dice, files = np.random.default_rng(0), []
    for number in range(64):
        path = WORK / f"{number}.jpg"
        small = dice.integers(0, 255, (SIDE // 16, SIDE // 16, 3)).astype(np.uint8)
        Image.fromarray(small).resize((SIDE, SIDE)).save(path)
        files.append(path)
    edge = SIDE / 4
    boxes = (LabelledBox(0, 4, 4, edge, edge), LabelledBox(1, edge, edge, 3 * edge, 2 * edge))
    return [Sample(files[number % len(files)], boxes) for number in range(count)]


def _network() -> PreTrainedModel:
    torch.manual_seed(0)
    config = configuration("rtdetr_v2", SIZE)
    config.num_labels = 2
    return AutoModelForObjectDetection.from_config(config).to(device_of(MACHINE))


def _our_training(samples: list[Sample]) -> Callable[[], None]:
    learner = Learner(_network(), SETTINGS, MACHINE, 1_000_000)

    def learn() -> None:
        order = Order(len(samples), BATCH, 1, 0).batches(0)
        read = batches(samples, SIDE, order, workers=MACHINE.workers, is_pinned=HAS_GPU)
        for batch in read:
            learner.step(batch)

    return learn


def _our_inference(samples: list[Sample]) -> Callable[[], None]:
    predict = by_torch(_network(), device_of(MACHINE), precision_of(MACHINE))

    def look() -> None:
        order = in_order(len(samples), BATCH)
        read = batches(samples, SIDE, order, workers=MACHINE.workers, is_pinned=HAS_GPU)
        for _, found in detect(predict, read, LOOK):
            assert len(found) == BATCH

    return look


class _Plain(Dataset):
    """The same pictures as torch's own examples read them."""

    def __init__(self, samples: list[Sample]) -> None:
        self._samples = samples

    def __len__(self) -> int:
        return len(self._samples)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        sample = self._samples[index]
        pixels = np.array(Image.open(sample.image).convert("RGB"))
        edges = torch.tensor([[b.left, b.top, b.right, b.bottom] for b in sample.boxes]) / SIDE
        boxes = torch.cat([(edges[:, :2] + edges[:, 2:]) / 2, edges[:, 2:] - edges[:, :2]], 1)
        labels = torch.tensor([box.label for box in sample.boxes])
        image = torch.from_numpy(pixels).permute(2, 0, 1)
        return image, {"boxes": boxes, "class_labels": labels}


def _plain_batches(samples: list[Sample], *, is_shuffled: bool) -> Iterator[tuple]:
    def together(items: list[tuple[torch.Tensor, dict[str, torch.Tensor]]]) -> tuple:
        return torch.stack([image for image, _ in items]), [label for _, label in items]

    return iter(
        DataLoader(
            _Plain(samples),
            BATCH,
            shuffle=is_shuffled,
            num_workers=MACHINE.workers,
            collate_fn=together,
            pin_memory=HAS_GPU,
        )
    )


def _plain_training(samples: list[Sample]) -> Callable[[], None]:
    """The loop of transformers' own guide: forward, backward, clip, step."""
    network, device = _network().train(), device_of(MACHINE)
    optimizer = torch.optim.AdamW(network.parameters(), 0.0002)
    mixed = _mixed(device)

    def learn() -> None:
        for pixels, labels in _plain_batches(samples, is_shuffled=True):
            images = pixels.to(device, non_blocking=True).float() / 255
            wanted = [{key: value.to(device) for key, value in each.items()} for each in labels]
            with mixed:
                loss = network(pixel_values=images, labels=wanted).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 0.1)
            optimizer.step()
            optimizer.zero_grad()

    return learn


def _plain_inference(samples: list[Sample]) -> Callable[[], None]:
    """Forward and transformers' own way of choosing boxes, on one batch after the other."""
    network, device = _network().eval(), device_of(MACHINE)
    mixed = _mixed(device)

    def look() -> None:
        for pixels, _ in _plain_batches(samples, is_shuffled=False):
            images = pixels.to(device, non_blocking=True).float() / 255
            with torch.no_grad(), mixed:
                seen = network(pixel_values=images)
            _chosen(seen.logits.float().sigmoid(), seen.pred_boxes.float())

    return look


def _chosen(scores: torch.Tensor, boxes: torch.Tensor) -> list[tuple[np.ndarray, ...]]:
    """What transformers' image processor does after the network: the best pairs, as pixels."""
    best = scores.flatten(1).topk(min(100, scores[0].numel()), 1)
    queries = best.indices // scores.shape[-1]
    edges = torch.cat([boxes[..., :2] - boxes[..., 2:] / 2, boxes[..., :2] + boxes[..., 2:] / 2], 2)
    places = edges.gather(1, queries[..., None].expand(-1, -1, 4)) * SIDE
    rows = zip(best.values.cpu().numpy(), places.cpu().numpy(), strict=True)
    return [(score[score > LOOK.confidence_threshold], place) for score, place in rows]


def _mixed(device: torch.device) -> torch.autocast:
    precision = {"bf16": torch.bfloat16, "fp16": torch.float16}.get(precision_of(MACHINE))
    return torch.autocast(device.type, precision, enabled=precision is not None)


if __name__ == "__main__":
    main()
