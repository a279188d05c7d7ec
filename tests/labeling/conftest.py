import pytest

from tests.labeling.batches import batch
from ymir.labeling import folder


@pytest.fixture
def sent(tmp_path):
    one = batch(tmp_path)
    folder.send(one, {})
    return one
