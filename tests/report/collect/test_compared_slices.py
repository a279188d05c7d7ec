"""Parts of the testing set under each model are those of a round's own report."""

from pathlib import Path

from tests.report import rounds
from ymir.report.collect.compared_slices import compared_slices
from ymir.report.collect.slices import slice_rows
from ymir.report.record import Judged, ProjectRecord, RoundRecord

NIGHT = {"tags": {"light": ["night"]}}
SLICES = {"night": NIGHT, "never": {"tags": {"light": ["dusk"]}}}


def judged(each: RoundRecord) -> Judged:
    matches = each.table("matches")
    assert matches is not None
    return Judged(f"helmet/r{each.number}", None, each.testing, matches)


def record(folder: Path) -> ProjectRecord:
    """Two rounds; half of the testing images have a tag that says `night`."""
    world = rounds.world(folder / "world", report={"slices": SLICES})
    rows = [
        {**row, "tags": [{"key": "light", "value": "night"}] if at % 2 else []}
        for at, row in enumerate(world.testing.images.iter_rows(named=True))
    ]
    testing = rounds.Scenes(rounds.table(rows), world.testing.places)
    changed = rounds.World(world.spec, world.training, testing, world.pool)
    return rounds.project(folder / "rounds", changed, (0.5, 0.9))


def test_each_model_has_the_figures_of_its_rounds_report(tmp_path: Path) -> None:
    project = record(tmp_path)
    slices = project.spec.report.slices
    found = compared_slices(slices, project.testing, [judged(each) for each in project.rounds])
    for place, each in enumerate(project.rounds):
        own = {
            (row.kind, row.group, row.name): (row.images, row.boxes, row.ap50)
            for row in slice_rows(project.spec, project.testing, each, None)
        }
        for row in found:
            expected = own[row.kind, row.group, row.name]
            assert (row.images, row.boxes, row.ap50[place]) == expected
    assert {row.name for row in found} >= {"night", "small"}


def test_a_declared_part_is_there_though_it_is_empty_and_others_are_not(tmp_path: Path) -> None:
    project = record(tmp_path)
    models = [judged(each) for each in project.rounds]
    found = compared_slices(project.spec.report.slices, project.testing, models)
    (never,) = [row for row in found if row.name == "never"]
    assert (never.kind, never.boxes, never.ap50) == ("declared", 0, (None, None))
    assert "large" not in {row.name for row in found}  # no image is large enough for one
