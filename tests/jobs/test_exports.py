"""Whatever the form in which annotations are written, ymir's own readers read the same boxes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.jobs.examples import CLASSES, A, B, media, training
from ymir.contracts.format import formats
from ymir.data.table import table
from ymir.jobs.folder import lay_out

WIDE, HIGH = 100, 80


@st.composite
def boxes(draw: st.DrawFn) -> dict[str, Any]:
    """A box in whole pixels inside its image, which every form can say exactly."""
    x, y = draw(st.integers(0, WIDE - 1)), draw(st.integers(0, HIGH - 1))
    w, h = draw(st.integers(1, WIDE - x)), draw(st.integers(1, HIGH - y))
    sides = {"x": float(x), "y": float(y), "w": float(w), "h": float(h)}
    return {"label": draw(st.sampled_from(CLASSES)), **sides}


def key(each: Mapping[str, Any], form: str = "") -> tuple[object, ...]:
    """A box by its value; in VOC as YMIR writes it, pixels count from 0, and elsewhere from 1."""
    first = 1 if form == "voc" else 0
    return each["label"], each["x"] + first, each["y"] + first, each["w"], each["h"]


def read(inputs: Path, form: str) -> dict[str, list[tuple[object, ...]]]:
    """Image -> its boxes, as ymir would import the job's own `in/`."""
    (inputs / "assets").rename(inputs / "images")
    (inputs / "classes.txt").write_text("".join(f"{name}\n" for name in CLASSES))
    plugin = formats.load(form)
    found = list(plugin.read(plugin.listing(inputs)))
    assert [each.problem for each in found] == [None] * len(found)
    return {Path(each.image).stem: sorted(key(row, form) for row in each.objects) for each in found}


@pytest.mark.parametrize("form", ["ark", "voc", "coco"])
@settings(max_examples=25)
@given(first=st.lists(boxes(), max_size=6), second=st.lists(boxes(), max_size=2))
def test_what_is_written_for_executors_is_what_ymir_reads(
    tmp_path_factory: pytest.TempPathFactory,
    form: str,
    first: list[dict[str, Any]],
    second: list[dict[str, Any]],
) -> None:
    folder = tmp_path_factory.mktemp("job")
    size = {"width": WIDE, "height": HIGH}
    every = table(
        [
            {"image": A, **size, "format": "jpg", "objects": first},
            {"image": B, **size, "format": "png", "objects": second},
        ]
    )
    request = training(
        folder,
        training=every.head(1),
        validation=every.tail(1),
        media=media(folder / "media"),
        parameters={"export_format": f"{form}:raw"},
    )
    lay_out(request, folder / "job")
    assert read(folder / "job/in", form) == {
        A: sorted(map(key, first)),
        B: sorted(map(key, second)),
    }
