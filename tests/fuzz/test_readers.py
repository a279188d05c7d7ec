"""Every reader keeps the law: over what it understands, what once broke it, and what is near."""

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz.readers import READERS
from tests.fuzz.shapes import inputs
from tests.fuzz.target import CORPUS, Bench

_TRIES = 20  # `make fuzz` goes on for as long as it is told to


@pytest.fixture(params=READERS)
def bench(request, tmp_path) -> Bench:
    return Bench(READERS[request.param], tmp_path / "bench")


def test_a_reader_returns_or_says_what_is_wrong_whatever_it_is_given(bench):
    for data in bench.target.seeds:
        assert bench.why(data) is None
    for file in sorted((CORPUS / bench.target.name).glob("*")):
        assert bench.why(file.read_bytes()) is None, file.name

    @settings(
        max_examples=_TRIES,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @seed(9)
    @given(inputs(bench.target))
    def keeps_the_law(data):
        assert bench.why(data) is None

    keeps_the_law()


def test_all_that_is_kept_is_replayed():
    assert {each.name for each in CORPUS.iterdir()} <= set(READERS)
    size = sum(each.stat().st_size for each in CORPUS.rglob("*") if each.is_file())
    assert size < 1 << 20
