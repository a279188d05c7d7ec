from tests.report.rounds import LABELS, project, world
from ymir.report.collect.confidence import confidence


def test_what_is_suggested_is_the_judges_threshold_and_its_counts(tmp_path):
    record = project(tmp_path / "rounds", world(tmp_path / "scenes"), (0.8,))
    (now,) = record.rounds
    found = confidence(now)
    hits = sum(each.true_positives for each in now.testing.per_class)
    taken = hits + sum(each.false_positives for each in now.testing.per_class)
    assert found.suggested.label is None
    assert found.suggested.score == now.testing.threshold
    assert found.suggested.precision == hits / taken
    assert found.suggested.recall == hits / now.testing.boxes
    assert [each.label for each in found.per_class] == list(LABELS)


def test_twenty_bins_hold_all_predictions(tmp_path):
    record = project(tmp_path / "rounds", world(tmp_path / "scenes"), (0.8,))
    (now,) = record.rounds
    bins = confidence(now).bins
    assert (len(bins), bins[0].low, bins[3].high, bins[-1].high) == (20, 0, 0.2, 1)
    outcome = now.matches.filter(now.matches["side"] == "prediction")["outcome"]
    assert sum(each.right for each in bins) == (outcome == "tp").sum()
    assert sum(each.wrong for each in bins) == (outcome == "fp").sum()


def test_a_class_that_is_never_right_has_no_threshold_of_its_own(tmp_path):
    labels = (*LABELS, "never")
    record = project(tmp_path / "rounds", world(tmp_path / "scenes", labels), (0.0,))
    (now,) = record.rounds
    right = {each.label for each in now.testing.per_class if each.true_positives}
    assert right <= {each.label for each in confidence(now).per_class}
    (now.folder / "matches.parquet").unlink()
    nothing = confidence(type(now)(now.number, now.folder, now.decision))
    assert nothing.per_class == ()
    assert nothing.suggested.score == now.testing.threshold
    assert {(each.right, each.wrong) for each in nothing.bins} == {(0, 0)}
