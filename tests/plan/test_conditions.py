"""Conditions in pure worlds: one object, one condition, one stable word."""

from dataclasses import replace

from tests.plan.worlds import Pure, catalogue
from ymir.data.balance import Balance
from ymir.plan.conditions import TYPES, Condition, Seen, conditions
from ymir.plan.world import Looked

NOW = 1795428000.0


def found(world, specs, seen=None):
    """`project/p/Synced` and so on -> the condition."""
    known = conditions(world.plan(specs), seen or Seen(), "here", world.world.get("now", NOW))
    return {each.key: each for each in known}


def of_p(world, specs, seen=None) -> dict[str, tuple[str, str]]:
    """Type -> status and reason, of the project."""
    known = found(world, specs, seen).values()
    return {each.type: (each.status, each.reason) for each in known if each.kind == "project"}


def parked(**label):
    """A world whose first batch lies with people, and its specs."""
    specs = catalogue(label={"use": "folder", "deadline": "2d", **label})
    world = Pure(scores=lambda number: 0.5, has_people=True)
    while not world.plan(specs).is_parked:
        step = world.plan(specs).ready[0]
        world.make(step.stage, step.recipe)
    made = world.versions["p/r1/send"]
    sent = {"sent_at": "2026-11-23T10:00:00+00:00", "key": "k1", "batch": "p-r1"}
    world.versions["p/r1/send"] = replace(made, facts={**made.facts, **sent})
    world.world["now"] = NOW + 60
    return world, specs


def test_before_the_first_apply_nothing_is_synced_and_nothing_is_judged() -> None:
    assert of_p(Pure(), catalogue()) == {
        "Synced": ("False", "StagesPending"),
        "GoalReached": ("Unknown", "NotJudged"),
        "WaitingForLabels": ("False", "NothingOwed"),
        "Progressing": ("False", "WaitsForOthers"),
        "Stalled": ("False", "NothingInTheWay"),
        "Suspended": ("False", "Active"),
    }
    known = found(Pure(), catalogue())
    assert known["dataset/train/Synced"].state == ("False", "StagesPending", "")
    assert known["project/p/Synced"].next == "ymir plan"


def test_a_goal_that_is_met_is_synced_and_reached() -> None:
    world = Pure()
    world.obey(catalogue())
    now = of_p(world, catalogue())
    assert now["Synced"] == ("True", "UpToDate")
    assert now["GoalReached"] == ("True", "GoalMet")
    assert now["Progressing"] == ("False", "Settled")
    assert found(world, catalogue())["project/p/GoalReached"].next == "ymir report p"


def test_a_project_whose_rounds_are_spent_is_synced_without_its_goal() -> None:
    world, specs = Pure(scores=lambda number: 0.1), catalogue(goal={"rounds": 2})
    world.obey(specs)
    now = of_p(world, specs)
    assert now["Synced"] == ("True", "UpToDate")
    assert now["GoalReached"] == ("False", "RoundsSpent")
    assert now["Stalled"] == ("False", "NothingInTheWay")


def test_what_people_owe_leaves_a_project_synced() -> None:
    world, specs = parked()
    now = of_p(world, specs)
    assert now["Synced"] == ("True", "AllButLabels")
    assert now["GoalReached"] == ("False", "AnotherRoundFollows")
    assert now["WaitingForLabels"] == ("True", "BatchOut")
    assert now["Progressing"] == ("False", "BatchOut")
    waits = found(world, specs)["project/p/WaitingForLabels"]
    assert (waits.about, waits.next, waits.link) == ("p-r1", "ymir labels ls", None)


def test_a_batch_is_late_once_its_deadline_has_passed_and_has_a_link_where_it_is_a_page() -> None:
    world, specs = parked()
    world.world["now"] = NOW + 3 * 86400
    made = world.versions["p/r1/send"]
    where = "https://labels.example/projects/7"
    world.versions["p/r1/send"] = replace(made, facts={**made.facts, "where": where})
    waits = found(world, specs)["project/p/WaitingForLabels"]
    assert (waits.reason, waits.link) == ("BatchLate", where)


