"""What was found as a page: the gallery, with the model's name and its threshold."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import polars as pl

from ymir.gallery.content import NEW, Content, as_data
from ymir.gallery.page import render
from ymir.prediction.pictures import DRAWINGS, LARGE, SMALL
from ymir.prediction.results import Model

_LEAST = 0.05  # what a model hardly believes is not shown, wherever the slider is


def page(found: pl.DataFrame, model: Model) -> str:
    """One HTML file; the images lie beside it."""
    return render(model.name, page_data(found, model))


def page_data(found: pl.DataFrame, model: Model) -> dict[str, Any]:
    """What the page reads."""
    data = as_data(_content(found, model))
    pairs = found.select("name", "video", "time", "drawing").iter_rows()
    notes, links = [], []
    for _, video, time, drawing in pairs:
        notes.append(f"{moment(time)} of {video}" if video is not None else "")
        links.append(quote(f"{DRAWINGS}/{drawing}") if drawing is not None else "")
    data["images"] |= {"format": ["jpg"] * found.height, "note": notes, "link": links}
    return {
        **data,
        "small": f"{SMALL}/",
        "originals": f"{LARGE}/",
        "copied": True,
        "score": model.threshold,
        "about": _about(model),
    }


def moment(seconds: float) -> str:
    """`0:07.50`, `1:02:03.00`."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02}:{rest:05.2f}" if hours else f"{minutes}:{rest:05.2f}"


def _about(model: Model) -> list[tuple[str, str]]:
    package = model.package
    named = [
        ("package", package.path.name),
        ("mAP", f"{package.best.map:.3f}" if package.best.map else ""),
        ("trained by", package.executor),
        ("threshold", f"{model.threshold:.2f}"),
    ]
    return [(name, said) for name, said in named if said]


def _content(found: pl.DataFrame, model: Model) -> Content:
    """As a gallery has it; an image that has two names stands there twice."""
    images = found.with_columns(file="name", change=pl.lit(0, pl.Int64))
    score = pl.element().struct.field("score")
    least = min(_LEAST, model.threshold)
    boxes = (
        images.select(
            "image", objects=pl.col("objects").list.eval(pl.element().filter(score >= least))
        )
        .with_row_index("row")
        .explode("objects")
        .drop_nulls("objects")
        .unnest("objects")
        .with_columns(side=pl.lit(NEW), change=pl.lit("same"))
    )
    return Content((model.name,), images.height, images, boxes)
