from dataclasses import replace

import pytest

from tests.labeling.batches import batch, keeps_its_contract
from ymir.errors import DataError
from ymir.labeling import existing


def test_existing_keeps_its_contract(tmp_path):
    keeps_its_contract("existing", tmp_path, answer=lambda sent: None)


def test_the_truth_of_the_batch_is_revealed_and_no_other(tmp_path):
    sent = batch(tmp_path, count=3)
    returned = existing.collect(sent, {})
    assert returned.images.sort("file").equals(sent.pool.head(3).sort("file"))
    assert returned.balance == {
        "sent": 3,
        "labelled": 2,
        "empty": 1,
        "rejected": 0,
        "reasons": {},
    }


def test_an_image_that_the_pool_lost_is_an_error(tmp_path):
    sent = batch(tmp_path)
    with pytest.raises(DataError, match="1 images of `helmet-r2` are not in the pool"):
        existing.collect(replace(sent, pool=sent.pool.tail(4)), {})
