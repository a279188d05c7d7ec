"""What the page of a workspace shows is worked out from its records, by value."""

from dataclasses import replace

import pytest

from tests.site.scenes import PLACED, catalogue, judged, observed, record
from ymir.plan.snapshot import Version
from ymir.site.collect import collect
from ymir.site.record import Placed
from ymir.site.shown import Figure, Site
from ymir.spec.catalogue import Catalogue
from ymir.spec.project import Goal


def compare(name: str, old: Version, new: Version) -> tuple[str, ...]:
    return (f"{name} {old.number} to {new.number}",)


def shown(placed: Placed = PLACED, done: int | None = 3, **parts: object) -> Site:
    return collect(record(**parts), placed, compare, lambda tool, batch: done)


def test_rounds_stand_newest_first_with_their_figures_changes_and_labels() -> None:
    (project,) = shown().projects
    second, first = project.rounds
    assert (first.number, first.labels, first.images, first.seconds) == (1, 0, 20, 61.5)
    assert (second.number, second.labels, second.images) == (2, 6, 26)
    assert first.figure == Figure(0.5, 0.48, 0.52)
    assert second.change == pytest.approx(0.2)
    assert (first.change, second.is_noise) == (None, False)
    assert (first.recorded, second.recorded) == ("2026-11-20T09:00:00+01:00", None)


def test_a_change_within_both_bands_is_noise() -> None:
    near = {**observed(), "pets/r2/judge": judged(2, 0.51)}
    (project,) = shown(found=near).projects
    assert project.rounds[0].is_noise


def test_the_headline_has_the_judges_figures_and_the_goal() -> None:
    (project,) = shown().projects
    assert project.headline.startswith("Round 2")
    assert project.headline.endswith("mAP 0.700 ± 0.020, goal 0.900")


def test_a_goal_of_stricter_overlap_is_shown_as_such() -> None:
    specs = catalogue()
    strict = specs.projects["pets"].model_copy(update={"goal": Goal(map_50_95=0.5, rounds=5)})
    (project,) = shown(specs=replace(specs, projects={"pets": strict})).projects
    assert (project.measure, project.goal) == ("mAP 50-95", 0.5)
    assert project.rounds[0].figure == Figure(0.35, pytest.approx(0.33), None)


def test_a_project_that_no_spec_asks_for_is_still_shown() -> None:
    specs = replace(catalogue(), projects={})
    (project,) = shown(specs=specs).projects
    assert (project.state, len(project.rounds)) == ("left", 2)
    assert "no spec asks for" in project.reason


def test_links_lead_only_to_what_is_here() -> None:
    (project,) = shown().projects
    assert (project.page, project.rounds[1].page) == ("pets/html/index.html", "pets/html/r1.html")
    assert project.rounds[0].page is None
    assert project.rounds[1].package == "site/models/pets-r1.tar.gz"
    assert all(row.package is None for row in shown(Placed()).models)


def test_a_batch_that_was_sent_and_is_not_back_is_owed() -> None:
    site = shown()
    (batch,) = site.queue
    assert (batch.project, batch.round, batch.tool, batch.where) == (
        "pets", 2, "folder", "labels/pets-r2",
    )  # fmt: skip
    assert (batch.images, batch.done, batch.link) == (8, 3, None)
    assert site.headline == "1 project · 1 dataset · 2 models · 5 images to label"


def test_only_an_address_of_the_web_becomes_a_link() -> None:
    for where, is_link in (("https://cvat/tasks/1", True), ("javascript:alert(1)", False)):
        sent = observed()["pets/r2/send"]
        sent = replace(sent, facts={**sent.facts, "where": where})
        (batch,) = shown(found={**observed(), "pets/r2/send": sent}).queue
        assert (batch.link == where) is is_link


def test_a_dataset_shows_its_newest_version_and_what_each_one_changed() -> None:
    base, pool, *_ = shown().datasets
    second, first = base.versions
    assert base.newest == second
    assert (second.images, second.images_change, second.boxes_change) == (20, 10, 25)
    assert second.changes == ("base 1 to 2",)
    assert (first.images_change, first.changes) == (None, ())
    assert first.why == ("the first version",)
    assert [(each.label, each.boxes) for each in base.classes] == [("cat", 30), ("dog", 20)]
    assert base.classes[1].share == pytest.approx(2 / 3)
    assert (pool.name, pool.newest, pool.is_current) == ("pool", None, False)


def test_models_are_those_of_rounds_and_imported_ones() -> None:
    round_, heads = shown().models
    assert (round_.name, round_.origin, round_.bytes) == ("pets/r1", "round", 2_400_000)
    assert (round_.proof, round_.is_proven) == ("on 30 images", True)
    assert (round_.figure, round_.is_ours) == (Figure(0.5, 0.48, 0.52), True)
    assert (heads.name, heads.figure, heads.is_ours) == ("heads@v1", Figure(0.5), False)


def test_a_workspace_with_nothing_recorded_says_what_to_do() -> None:
    nothing = Catalogue(labels=catalogue().labels)
    empty = shown(specs=nothing, found={})
    assert [each.command for each in empty.advice] == [
        "ymir explain Dataset", "ymir explain Project", "ymir plan",
    ]  # fmt: skip
    assert [each.command for each in shown(found={}).advice] == ["ymir plan", "ymir apply"]
    assert shown().advice == ()
