"""How batches stand in a plan: what is owed until when, what came back, what it costs."""

from dataclasses import asdict, replace

import pytest

from tests.plan.worlds import Pure, catalogue
from ymir.cli.people import label_lines
from ymir.data.balance import Balance
from ymir.plan.due import due_words, moment, span
from ymir.plan.planner import Block, Park, Run
from ymir.plan.world import Looked

SENT_AT = "2026-11-23T10:00:00+00:00"
SENT = 1795428000.0
DAY = 86400
LABEL = {"use": "folder", "deadline": "2d"}


def sent(**label):
    """A world whose first batch lies with people, and its specs."""
    specs = catalogue(label={**LABEL, **label})
    world = Pure(scores=lambda number: 0.5, has_people=True)
    while not world.plan(specs).is_parked:
        step = world.plan(specs).ready[0]
        world.make(step.stage, step.recipe)
    made = world.versions["p/r1/send"]
    facts = {**made.facts, "sent_at": SENT_AT, "key": "k1", "batch": "p-r1"}
    world.versions["p/r1/send"] = replace(made, facts=facts)
    world.world["now"] = SENT + 60
    return world, specs


def looked(world, balance, **more):
    world.world["batches"] = {"p/r1/send": Looked(balance, **{"at": SENT, "key": "k1", **more})}


def step(world, specs, name="p/r1/label"):
    return next(s for s in world.plan(specs).steps if getattr(s, "stage", None).name == name)


def back(world, specs, **facts):
    """Take the batch in, with these facts."""
    now = step(world, specs)
    world.make(now.stage, now.recipe)
    made = world.versions["p/r1/label"]
    world.versions["p/r1/label"] = replace(made, facts={**made.facts, **facts})


def test_a_batch_that_nobody_looked_at_says_where_it_is_and_when_it_is_due():
    world, specs = sent()
    assert step(world, specs).what == "label the 10 images in labels/p: due in 48 h"
    world, specs = sent(deadline=None)
    assert step(world, specs).what == "label the 10 images in labels/p"


def test_the_last_look_says_what_is_owed():
    world, specs = sent()
    looked(world, Balance(10, labelled=3, empty=1, outstanding=6), at=SENT + 60 - 300)
    assert step(world, specs).what == (
        "label the 10 images in labels/p: 10 sent = 3 labelled + 1 empty + 6 outstanding, "
        "seen 5 min ago, due in 48 h"
    )


def test_a_look_at_another_batch_of_that_name_says_nothing():
    world, specs = sent(deadline=None)
    looked(world, Balance(10, labelled=3, outstanding=7), key="other")
    assert step(world, specs).what == "label the 10 images in labels/p"


def test_a_tool_that_did_not_answer_is_named():
    world, specs = sent(deadline=None)
    looked(world, Balance(10, outstanding=10), at=0.0, why="the tool at URL does not answer")
    said = step(world, specs).what
    assert said == "label the 10 images in labels/p: the tool at URL does not answer"


@pytest.mark.parametrize("on_partial", ["wait", "fail"])
def test_a_late_batch_is_waited_for_and_said_to_be_late(on_partial):
    world, specs = sent(on_partial=on_partial)
    world.world["now"] = SENT + 5 * DAY
    assert step(world, specs).what.endswith(": 3 d late")
    assert isinstance(step(world, specs), Park)


def test_a_late_batch_is_taken_as_it_is_where_the_project_says_so():
    world, specs = sent(on_partial="proceed")
    assert isinstance(step(world, specs), Park)
    world.world["now"] = SENT + 3 * DAY
    assert isinstance(step(world, specs), Run)
    looked(world, Balance(10, outstanding=10), at=SENT + DAY)
    assert isinstance(step(world, specs), Run), "somebody may have answered since"
    looked(world, Balance(10, skipped=1, outstanding=9), at=SENT + 3 * DAY)
    assert isinstance(step(world, specs), Park), "nothing came back that could be learned from"
    looked(world, Balance(10, empty=1, outstanding=9), at=SENT + 3 * DAY)
    assert "the rest goes back to the pool" in step(world, specs).why


def test_a_batch_that_is_closed_is_taken_in_now_and_is_another_recipe():
    world, specs = sent()
    waited = step(world, specs)
    world.world["closed"] = frozenset({"p/r1/label"})
    closed = step(world, specs)
    assert isinstance(closed, Run)
    assert closed.recipe.digest != waited.recipe.digest


def test_answers_that_changed_are_offered_until_they_are_taken_in():
    world, specs = sent(deadline=None)
    back(world, specs, answers="a1", balance=asdict(Balance(10, labelled=10)))
    looked(world, Balance(10, labelled=10), changed=3, answers="a2")
    unrolled = world.plan(specs).projects[0]
    assert list(label_lines(unrolled)) == [
        "p-r1: 10 sent = 10 labelled + 0 outstanding",
        "3 answers of p-r1 changed since it was taken in; `ymir labels pull p-r1` takes them in",
    ]
    looked(world, Balance(10, labelled=10), changed=3, answers="a1")
    assert len(list(label_lines(world.plan(specs).projects[0]))) == 1


