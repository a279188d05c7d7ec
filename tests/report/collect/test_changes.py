from tests.report.rounds import project, world
from ymir.report.collect.changes import changes


def test_a_first_round_changes_nothing(tmp_path):
    record = project(tmp_path / "rounds", world(tmp_path / "scenes"), (0.5,))
    assert changes(record.testing, record.rounds[0], None) is None


def test_fixed_images_had_errors_and_broken_ones_had_none(tmp_path):
    record = project(tmp_path / "rounds", world(tmp_path / "scenes"), (0.6, 0.97))
    before, now = record.rounds
    found = changes(record.testing, now, before)
    assert found.before == "round 1"
    assert len(found.fixed) > len(found.broken)
    assert all(each.errors == 0 < each.errors_before for each in found.fixed)
    assert all(each.errors_before == 0 < each.errors for each in found.broken)
    assert found.better >= len(found.fixed)
    assert found.worse >= len(found.broken)
    sizes = [each.errors_before for each in found.fixed]
    assert sizes == sorted(sizes, reverse=True)
    files = dict(record.testing.select("image", "file").iter_rows())
    assert all(files[each.image] == each.file for each in (*found.fixed, *found.broken))


def test_seen_the_other_way_round_what_is_fixed_is_broken(tmp_path):
    record = project(tmp_path / "rounds", world(tmp_path / "scenes"), (0.6, 0.97))
    first, second = record.rounds
    there = changes(record.testing, second, first)
    back = changes(record.testing, first, second)
    assert {each.image for each in there.fixed} == {each.image for each in back.broken}
    assert (there.better, there.worse) == (back.worse, back.better)


def test_the_same_round_twice_differs_in_nothing(tmp_path):
    record = project(tmp_path / "rounds", world(tmp_path / "scenes"), (0.6,))
    (only,) = record.rounds
    same = changes(record.testing, only, only)
    assert (same.fixed, same.broken, same.better, same.worse) == ((), (), 0, 0)
