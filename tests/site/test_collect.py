"""What the page of a workspace shows is worked out from its records, by value."""

from dataclasses import replace

import pytest

from tests.site.scenes import NOON, PLACED, catalogue, judged, observed, record, version
from ymir.data.balance import Balance
from ymir.plan.snapshot import Version
from ymir.plan.world import Looked
from ymir.site.collect import collect
from ymir.site.record import Placed
from ymir.site.render import render
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


def test_a_project_says_whether_mining_pays_as_its_newest_report_does() -> None:
    said = {"verdict": "pays", "says": "Mining pays so far: <2 mistakes>"}
    site = shown(found={**observed(), "pets/report": version("report", 2, mining=said)})
    assert site.projects[0].mining == said["says"]
    assert "Mining pays so far: &lt;2 mistakes&gt;" in render(site)
    assert shown().projects[0].mining == ""


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


SENT = {"sent_at": "2026-11-20T09:00:00+00:00", "key": "0123456789ab"}
BALANCE = Balance(sent=8, labelled=3, empty=1, skipped=1, rejected=1, outstanding=2)


def sent_with(**facts: str) -> dict[str, Version]:
    """The workspace, whose open batch says more of itself."""
    send = observed()["pets/r2/send"]
    return {**observed(), "pets/r2/send": replace(send, facts={**send.facts, **facts})}


def with_deadline(deadline: str) -> Catalogue:
    specs = catalogue()
    pets = specs.projects["pets"]
    label = pets.label.model_copy(update={"deadline": deadline})
    return replace(specs, projects={"pets": pets.model_copy(update={"label": label})})


def test_an_open_batch_shows_how_it_stood_when_somebody_looked() -> None:
    looked = Looked(BALANCE, NOON - 3600, key=SENT["key"], why="the server does not answer")
    site = shown(done=None, found=sent_with(**SENT), looks={"pets/r2/send": looked})
    (batch,) = site.queue
    assert (batch.balance, batch.seen) == (BALANCE, "2026-11-22T11:00:00+00:00")
    assert (batch.done, batch.sent, batch.why) == (6, SENT["sent_at"], looked.why)
    assert site.headline.endswith("2 images to label")
    page = render(site)
    assert "3 labelled + 1 empty + 1 skipped + 1 rejected + 2 outstanding" in page
    assert "seen 2026-11-22 11:00 UTC; the server does not answer" in page


def test_a_look_at_another_batch_of_that_name_says_nothing() -> None:
    looked = Looked(BALANCE, NOON, key="of an earlier one")
    (batch,) = shown(done=None, found=sent_with(**SENT), looks={"pets/r2/send": looked}).queue
    assert (batch.balance, batch.seen, batch.done) == (None, None, None)


def test_a_batch_with_a_deadline_says_until_when_and_that_it_is_late() -> None:
    for deadline, due, is_late in (
        ("1d", "2026-11-21T09:00:00+00:00", True),
        ("7d", "2026-11-27T09:00:00+00:00", False),
    ):
        site = shown(specs=with_deadline(deadline), found=sent_with(**SENT))
        (batch,) = site.queue
        assert (batch.due, batch.is_late) == (due, is_late)
        assert ('<span class="chip">late</span>' in render(site)) is is_late
    (batch,) = shown(found=sent_with(**SENT)).queue
    assert (batch.due, batch.is_late) == (None, False)


def test_answers_that_changed_after_their_batch_was_taken_in_are_offered() -> None:
    send, label = observed()["pets/r1/send"], observed()["pets/r1/label"]
    found = {
        **observed(),
        "pets/r1/send": replace(send, facts={**send.facts, "where": "labels/pets-r1", **SENT}),
        "pets/r1/label": replace(label, facts={"labelled": 6, "answers": "before"}),
    }
    looked = Looked(Balance(6, 6), NOON, changed=3, key=SENT["key"], answers="now")
    site = shown(found=found, looks={"pets/r1/send": looked})
    (back,) = site.returned
    assert (back.project, back.round) == ("pets", 1)
    assert "`ymir labels pull pets-r1`" in back.says
    assert "Answers that changed" in render(site)
    assert shown(found=found).returned == ()
    assert "Answers that changed" not in render(shown(found=found))


def test_a_batch_of_a_project_that_no_spec_asks_for_is_owed_all_the_same() -> None:
    (batch,) = shown(specs=replace(catalogue(), projects={})).queue
    assert (batch.project, batch.images, batch.done) == ("pets", 8, 3)


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
