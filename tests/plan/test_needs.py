"""Which executors a plan will run, and what it means that nobody has looked at one."""

from tests.plan.worlds import Pure, catalogue
from ymir.plan.needs import executors
from ymir.plan.world import UNREAD

UNKNOWN = {"executors": {"tiny": UNREAD}}


def test_a_project_that_begins_will_run_its_executor() -> None:
    assert executors(Pure().plan(catalogue())) == ("tiny",)


def test_a_project_that_has_reached_its_goal_runs_nothing() -> None:
    world = Pure()
    assert executors(world.obey(catalogue())) == ()


def test_what_waits_for_people_runs_nothing_yet() -> None:
    world = Pure(has_people=True)
    now = world.plan(catalogue())
    while not (now.is_parked or now.is_settled):
        world.make(now.ready[0].stage, now.ready[0].recipe)
        now = world.plan(catalogue())
    assert now.is_parked
    assert executors(now) == ()


def test_what_waits_for_an_import_will_run() -> None:
    world = Pure()
    world.obey(catalogue(goal={"map": 0.4}))
    world.sources["test"] = "test-2"
    assert executors(world.plan(catalogue(goal={"map": 0.4}))) == ("tiny",)


def test_rounds_that_are_recorded_stay_while_their_image_is_not_looked_at() -> None:
    world = Pure()
    settled = world.obey(catalogue(goal={"rounds": 2}))
    world.world = UNKNOWN
    now = world.plan(catalogue(goal={"rounds": 2}))
    assert now.steps == settled.steps
    assert now.edits == ()


def test_a_pool_in_which_nothing_was_found_stays_empty_while_the_image_is_not_looked_at() -> None:
    world = Pure(pool=0)
    settled = world.obey(catalogue())
    assert not settled.ready
    world.world = UNKNOWN
    assert world.plan(catalogue()).steps == settled.steps


def test_an_image_that_turned_out_to_be_another_is_an_edit() -> None:
    world = Pure()
    world.obey(catalogue(goal={"rounds": 2}))
    world.world = {"executors": {"tiny": "e2"}}
    (edit,) = world.plan(catalogue(goal={"rounds": 2})).edits
    assert (edit.category, edit.what) == ("forward", "the program of executor tiny changed")
