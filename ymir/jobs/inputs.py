"""What the files in `in/` say, as plain values, in each version of the folder contract. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Literal

import polars as pl
from pydantic import JsonValue

from ymir.errors import DataError
from ymir.jobs.request import Inference, Request, Training, Weights
from ymir.spec.parameters import EXPORT_FORMATS

DETECTION = 2  # the contract's `object_type`
COCO_FILE = "annotations/coco-annotations.json"  # one for all sets; the index files say which

Form = Literal["ark", "voc", "coco", "none"]

_SUFFIX: Mapping[Form, str] = {"ark": "txt", "voc": "xml"}
_FORMS: Mapping[str, Form] = {
    "ark": "ark",
    "voc": "voc",
    "coco": "coco",
    "none": "none",
    "det-ark": "ark",
    "det-voc": "voc",
    "seg-coco": "coco",
}


def environment(request: Request, root: PurePath) -> dict[str, JsonValue]:
    """What `env.yaml` says; `root` holds `in` and `out` as the executor sees them."""
    inputs, outputs = root / "in", root / "out"
    is_training = isinstance(request, Training)
    return {
        **_protocol(request),
        "task_id": request.task,
        "run_training": is_training,
        "run_mining": isinstance(request, Inference) and request.is_ranking,
        "run_infer": isinstance(request, Inference) and request.is_finding,
        "input": {
            "root_dir": str(inputs),
            "assets_dir": str(inputs / "assets"),
            "annotations_dir": str(inputs / "annotations"),
            "models_dir": str(inputs / "models"),
            "config_file": str(inputs / "config.yaml"),
            "training_index_file": str(inputs / "train-index.tsv") if is_training else "",
            "val_index_file": str(inputs / "val-index.tsv") if is_training else "",
            "candidate_index_file": "" if is_training else str(inputs / "candidate-index.tsv"),
        },
        "output": {
            "root_dir": str(outputs),
            "models_dir": str(outputs / "models"),
            "tensorboard_dir": str(outputs / "tensorboard"),
            "training_result_file": str(outputs / "models" / "result.yaml"),
            "mining_result_file": str(outputs / "result.tsv"),
            "infer_result_file": str(outputs / "infer-result.json"),
            "monitor_file": str(outputs / "monitor.txt"),
            "executor_log_file": str(outputs / "ymir-executor-out.log"),
        },
    }


def config(request: Request, root: PurePath) -> dict[str, JsonValue]:
    """What `config.yaml` says: the executor's parameters, then what ymir alone decides."""
    return {
        **settings(request),
        "class_names": list(request.class_names),
        "gpu_count": request.gpus,
        "gpu_id": ",".join(str(number) for number in range(request.gpus)),
        "object_type": DETECTION,
        "task_id": request.task,
        **_tasks(request),
        **_weights(request, root),
    }


def settings(request: Request) -> dict[str, JsonValue]:
    """The executor's defaults, and what the user says instead."""
    said = {**request.defaults, **request.parameters}
    return {**said, "export_format": said.get("export_format") or EXPORT_FORMATS[0]}


def card(request: Request) -> dict[str, JsonValue]:
    """What `models/ymir-info.yaml` says of the model that the executor is given."""
    weights = weights_of(request)
    if weights is None:
        return {}
    files: list[JsonValue] = [*weights.files]
    stage: dict[str, JsonValue] = {"stage_name": weights.stage, "files": files, "timestamp": 0}
    executor: dict[str, JsonValue] = {"class_names": [*request.class_names]}
    if request.protocol == "absent":
        return {"executor_config": executor, "models": files, "task_context": {"mAP": 0.0}}
    return {
        "executor_config": executor,
        "stages": {weights.stage: {**stage, "mAP": 0.0}},
        "best_stage_name": weights.stage,
        "object_type": DETECTION,
        "package_version": "2.0.0",
        "task_context": {},
    }


def weights_of(request: Request) -> Weights | None:
    """The model that the executor starts from or runs."""
    return request.start_from if isinstance(request, Training) else request.model


def tables(request: Request) -> Mapping[str, pl.DataFrame]:
    """Name of each index file -> the images that it lists."""
    if isinstance(request, Training):
        nothing = request.validation.clear()
        return {"train": request.training, "val": request.validation, "test": nothing}
    return {"candidate": request.images}


def form_of(request: Request) -> Form:
    """How annotations are written, as `export_format` asks for it."""
    wanted = str(settings(request)["export_format"])
    form, _, assets = wanted.partition(":")
    if form not in _FORMS or assets != "raw":
        raise DataError(
            f"the executor asks for annotations as `{wanted}`, which ymir does not write",
            hint=f"set `export_format` under `with` to one of {', '.join(EXPORT_FORMATS)}",
        )
    return _FORMS[form]


def models_folder(request: Request, weights: Weights) -> str:
    """Where the model's files lie below `in/`: before protocol 1.1.0, all in one folder."""
    return f"models/{weights.stage}" if request.protocol == "1.1.0" else "models"


def places(images: pl.DataFrame, form: Form = "none") -> pl.DataFrame:
    """Columns `image`, `asset` and `annotation`: the last two are paths below `in/`."""
    end, digest = pl.col("image").str.tail(2), pl.col("image")
    file = pl.format("annotations/{}/{}.{}", end, digest, pl.lit(_SUFFIX.get(form, "")))
    shared = {"coco": pl.lit(COCO_FILE), "none": pl.lit("")}
    return images.select(
        "image",
        pl.format("assets/{}/{}.{}", end, digest, "format").alias("asset"),
        shared.get(form, file).alias("annotation"),
    )


def index(images: pl.DataFrame, root: PurePath, form: Form | None = None) -> str:
    """The text of an index file: one image per line and, if there is a `form`, its annotation."""
    above = pl.lit(f"{root / 'in'}/")
    before = pl.lit("") if form == "none" else above
    line = pl.format("{}{}\t{}{}", above, "asset", before, "annotation")
    where = places(images, form or "none")
    lines = where.select(line if form else pl.format("{}{}", above, "asset")).to_series()
    return "".join(f"{each}\n" for each in lines)


def _protocol(request: Request) -> dict[str, JsonValue]:
    """The version that both sides speak; YMIR 1.1 did not say."""
    match request.protocol:
        case "absent":
            return {}
        case "1.0.0":
            return {"protocol_version": "1.0.0"}
        case "1.1.0":
            return {"protocol_version": "1.1.0", "manifest_file": "/img-man/manifest.yaml"}


def _tasks(request: Request) -> dict[str, JsonValue]:
    """What executors of 2021 look for here, and not in `env.yaml`."""
    if isinstance(request, Training):
        return {}
    return {"run_mining": request.is_ranking, "run_infer": request.is_finding}


def _weights(request: Request, root: PurePath) -> dict[str, JsonValue]:
    weights = weights_of(request)
    if weights is None:
        return {}
    folder = root / "in" / models_folder(request, weights)
    key = "pretrained_model_params" if isinstance(request, Training) else "model_params_path"
    return {key: [str(folder / name) for name in weights.files]}
