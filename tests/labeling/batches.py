"""A batch of real images, and what every label tool must keep to."""

import hashlib

import polars as pl
import pytest
from PIL import Image
from pydantic import ValidationError

from ymir.contracts.labeling import Batch, Returned, Waiting, tools
from ymir.data.table import check, table

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
    return Batch("helmet-r2", bare, table(rows), CLASSES, PRIMARY, media, workspace)


def files(folder):
    """Everything in a folder, with its content."""
    return {each: each.read_bytes() for each in sorted(folder.rglob("*")) if each.is_file()}


def keeps_its_contract(plugin, workspace, answer):
    """Send and collect with the tool called `plugin`; `answer` does what people would do."""
    tool, sent = tools.load(plugin), batch(workspace)
    assert isinstance(tool.collect(sent, {}), Waiting | Returned)
    said = tool.send(sent, {})
    assert said["images"] == sent.images.height
    once = files(workspace)
    assert tool.send(sent, {}) == said
    assert files(workspace) == once
    answer(sent)
    returned = tool.collect(sent, {})
    assert isinstance(returned, Returned)
    images, balance = check(returned.images), returned.balance
    assert images["image"].to_list() == sent.images["image"].to_list()
    assert images.drop("objects").equals(sent.images.drop("objects"))
    assert balance["sent"] == images.height
    assert balance["sent"] == balance["labelled"] + balance["empty"] + balance["rejected"]
    assert balance["empty"] == images.filter(pl.col("objects").list.len() == 0).height
    again = tool.collect(sent, {})
    assert again.images.equals(images)
    assert again.balance == balance
    with pytest.raises(ValidationError):
        tool.Settings.model_validate({"no_such_setting": 1})
