"""What counts as worse than the round before."""

from ymir.plan.regression import regressions


def facts(half: float = 0.0, **values: float) -> dict[str, object]:
    return {
        "per_class": values,
        "per_class_low": {label: value - half for label, value in values.items()},
        "per_class_high": {label: value + half for label, value in values.items()},
    }


def test_a_class_that_fell_by_more_than_both_bands_is_worse() -> None:
    assert regressions(facts(0.03, cat=0.8), facts(0.04, cat=0.74)) == ("cat",)


def test_a_fall_within_the_noise_of_both_rounds_is_none() -> None:
    assert regressions(facts(0.03, cat=0.8), facts(0.04, cat=0.75)) == ()


def test_without_noise_any_fall_counts_and_no_change_does_not() -> None:
    assert regressions(facts(cat=0.8, dog=0.5), facts(cat=0.8, dog=0.499)) == ("dog",)


def test_the_deepest_fall_comes_first_and_equal_falls_by_name() -> None:
    before, now = facts(a=0.9, b=0.9, c=0.9), facts(b=0.5, a=0.5, c=0.1)
    assert regressions(before, now) == ("c", "a", "b")


def test_a_class_that_only_one_round_knows_is_not_compared() -> None:
    assert regressions(facts(cat=0.8), facts(dog=0.1)) == ()
    assert regressions({}, facts(dog=0.1)) == ()


def test_records_that_kept_only_the_lower_end_take_the_band_for_even() -> None:
    before, now = facts(0.03, cat=0.8), facts(0.04, cat=0.76)
    del before["per_class_high"], now["per_class_high"]
    assert regressions(before, now) == ()
    assert regressions(before, facts(0.04, cat=0.74)) == ("cat",)


def test_bands_may_be_lopsided() -> None:
    now = {"per_class": {"cat": 0.7}, "per_class_low": {"cat": 0.5}, "per_class_high": {"cat": 0.7}}
    assert regressions(facts(cat=0.79), now) == ()
    assert regressions(facts(cat=0.81), now) == ("cat",)
