"""The model card: what a person should know who is handed a package."""

from __future__ import annotations

import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ymir.metrics.scores import Band, Scores
from ymir.package.contents import SECTION, Contents, Model
from ymir.resources import resource


def model_card(contents: Contents, model: Model, scores: Scores) -> str:
    """Markdown: what the model detects, how well, on what data, and how to use it."""
    onnx = [name for name in model.files if Path(name).suffix == ".onnx"]
    return (
        templates()
        .get_template("model_card.md")
        .render(contents=contents, model=model, scores=scores, onnx=onnx, section=SECTION)
    )


def templates() -> Environment:
    """Where Markdown is made."""
    environment = Environment(
        loader=FileSystemLoader(resource("reports")),
        autoescape=False,  # noqa: S701 - it is Markdown; `plain` escapes what people wrote
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(plain=plain, band=band)
    return environment


def plain(text: object) -> str:
    """Text that Markdown takes for nothing but text, on one line."""
    one_line = " ".join(str(text).split())
    return re.sub(r"([\\`*{}\[\]<>#|~])", r"\\\1", one_line)


def band(figure: Band | None) -> str:
    """A figure with the noise around it."""
    return "no box to test" if figure is None else f"{figure.value:.3f} ± {figure.half:.3f}"
