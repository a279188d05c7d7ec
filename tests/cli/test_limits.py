from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.plan.test_pace import stage, took
from ymir.cli.running.display import Display
from ymir.cli.running.limits import Limits, margin, read_duration, unlimited
from ymir.contracts.backend import GRACE
from ymir.errors import Exit, SpecError
from ymir.plan.plan import Plan
from ymir.plan.planner import Park, Run
from ymir.plan.snapshot import Snapshot, recipe_for

HOUR = 3600.0
PREDICT = stage("p/r2/predict")


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Scene:
    """A run of an hour, of which the last six minutes are for its end."""

    clock: Clock = field(default_factory=Clock)
    took: float = 600.0

    def limits(self, until: str | None = None, total: float | None = HOUR) -> Limits:
        return Limits(total, until, self.clock.now, self.clock)

    def observe(self) -> Snapshot:
        return dict([took("p/r1/predict", self.took)])


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("5h30m", 19800), ("90s", 90), ("1h", 3600), ("2d", 172800), ("1h1m1s", 3661), ("0h5s", 5)],
)
def test_durations_are_read(text: str, seconds: float) -> None:
    assert read_duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "5", "h", "30m5h", "-1h", "1.5h", "0s", "5h30", "1h 5m", "٣h"]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(SpecError, match="is no duration"):
        read_duration(text)


@pytest.mark.parametrize(
    ("total", "kept"),
    [(20 * HOUR, 600), (HOUR, 360), (200, 30), (40, 20), (2, 1)],
    ids=["at most ten minutes", "a tenth", "at least half a minute", "half", "half of little"],
)
def test_a_part_of_the_time_is_for_a_good_end(total: float, kept: float) -> None:
    assert margin(total) == kept


def test_the_run_is_asked_to_end_once_only_the_margin_is_left(tmp_path: Path) -> None:
    scene, display = Scene(), Display(tmp_path, is_quiet=True)
    limits = scene.limits()
    scene.clock.now += HOUR - 361
    assert not limits.ends(display)
    scene.clock.now += 2
    assert limits.ends(display)
    assert display.was_stopped


def test_without_a_limit_a_run_ends_when_somebody_asks(tmp_path: Path) -> None:
    display = Display(tmp_path, is_quiet=True)
    assert not unlimited().ends(display)
    display.stop()
    assert unlimited().ends(display)


def test_a_job_has_half_of_the_margin_to_end_and_after_a_signal_seconds() -> None:
    scene = Scene()
    limits = scene.limits()
    assert limits.patience() == GRACE, "whoever sends a signal does not wait"
    scene.clock.now += HOUR - 360
    assert limits.patience() == 180
    scene.clock.now += 3600
    assert limits.patience() == GRACE, "even when the time was up long ago"
    assert unlimited().patience() == GRACE


def test_nothing_is_begun_that_will_not_be_done_in_time() -> None:
    scene = Scene()
    limits = scene.limits()
    assert limits.admits(PREDICT, scene.observe)
    scene.clock.now += HOUR - 360 - 599
    assert not limits.admits(PREDICT, scene.observe)
    assert limits.held == {"p/r2/predict": "not begun: it took 10:00 last time, and 9:59 are left"}
    assert limits.admits(stage("p/r2/train"), scene.observe), "it goes on from its checkpoint"
    assert limits.admits(stage("p/r2/judge"), scene.observe), "nobody knows how long it takes"


def test_what_would_never_fit_is_begun_all_the_same() -> None:
    scene = Scene(took=2 * HOUR)
    limits = scene.limits()
    assert limits.admits(PREDICT, scene.observe)
    scene.clock.now += 1000
    assert limits.admits(PREDICT, scene.observe)


@pytest.mark.parametrize("until", ["predict", "p/r2/predict"])
def test_a_run_goes_until_a_kind_of_stage_or_one_stage(until: str) -> None:
    scene = Scene()
    limits = scene.limits(until, total=None)
    assert not limits.admits(PREDICT, scene.observe)
    assert limits.admits(stage("p/r2/train"), scene.observe)
    assert limits.admits(stage("p/r1/predict"), scene.observe) is (until != "predict")


def test_what_is_held_back_is_pending_unless_something_failed() -> None:
    limits = Scene().limits("predict", total=None)
    limits.admits(PREDICT, dict)
    recipe = recipe_for(PREDICT, {})
    left = Plan((Run(PREDICT, recipe, "does not exist yet"),))
    assert limits.exit_code(Exit.DONE, left) is Exit.PENDING
    assert limits.exit_code(Exit.PARKED, left) is Exit.PENDING
    assert limits.exit_code(Exit.FAILED, left) is Exit.FAILED
    assert limits.exit_code(Exit.DONE, Plan()) is Exit.DONE


def test_what_waits_for_people_is_parked_as_ever() -> None:
    label = stage("p/r2/label")
    limits = Scene().limits("label", total=None)
    limits.admits(label, dict)
    left = Plan((Park(label, recipe_for(label, {}), "label 10 images"),))
    assert limits.exit_code(Exit.PARKED, left) is Exit.PARKED
    assert limits.held_in(left) == {}