def test_a_batch_that_could_not_be_sent_waits_and_says_why() -> None:
    world, specs = parked()
    del world.versions["p/r1/send"]
    nothing = Balance(0)
    world.world["batches"] = {"p/r1/send": Looked(nothing, at=0, why="the server does not answer")}
    waits = found(world, specs)["project/p/WaitingForLabels"]
    assert (waits.reason, waits.message) == ("BatchNotSent", "the server does not answer")


def test_answers_that_changed_later_are_news_and_no_wait() -> None:
    world, specs = parked()
    step = world.plan(specs).ready[0]
    world.make(step.stage, step.recipe)
    made = world.versions["p/r1/label"]
    world.versions["p/r1/label"] = replace(made, facts={**made.facts, "answers": "a1"})
    now = Looked(Balance(10, labelled=10), at=NOW, changed=2, key="k1", answers="a2")
    world.world["batches"] = {"p/r1/send": now}
    waits = found(world, specs)["project/p/WaitingForLabels"]
    assert waits.state == ("False", "AnswersChanged", "p-r1")
    assert waits.next == "ymir labels pull p-r1"


def test_what_failed_stalls_before_what_is_blocked() -> None:
    world = Pure()
    step = world.plan(catalogue()).ready[0]
    world.world["failures"] = {step.recipe.digest: "the disk is on fire"}
    stalled = found(world, catalogue())[f"dataset/{step.stage.name}/Stalled"]
    assert (stalled.status, stalled.reason) == ("True", "JobFailed")
    assert "the disk is on fire" in stalled.message
    assert stalled.next == "ymir apply --retry"
    assert found(world, catalogue())["workspace/here/Stalled"].reason == "JobFailed"


def test_an_executor_that_no_spec_defines_any_more_blocks() -> None:
    world, specs = Pure(scores=lambda number: 0.5), catalogue()
    world.obey(specs, waves=200)
    del world.sources["pool"]
    del world.versions["pool"]
    now = found(world, specs)
    assert now["dataset/pool/Stalled"].reason == "Blocked"
    assert now["dataset/pool/Synced"].reason == "Blocked"
    assert "raw/pool" in now["dataset/pool/Stalled"].message


def test_a_stage_that_ended_badly_when_it_was_tried_last_is_told_from_one_that_was_not() -> None:
    world = Pure()
    for step in world.plan(catalogue()).ready:
        world.make(step.stage, step.recipe)
    seen = Seen(stopped={"p/r1/training": "box 3 lies outside of its image", "p/r9/train": "old"})
    now = found(world, catalogue(), seen)["project/p/Stalled"]
    assert now.state == ("True", "StageFailed", "p/r1/training")
    assert "box 3 lies outside" in now.message
    assert of_p(world, catalogue())["Stalled"][0] == "False"


def test_a_class_that_was_removed_needs_a_restart() -> None:
    world, specs = Pure(), catalogue(labels=["cat", "dog"])
    world.obey(specs)
    now = found(world, catalogue())["project/p/Synced"]
    assert (now.status, now.reason) == ("False", "RestartNeeded")
    assert now.next == "ymir apply --restart p"


def test_who_holds_the_workspace_works_on_it() -> None:
    now = of_p(Pure(), catalogue(), Seen(running="process 12"))
    assert now["Progressing"] == ("True", "Applying")


def test_a_suspended_project_is_not_synced_and_says_which_spec_holds_it() -> None:
    specs = catalogue()
    held = specs.projects["p"].model_copy(update={"suspend": True})
    now = found(Pure(), replace(specs, projects={"p": held}))
    assert now["project/p/Suspended"].status == "True"
    assert now["project/p/Synced"].reason == "SuspendedBySpec"
    assert now["project/p/Progressing"].reason == "SuspendedBySpec"


def test_the_workspace_is_as_bad_as_the_worst_of_it() -> None:
    world, specs = parked()
    known = found(world, specs)
    whole = {each.type: each for each in known.values() if each.kind == "workspace"}
    assert set(whole) == set(TYPES)
    assert whole["WaitingForLabels"].message.startswith("p: label the 10 images")
    assert whole["Synced"].status == "True"


def test_messages_may_change_without_the_condition_doing_so() -> None:
    one = Condition("project", "p", "Stalled", "True", "JobFailed", "5 min ago", "p/r1/train")
    assert one.state == replace(one, message="6 min ago").state
    assert one.state != replace(one, about="p/r2/train").state
