"""Frames as pandas has them, where it is there, and as HTML."""

import sys
from importlib.util import find_spec

import polars as pl
import pytest

from tests.components import needs
from ymir.api.frames import html_table, to_pandas
from ymir.errors import PluginError

FRAME = pl.DataFrame(
    {
        "file": ["a.png", None],
        "boxes": [1, None],
        "x": pl.Series([1.5, None], dtype=pl.Float32),
        "crowd": [True, False],
        "tags": [[{"key": "light", "value": "night"}], []],
    }
)


@needs("pandas", find_spec("pandas") is not None, "pip install pandas")
def test_pandas_has_the_same_rows_without_pyarrow() -> None:
    made = to_pandas(FRAME)
    assert list(made.columns) == FRAME.columns
    assert made["file"].tolist()[0] == "a.png"
    assert made["x"].tolist()[0] == 1.5
    assert made["boxes"].isna().tolist() == [False, True]
    assert made["crowd"].dtype == bool
    assert made["tags"].tolist() == FRAME["tags"].to_list()


def test_without_pandas_the_way_out_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)  # as Python has what cannot be imported
    with pytest.raises(PluginError, match="pandas cannot be imported") as caught:
        to_pandas(FRAME)
    assert "pip install pandas" in str(caught.value.hint)


def test_text_in_a_table_stays_text() -> None:
    shown = html_table(("<a>", "b"), [("<script>", 0.12345), (None, 7)])
    assert "<script>" not in shown
    assert "&lt;a&gt;" in shown
    assert "0.123" in shown
