"""What the files in `in/` say, as plain values (protocol 1.1.0 of the folder contract). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath

import polars as pl
from pydantic import JsonValue

from ymir.jobs.request import Inference, Request, Training, Weights
from ymir.spec.parameters import EXPORT_FORMATS

PROTOCOL = "1.1.0"
DETECTION = 2  # the contract's `object_type`

_SUFFIX = {"ark:raw": "txt", "voc:raw": "xml"}


def environment(request: Request, root: PurePath) -> dict[str, JsonValue]:
    """What `env.yaml` says; `root` holds `in` and `out` as the executor sees them."""
    inputs, outputs = root / "in", root / "out"
    is_training = isinstance(request, Training)
    return {
        "protocol_version": PROTOCOL,
        "task_id": request.task,
        "run_training": is_training,
        "run_mining": isinstance(request, Inference) and request.is_ranking,
        "run_infer": isinstance(request, Inference) and request.is_finding,
        "manifest_file": "/img-man/manifest.yaml",
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
        "export_format": EXPORT_FORMATS[0],
        **request.parameters,
        "class_names": list(request.class_names),
        "gpu_count": request.gpus,
        "gpu_id": ",".join(str(number) for number in range(request.gpus)),
        "object_type": DETECTION,
        "task_id": request.task,
        **_weights(request, root),
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


def export_format(request: Request) -> str:
    """How annotations are written: `ark:raw`, or `voc:raw` when the parameters ask for it."""
    return str(request.parameters.get("export_format", EXPORT_FORMATS[0]))


def places(images: pl.DataFrame, wanted: str = EXPORT_FORMATS[0]) -> pl.DataFrame:
    """Columns `image`, `asset` and `annotation`: the last two are paths below `in/`."""
    end, digest = pl.col("image").str.tail(2), pl.col("image")
    return images.select(
        "image",
        pl.format("assets/{}/{}.{}", end, digest, "format").alias("asset"),
        pl.format("annotations/{}/{}.{}", end, digest, pl.lit(_SUFFIX[wanted])).alias("annotation"),
    )


def index(images: pl.DataFrame, root: PurePath, wanted: str | None = None) -> str:
    """The text of an index file: one image per line, with its annotation when `wanted` is given."""
    where = places(images, wanted or EXPORT_FORMATS[0])
    above = pl.lit(f"{root / 'in'}/")
    line = pl.format("{}{}\t{}{}", above, "asset", above, "annotation")
    lines = where.select(line if wanted else pl.format("{}{}", above, "asset")).to_series()
    return "".join(f"{each}\n" for each in lines)


def _weights(request: Request, root: PurePath) -> dict[str, JsonValue]:
    weights = weights_of(request)
    if weights is None:
        return {}
    folder = root / "in" / "models" / weights.stage
    key = "pretrained_model_params" if isinstance(request, Training) else "model_params_path"
    return {key: [str(folder / name) for name in weights.files]}
