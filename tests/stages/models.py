"""A model that finds what a test says, asked by the real jobs of a stage."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from tests.stages.test_training import Place
from ymir.media.tables import read_table
from ymir.package.contents import Model
from ymir.stages.kind import StageKind, Work

Answer = Callable[[list[str], Path], None]


def put_model(place: Place, train: str = "p/r1/train", weights: bytes = b"w") -> None:
    """What a `train` stage leaves: a model of one file."""
    folder = place.root / "store" / train / "model"
    folder.mkdir(parents=True)
    (folder / "model.bin").write_bytes(weights)
    said = Model(
        stage="best", files=("model.bin",), class_names=("cat",), executor="tiny", timestamp=1
    )
    (folder / "model.json").write_text(said.model_dump_json())


def asking(work: Work, **settings: object) -> Work:
    """The same stage with an executor that can be asked, and other settings."""
    known = {**work.stage.settings, "executor": "tiny", **settings}
    recipe = replace(work.recipe, inputs={**work.recipe.inputs, "executor": "e1"})
    return replace(work, stage=replace(work.stage, settings=known), recipe=recipe)


def run(kind: StageKind, work: Work, answer: Answer) -> int:
    """Let each of its jobs be answered, as a backend and the loop would; how many there were."""
    jobs = list(kind.jobs(work))
    for job in jobs:
        out = job.folder / "out"
        out.mkdir()
        answer(read_table(job.folder / "asked.parquet")["image"].to_list(), out)
        kind.take(work, job)
    return len(jobs)


def finding(found: Mapping[str, tuple[str, float]]) -> Answer:
    """An executor that finds one object in each of these images, and nothing in others."""
    box = {"x": 1, "y": 1, "w": 9, "h": 9}

    def answer(images: list[str], out: Path) -> None:
        said = {
            f"{image}.jpg": {
                "boxes": [{"class_name": found[image][0], "score": found[image][1], "box": box}]
                if image in found
                else []
            }
            for image in images
        }
        (out / "infer-result.json").write_text(json.dumps({"detection": said}))

    return answer
