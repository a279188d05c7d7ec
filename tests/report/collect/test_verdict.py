"""The verdict says where the loop stands, and who or what comes next."""

from dataclasses import replace

import pytest

from tests.report import rounds
from tests.report.collect.test_gates import SENT, version, with_versions
from ymir.plan.decision import Decision
from ymir.report.collect.verdict import verdict
from ymir.report.record import ProjectRecord
from ymir.report.shown.summary import Gate, Light, Next, Verdict

GOES_ON = Decision("continue", "goal not met: mAP 0.5 < 0.85; another round follows", False)
MET = Decision("goal met", "goal met: mAP 0.9 ≥ 0.85", True)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> ProjectRecord:
    folder = tmp_path_factory.mktemp("rounds")
    return rounds.project(folder / "rounds", rounds.world(folder / "world"), skills=(0.5, 0.8))


def of(project: ProjectRecord, decision: Decision, **lights: Light) -> Verdict:
    shown: dict[str, Light] = {"package": "green", "regression": "green", **lights}
    gates = [Gate(name, light, "…") for name, light in shown.items()]
    return verdict(project, replace(project.rounds[-1], decision=decision), gates)


def fresh(project: ProjectRecord, *kept: str) -> ProjectRecord:
    """The newest round has no batch yet, but for these stages."""
    gone = {kind: None for kind in ("mine", "send", "label") if kind not in kept}
    return with_versions(project, {}, dict(gone))


@pytest.mark.parametrize(
    ("decision", "state", "says"),
    [
        (MET, "met", "goal met"),
        (GOES_ON, "open", "goal not met"),
        (Decision("rounds", "…", False), "missed", "stopped without the goal"),
    ],
)
def test_the_headline_says_where_the_loop_stands(
    recorded: ProjectRecord, decision: Decision, state: str, says: str
) -> None:
    found, figure = of(recorded, decision), recorded.rounds[-1].testing.map
    assert found.state == state
    assert found.headline == (
        f"Round 2 — {says}: mAP {figure.value:.3f} ± {figure.half:.3f}, goal 0.850"
    )


def test_the_reason_does_not_say_twice_what_the_headline_says(recorded: ProjectRecord) -> None:
    assert of(recorded, GOES_ON).reason == "mAP 0.5 < 0.85; another round follows"
    assert of(recorded, MET).reason == "mAP 0.9 ≥ 0.85"


def test_a_strict_goal_is_about_the_strict_figure(recorded: ProjectRecord) -> None:
    strict = replace(recorded, spec=rounds.spec(goal={"map_50_95": 0.5}))
    value = recorded.rounds[-1].testing.map_50_95.value
    assert f"mAP 50-95 {value:.3f}" in of(strict, GOES_ON).headline
    classes = replace(recorded, spec=rounds.spec(goal={"per_class": {"helmet_head": 0.5}}))
    assert "goal 0" not in of(classes, GOES_ON).headline


def test_before_a_batch_is_picked_the_loop_goes_on(recorded: ProjectRecord) -> None:
    assert of(fresh(recorded), GOES_ON).next == Next(
        "`ymir apply` picks 40 images by `entropy`, has them labelled and trains round 3.",
        "ymir apply",
    )


def test_people_are_told_what_to_label_and_where(recorded: ProjectRecord) -> None:
    project = with_versions(recorded, {}, {"send": SENT, "label": None})
    assert of(project, GOES_ON).next == Next(
        "Label 6 images in `labels/helmet-r1`; then `ymir apply` trains round 3.", "ymir apply"
    )
    tool = version("send", images=1, tool="labelstudio")
    project = with_versions(recorded, {}, {"send": tool, "label": None})
    assert of(project, GOES_ON).next.says.startswith("Label 1 image with `labelstudio`;")


def test_once_labels_are_back_a_training_follows(recorded: ProjectRecord) -> None:
    says = "`ymir apply` trains round 3 with 6 labelled images more."
    assert of(recorded, GOES_ON).next.says == says


def test_with_the_goal_met_there_is_a_package_to_use(recorded: ProjectRecord) -> None:
    package = {"package": version("package", file="helmet-r2.tar.gz")}
    assert of(with_versions(recorded, {}, dict(package)), MET).next == Next(
        "Nothing is left to do: use the package `helmet-r2.tar.gz`.",
        "ymir predict helmet/r2 IMAGES",
    )
    assert of(with_versions(recorded, {}, {"package": None}), MET).next.command == "ymir apply"


@pytest.mark.parametrize(
    ("reason", "what"),
    [
        ("rounds", "raise `goal: rounds`"),
        ("label budget", "raise `goal: labels`"),
        ("gpu budget", "raise `goal: gpu_hours`"),
        ("pool empty", "add images to the pool"),
        ("plateau", "look at the weakest classes"),
    ],
)
def test_a_loop_that_stopped_says_how_to_go_on(
    recorded: ProjectRecord, reason: str, what: str
) -> None:
    found = of(recorded, Decision(reason, "…", False)).next
    assert what in found.says
    assert found.command is None


def test_a_gate_that_blocks_comes_before_the_next_batch(recorded: ProjectRecord) -> None:
    assert "gates: {regression: warn}" in of(recorded, GOES_ON, regression="red").next.says
    assert "gates: {package: warn}" in of(recorded, GOES_ON, package="red").next.says
    lenient = replace(recorded, spec=rounds.spec(gates={"package": "warn"}))
    assert "trains round 3" in of(lenient, GOES_ON, package="red").next.says
