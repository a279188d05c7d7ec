"""A pool, and what every strategy must keep to."""

import pytest
from pydantic import ValidationError

from ymir.contracts.mining import Aim, strategies
from ymir.data.table import table


def name(place):
    return f"{place:032x}"


def pool(*images):
    """A pool with one image per list of `(label, score)`."""
    return table(
        {
            "image": name(place),
            "objects": [
                {"label": label, "x": 0, "y": 0, "w": 9, "h": 9, "score": score}
                for label, score in boxes
            ],
        }
        for place, boxes in enumerate(images)
    )


def keeps_its_contract(plugin):
    """Score pools with the strategy called `plugin`, and compare with what the contract says."""
    strategy = strategies.load(plugin)
    boxes = [[("hat", 0.5), ("hat", 0.0)], [], [("head", 1.0)], [("head", 0.25)]]
    images = pool(*boxes) if "predictions" in strategy.NEEDS else pool([], [], [], [])
    aim = Aim(topk=2, seed=7)
    scored = strategy.score(images, aim)
    assert scored.columns == ["image", "score", "why"]
    assert scored["image"].to_list() == images["image"].to_list()
    assert scored["score"].is_finite().all()
    assert scored["why"].str.len_chars().min() > 0
    assert scored.equals(strategy.score(images, aim))
    backwards = strategy.score(images.reverse(), aim)
    assert backwards.sort("image").equals(scored.sort("image"))
    assert strategy.score(images.head(0), aim).height == 0
    assert strategy.Settings.model_validate({})
    with pytest.raises(ValidationError):
        strategy.Settings.model_validate({"no_such_setting": 1})