def test_answers_are_taken_in_again_for_later_rounds_and_leave_sealed_ones_alone():
    world, specs = sent(deadline=None)
    back(world, specs)
    world.has_people = False
    world.obey(specs)
    before = dict(world.versions)
    world.world["pulled"] = {"p/r1/label": "a2"}
    again = step(world, specs)
    assert isinstance(again, Run)
    assert again.recipe.inputs["answers"] == "a2"
    world.obey(specs)
    world.world["pulled"] = {}
    assert world.plan(specs).is_settled
    changed = {name for name, each in world.versions.items() if before[name] != each}
    assert changed == {"p/r1/label", "p/report"}
    world.obey(catalogue(label={**LABEL, "deadline": None}, goal={"rounds": 6}))
    taken = world.versions["p/r1/label"].digest
    assert world.versions["p/r6/training"].recipe.inputs["p/r1/label"] == taken
    assert world.versions["p/r5/training"].recipe.inputs["p/r1/label"] != taken


def test_nothing_is_taken_in_again_that_was_never_taken_in():
    world, specs = sent(deadline=None)
    world.world["pulled"] = {"p/r1/label": "a2"}
    assert isinstance(step(world, specs), Park)


def test_images_that_nobody_answered_for_are_mined_again():
    world, specs = sent(deadline=None)
    back(world, specs, released=4, labelled=6)
    world.has_people = False
    world.obey(specs)
    assert "p/r1/label" in world.versions["p/r2/mine"].recipe.inputs
    assert "p/r2/label" not in world.versions["p/r3/mine"].recipe.inputs


def test_a_pool_that_gets_images_back_is_not_empty():
    world, specs = sent(deadline=None)
    mine = world.versions["p/r1/mine"]
    world.versions["p/r1/mine"] = replace(mine, facts={**mine.facts, "left": 0})
    back(world, specs, released=4, labelled=6)
    world.has_people = False
    while "p/r2/judge" not in world.versions:
        now = world.plan(specs).ready[0]
        world.make(now.stage, now.recipe)
    assert not world.plan(specs).projects[0].decision.stops


def test_a_batch_without_labels_stops_the_loop_until_something_is_new():
    world, specs = sent(deadline=None)
    back(world, specs, labelled=0)
    world.has_people = False
    now = world.obey(specs)
    decision = now.projects[0].decision
    assert (decision.reason, decision.stops) == ("no labels", True)
    assert "the batch of round 1 brought no label" in decision.says
    assert "p/r2/training" not in world.versions
    for edit in (
        catalogue(label={**LABEL, "deadline": None, "use": "label-studio", "with": {}}),
        catalogue(label={**LABEL, "deadline": None}, train={"with": {"epochs": 2}}),
        catalogue(label={**LABEL, "deadline": None}, labels=["cat", "dog"]),
    ):
        assert not world.plan(edit).projects[0].decision.stops
    world.sources["train"] = "train-2"
    world.obey(specs)
    assert "p/r2/train" in world.versions


def test_a_batch_that_only_corrected_a_dataset_brought_something():
    world, specs = sent(deadline=None)
    back(world, specs, labelled=0, corrected={"train": 1})
    assert world.plan(specs).projects[0].decision.reason == "continue"


def test_the_plan_says_what_labels_cost_before_and_after_they_are_bought():
    specs = catalogue(
        label={"use": "folder", "cost": "0.08 EUR", "review": "20 %"}, goal={"labels": 25}
    )
    world = Pure(scores=lambda number: 0.5, has_people=True)
    while world.plan(specs).ready[0].stage.kind != "mine":
        now = world.plan(specs).ready[0]
        world.make(now.stage, now.recipe)
    assert list(label_lines(world.plan(specs).projects[0])) == [
        "0 of 25 labels bought",
        "the next batch: up to 12 answers (10 images, 2 of them twice), 0.96 EUR",
    ]
    while not world.plan(specs).is_parked:
        now = world.plan(specs).ready[0]
        world.make(now.stage, now.recipe)
    assert list(label_lines(world.plan(specs).projects[0])) == ["0 of 25 labels bought"]
    back(world, specs, people={"answers": 12})
    world.has_people = False
    world.obey(specs)
    assert list(label_lines(world.plan(specs).projects[0])) == [
        "25 of 25 labels bought",
        "27 answers so far, 2.16 EUR",
    ]


def test_pseudo_labels_cost_nothing_and_spend_no_budget():
    specs = catalogue(label={"use": "folder", "cost": "1 EUR"}, goal={"labels": 25, "rounds": 3})
    world = Pure(scores=lambda number: 0.5)
    world.known_labels = {"labelled": 0, "by_model": 10, "people": {"answers": 0}}
    real = world.known
    world.known = lambda stage, recipe: (
        world.known_labels if stage.kind == "label" else real(stage, recipe)
    )
    now = world.obey(specs)
    assert now.projects[0].decision.reason == "rounds"
    assert list(label_lines(now.projects[0])) == ["0 of 25 labels bought"]


def test_a_failed_label_stage_is_blocked_as_any_other():
    world, specs = sent(deadline=None)
    world.world["failures"] = {step(world, specs).recipe.digest: "broken"}
    assert isinstance(step(world, specs), Block)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (90, "90 s"),
        (7199, "120 min"),
        (7200, "2 h"),
        (604_790, "7 d"),
    ],
)
def test_times_are_rounded(seconds, said):
    assert span(seconds) == said


def test_a_deadline_passes_at_its_moment():
    assert due_words(100, 100) == "0 s late"
    assert due_words(3 * DAY, 0) == "due in 3 d"


def test_moments_are_read_as_they_are_recorded_and_nothing_else_is():
    assert moment(SENT_AT) == SENT
    assert moment("2026-11-23T10:00:00Z") == SENT
    for other in (None, 3, "yesterday", "2026-11-23", "2026-11-23T10:00:00+01:00"):
        assert moment(other) is None
