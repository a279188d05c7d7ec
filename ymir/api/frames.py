"""Frames for notebooks: as pandas has them, and as HTML."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

import polars as pl

from ymir.errors import PluginError

if TYPE_CHECKING:
    import pandas as pd


def to_pandas(frame: pl.DataFrame) -> pd.DataFrame:
    """The same as a frame of pandas, which need not be installed; pyarrow is not needed."""
    try:
        import pandas as pd
    except ImportError as error:
        raise PluginError(
            f"pandas cannot be imported: {error}",
            hint="`pip install pandas`; or stay with Polars: `images()` and `boxes()`",
        ) from error
    columns = {
        each.name: each.to_list() if each.dtype.is_nested() else each.to_numpy() for each in frame
    }
    return pd.DataFrame(columns)


def html_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table for a notebook; whatever is in a cell stays text."""
    head = "".join(f"<th>{escape(each)}</th>" for each in columns)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def html_lines(lines: Iterable[str]) -> str:
    """Lines as a terminal would show them."""
    return f"<pre>{escape(chr(10).join(lines))}</pre>"


def _cell(value: object) -> str:
    said = "" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)
    return f'<td style="text-align:left">{escape(said)}</td>'
