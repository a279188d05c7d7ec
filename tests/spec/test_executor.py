import pytest

from ymir.spec.executor import as_duration, seconds


@pytest.mark.parametrize("duration", ["1s", "90s", "30m", "90m", "6h", "7d", "36h"])
def test_a_time_is_written_as_specs_have_it(duration):
    assert as_duration(seconds(duration)) == duration


def test_a_time_is_written_in_its_largest_whole_unit():
    assert as_duration(7200) == "2h"
    assert as_duration(7201) == "7201s"
