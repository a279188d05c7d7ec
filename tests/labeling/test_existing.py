from dataclasses import replace

import pytest

from tests.labeling.batches import balanced, batch, keeps_its_contract, objects_of
from ymir.data.balance import Balance
from ymir.errors import DataError
from ymir.labeling import existing


def test_existing_keeps_its_contract(tmp_path):
    keeps_its_contract("existing", tmp_path, answer=lambda sent: None)


def test_the_truth_of_the_batch_is_revealed_and_no_other(tmp_path):
    sent = batch(tmp_path, count=3)
    answers = existing.collect(sent, {})
    truth = dict(sent.pool.select("image", "objects").iter_rows())
    assert objects_of(sent, answers) == [truth[image] for image in sent.images["image"]]
    assert balanced(sent, answers) == Balance(sent=3, labelled=2, empty=1)


def test_an_image_that_goes_out_twice_has_two_answers(tmp_path):
    sent = batch(tmp_path, count=3)
    twice = replace(sent, twice=(sent.images["image"][1],))
    answers = existing.collect(twice, {})
    assert answers.rows.filter(copy=2)["image"].to_list() == list(twice.twice)
    assert balanced(twice, answers).reviewed == 1


def test_an_image_that_the_pool_lost_is_an_error(tmp_path):
    sent = batch(tmp_path)
    with pytest.raises(DataError, match="1 images of `helmet-r2` are not in the pool"):
        existing.collect(replace(sent, pool=sent.pool.tail(4)), {})
