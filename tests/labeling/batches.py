"""A batch of real images, and what every label tool must keep to."""

import hashlib

import polars as pl
import pytest
from PIL import Image
from pydantic import ValidationError

from ymir.contracts.labeling import Answers, Batch, tools
from ymir.data.answers import ANSWERS, balance, chosen
from ymir.data.table import table

CLASSES = ("helmet_head", "no_helmet_head")
PRIMARY = {"helmet_head": "helmet_head", "no_helmet_head": "no_helmet_head"} | {
    "head": "no_helmet_head"
}
SIZE = (60, 40)
POOL = 5


def box(label=CLASSES[0], at=(10, 10), size=(20, 10)):
    return {"label": label, "x": at[0], "y": at[1], "w": size[0], "h": size[1]}


def batch(workspace, count=3):
    """The first `count` images of a pool, each of another colour; every second one has a box."""
    rows, media = [], {}
    for place in range(POOL):
        file = workspace / "media" / f"{place}.jpg"
        file.parent.mkdir(exist_ok=True)
        Image.new("RGB", SIZE, (place * 20, 0, 0)).save(file)
        image = hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest()
        media[image] = file
        row = {"image": image, "file": f"day 1/clip-{place}.jpg", "bytes": file.stat().st_size}
        size = {"width": SIZE[0], "height": SIZE[1]}
        rows.append({**row, **size, "objects": [box()] if place % 2 == 0 else []})
    bare = table({**row, "objects": []} for row in reversed(rows[:count]))
    return Batch(
        name="helmet-r2",
        key="0123456789ab",
        images=bare,
        pool=table(rows),
        suggested=bare.clear(),
        classes=CLASSES,
        primary_names=PRIMARY,
        media=media,
        workspace=workspace,
    )


def balanced(sent, answers):
    """What became of the images of a batch."""
    twice = pl.Series(sent.twice, dtype=pl.String)
    return balance(sent.images["image"], twice, answers.rows, chosen(answers.rows))


def objects_of(sent, answers):
    """The boxes that came back, an image after the other; of one that did not, None."""
    found = dict(chosen(answers.rows).iter_rows())
    return [found.get(image) for image in sent.images["image"]]


def files(folder):
    """Everything in a folder, with its content."""
    return {each: each.read_bytes() for each in sorted(folder.rglob("*")) if each.is_file()}


def keeps_its_contract(plugin, workspace, answer, settings=None):
    """Send and collect with the tool called `plugin`; `answer` does what people would do."""
    tool, sent, given = tools.load(plugin), batch(workspace), settings or {}
    said = tool.send(sent, given)
    assert said["images"] == sent.images.height
    once = files(workspace)
    assert tool.send(sent, given) == said
    assert files(workspace) == once
    early = tool.collect(sent, given)
    assert early.rows.schema == ANSWERS
    assert files(workspace) == once
    answer(sent)
    answers = tool.collect(sent, given)
    assert isinstance(answers, Answers)
    assert answers.rows.schema == ANSWERS
    counted = balanced(sent, answers)
    assert counted.gap == 0
    assert counted.is_done
    assert set(answers.rows["image"]) == set(sent.images["image"])
    again = tool.collect(sent, given)
    assert again.rows.equals(answers.rows)
    with pytest.raises(ValidationError):
        tool.Settings.model_validate({"no_such_setting": 1})
