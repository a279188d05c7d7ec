"""Every image that was sent to people is accounted for, or nothing is recorded."""

import pytest

from ymir.contracts.labeling import Returned
from ymir.data.table import table
from ymir.errors import DataError
from ymir.stages.label import accounted

BOX = {"label": "cat", "x": 1.0, "y": 1.0, "w": 5.0, "h": 5.0}
SENT = table([{"image": "a"}, {"image": "b"}, {"image": "c"}])


def test_a_whole_batch_is_accounted_for() -> None:
    back = table([{"image": "a", "objects": [BOX]}, {"image": "b"}, {"image": "c"}])
    returned = Returned.whole(back)
    assert (returned.balance["labelled"], returned.balance["empty"]) == (1, 2)
    assert accounted(returned, SENT, "p-r1").equals(back)


def test_a_rejected_image_is_accounted_for_too() -> None:
    balance = {"sent": 3, "labelled": 0, "empty": 2, "rejected": 1, "reasons": {"c": "blurred"}}
    kept = table([{"image": "a"}, {"image": "b"}])
    assert accounted(Returned(kept, balance), SENT, "p-r1").height == 2


@pytest.mark.parametrize(
    "returned",
    [
        Returned.whole(table([{"image": "a"}])),
        Returned(table([{"image": "a"}]), Returned.whole(SENT).balance),
        Returned(SENT, {"sent": 3, "labelled": 1, "empty": 1, "rejected": 1}),
    ],
    ids=["images are missing", "fewer than the balance says", "more than the balance says"],
)
def test_a_gap_stops_the_stage(returned: Returned) -> None:
    with pytest.raises(DataError, match="does not add up: 3 images were sent"):
        accounted(returned, SENT, "p-r1")


def test_a_stranger_stops_the_stage() -> None:
    with pytest.raises(DataError, match="were not in batch p-r1"):
        accounted(Returned.whole(table([{"image": "z"}])), SENT, "p-r1")
