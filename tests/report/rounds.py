"""Recorded rounds as a loop leaves them, from made-up scenes: real scores of jittered truth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import md5
from pathlib import Path

import numpy as np
import orjson
import polars as pl
from PIL import Image, ImageDraw

from ymir.data.table import table
from ymir.metrics.judge import judge
from ymir.plan.decision import Decision, Figures, decide
from ymir.plan.snapshot import Recipe, Version
from ymir.report.record import ProjectRecord, RoundRecord
from ymir.spec.project import ProjectSpec

LABELS = ("helmet_head", "no_helmet_head")
SIZE = 96


@dataclass(frozen=True)
class Scenes:
    """Labelled images of one kind, and where their bytes lie."""

    images: pl.DataFrame
    places: Mapping[str, Path]


def drawn(folder: Path, count: int, *, seed: int = 0, labels: Sequence[str] = LABELS) -> Scenes:
    """`count` small images with a coloured square per box."""
    folder.mkdir(parents=True)
    chance = np.random.default_rng(seed)
    rows, places = [], {}
    for number in range(count):
        path = folder / f"scene-{seed}-{number:03d}.png"
        objects = _boxes(chance, labels)
        _draw(objects, chance).save(path)
        digest = md5(path.read_bytes(), usedforsecurity=False).hexdigest()
        places[digest] = path
        about = {"image": digest, "file": path.name, "width": SIZE, "height": SIZE}
        rows.append({**about, "objects": objects})
    return Scenes(table(rows), places)


def _boxes(chance: np.random.Generator, labels: Sequence[str]) -> list[dict[str, object]]:
    count = int(chance.integers(0, 5))
    corners = chance.integers(2, SIZE - 26, (count, 2))
    sizes = chance.integers(10, 24, (count, 2))
    named = chance.choice(len(labels), count, p=_long_tail(len(labels)))
    return [
        {"label": labels[k], "x": float(x), "y": float(y), "w": float(w), "h": float(h)}
        for k, (x, y), (w, h) in zip(named, corners, sizes, strict=True)
    ]


def _long_tail(count: int) -> np.ndarray:
    weight = 1 / np.arange(1, count + 1)
    return weight / weight.sum()


def _draw(objects: list[dict[str, object]], chance: np.random.Generator) -> Image.Image:
    picture = Image.new("RGB", (SIZE, SIZE), tuple(int(v) for v in chance.integers(60, 200, 3)))
    draw = ImageDraw.Draw(picture)
    for each in objects:
        x, y, w, h = (float(each[key]) for key in "xywh")
        draw.rectangle((x, y, x + w, y + h), fill=tuple(int(v) for v in chance.integers(0, 255, 3)))
    return picture


def guessed(truth: pl.DataFrame, skill: float, seed: int, labels: Sequence[str]) -> pl.DataFrame:
    """What a model of `skill` in 0..1 would predict: some boxes missed, moved, taken for others."""
    chance = np.random.default_rng(seed)
    rows = []
    for row in truth.iter_rows(named=True):
        objects = [
            _moved(each, skill, chance, labels)
            for each in row["objects"]
            if chance.random() < 0.25 + 0.75 * skill
        ]
        for each in list(objects) or [None]:
            if each and chance.random() < 0.5 * (1 - skill):
                x, y = chance.uniform(0, 0.8, 2)
                objects.append(
                    each
                    | {"x": x * row["width"], "y": y * row["height"]}
                    | {"score": float(chance.uniform(0.02, 0.75))}
                )
        rows.append({**row, "objects": objects})
    return table(rows)


def _moved(
    each: dict[str, object], skill: float, chance: np.random.Generator, labels: Sequence[str]
) -> dict[str, object]:
    slip = (1 - skill) * 0.35
    x, y, w, h = (float(each[key]) for key in "xywh")
    label = each["label"] if chance.random() < 0.7 + 0.3 * skill else chance.choice(list(labels))
    return {
        "label": str(label),
        "x": max(0.0, x + chance.normal(0, slip) * w),
        "y": max(0.0, y + chance.normal(0, slip) * h),
        "w": w * float(np.exp(chance.normal(0, slip))),
        "h": h * float(np.exp(chance.normal(0, slip))),
        "score": float(np.clip(chance.beta(2 + 6 * skill, 2), 0.01, 0.999)),
    }


def spec(labels: Sequence[str] = LABELS, **changes: object) -> ProjectSpec:
    """A project that wants mAP 0.85."""
    plain: dict[str, object] = {
        "apiVersion": "ymir/v1",
        "kind": "Project",
        "name": "helmet",
        "description": "Who wears no helmet on the site?",
        "labels": list(labels),
        "data": {
            "training": "site-train",
            "validation": "site-val",
            "testing": "site-test",
            "mining": "site-pool",
        },
        "goal": {"map": 0.85, "per_class": {labels[-1]: 0.8}, "rounds": 5, "labels": 200},
        "train": {"executor": "tinydet"},
        "mine": {"use": "entropy", "topk": 40},
        "label": {"use": "existing"},
    }
    return ProjectSpec.model_validate({**plain, **changes})


@dataclass(frozen=True)
class World:
    """What a fake project is made of."""

    spec: ProjectSpec
    training: Scenes
    testing: Scenes
    pool: Scenes

    def locate(self, digests: object) -> Mapping[str, Path]:
        """Where images lie."""
        places = {**self.training.places, **self.testing.places, **self.pool.places}
        return {image: places[image] for image in digests if image in places}


def world(folder: Path, labels: Sequence[str] = LABELS, **changes: object) -> World:
    """A small world: 12 training, 30 testing and 24 pool images."""
    return World(
        spec(labels, **changes),
        drawn(folder / "training", 12, seed=1, labels=labels),
        drawn(folder / "testing", 30, seed=2, labels=labels),
        drawn(folder / "pool", 24, seed=3, labels=labels),
    )


def project(
    folder: Path, world: World, skills: Sequence[float] = (0.5, 0.75, 0.95), topk: int = 6
) -> ProjectRecord:
    """As many judged rounds as `skills`; the last has mined and labelled too."""
    rounds: list[RoundRecord] = []
    history: list[Figures] = []
    training, pool = world.training.images, world.pool.images
    for number, skill in enumerate(skills, 1):
        into = folder / str(number)
        into.mkdir(parents=True)
        figures = _judged(into, world, training, skill, number, topk * (number - 1))
        history.append(figures)
        mined = _mined(into, pool, skill, number, topk, world.spec.labels)
        training = pl.concat([training, mined])
        pool = pool.join(mined, on="image", how="anti")
        empty = pool.is_empty()
        decision = decide(world.spec.goal, history, rounds=number, pool_empty=empty)
        rounds.append(_recorded(into, number, decision))
    return ProjectRecord(
        spec=world.spec,
        rounds=tuple(rounds),
        testing=world.testing.images,
        datasets={
            f"site-{name}": _version("import", f"site-{name}", images=40, boxes=90)
            for name in ("train", "val", "test", "pool")
        },
        ymir="0.1.0",
    )


def _judged(
    into: Path, world: World, training: pl.DataFrame, skill: float, number: int, labels: int
) -> Figures:
    names = world.spec.labels
    training.write_parquet(into / "training.parquet")
    found = guessed(world.testing.images, skill, number, names)
    scores, matches = judge(world.testing.images, found, labels=names)
    matches.write_parquet(into / "matches.parquet")
    both = {"testing": scores, "validation": scores}
    (into / "metrics.json").write_bytes(orjson.dumps(both, option=orjson.OPT_INDENT_2))
    _model(into / "model", names)
    return Figures(
        round=number,
        map=scores.map.value,
        map_low=scores.map.low,
        map_high=scores.map.high,
        map_50_95=scores.map_50_95.value,
        map_50_95_low=scores.map_50_95.low,
        per_class={c.label: c.ap50.value for c in scores.per_class if c.ap50},
        labels=labels,
    )


def _model(folder: Path, names: Sequence[str]) -> None:
    folder.mkdir()
    (folder / "best.pt").write_bytes(b"weights" * 100)
    (folder / "best.onnx").write_bytes(b"onnx" * 100)
    about = {
        "stage": "best",
        "files": ["best.pt", "best.onnx"],
        "class_names": list(names),
        "executor": "tinydet",
        "config": {"seed": 7, "epochs": 30, "class_names": list(names)},
        "own_map": 0.9,
        "timestamp": 1795332818,
    }
    (folder / "model.json").write_bytes(orjson.dumps(about))


def _mined(
    into: Path, pool: pl.DataFrame, skill: float, number: int, topk: int, labels: Sequence[str]
) -> pl.DataFrame:
    guessed(pool, skill, number, labels).write_parquet(into / "pool.parquet")
    picked = pool.head(topk)
    picked.select(
        "image",
        score=1.5 - pl.int_range(pl.len()) * 0.03,
        why=pl.lit("4 boxes near the threshold"),
        rank=pl.int_range(1, pl.len() + 1),
    ).write_parquet(into / "mined.parquet")
    picked.write_parquet(into / "labelled.parquet")
    return picked


def _recorded(into: Path, number: int, decision: Decision) -> RoundRecord:
    kinds = ("training", "train", "predict", "judge", "package", "mine", "label")
    versions = {kind: _version(kind, f"{number}{kind}", seconds=3.5) for kind in kinds}
    return RoundRecord(number, into, decision, versions, commit="1f0c9e" * 6 + "abcd")


def _version(kind: str, content: str, **facts: float) -> Version:
    digest = md5(content.encode(), usedforsecurity=False).hexdigest()
    return Version(Recipe(kind, {}, {"executor": "e" * 32}), digest, facts=facts)
