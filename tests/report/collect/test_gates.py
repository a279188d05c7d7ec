"""Each gate has a light and one sentence with its figures."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import JsonValue

from tests.report import rounds
from ymir.plan.snapshot import Recipe, Version
from ymir.report.collect.gates import gates
from ymir.report.collect.leakage import leaks
from ymir.report.record import ProjectRecord, RoundRecord
from ymir.report.shown.summary import Gate, Regressions


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> rounds.World:
    return rounds.world(tmp_path_factory.mktemp("world"))


@pytest.fixture
def project(world: rounds.World, tmp_path: Path) -> ProjectRecord:
    return rounds.project(tmp_path / "rounds", world, skills=(0.5, 0.8))


def version(kind: str, inputs: dict[str, str] | None = None, **facts: JsonValue) -> Version:
    return Version(Recipe(kind, {}, inputs or {}), "d" * 32, facts=facts)


def with_versions(project: ProjectRecord, *given: dict[str, Version | None]) -> ProjectRecord:
    """The rounds with these stages, and without those that are None."""
    changed = tuple(
        replace(
            each,
            versions={k: v for k, v in {**each.versions, **more}.items() if v is not None},
        )
        for each, more in zip(project.rounds, given, strict=True)
    )
    return replace(project, rounds=changed)


def gate(name: str, project: ProjectRecord, worse: Regressions | None = None) -> Gate:
    now: RoundRecord = project.rounds[-1]
    found = {each.name: each for each in gates(project, now, leaks(now), worse)}
    assert list(found) == ["leakage", "frozen set", "label balance", "regression", "package"]
    return found[name]


# leakage

COUNT = {"set": "validation", "kind": "same", "images": 12}


@pytest.mark.parametrize(
    ("counts", "action", "light", "says"),
    [
        ([], "warn", "green", "Nothing leaks; looked for the same files"),
        ([COUNT], "warn", "red", "12 training images also in validation: trained on all the same."),
        ([COUNT], "exclude", "amber", "12 training images also in validation: left out."),
        (
            [{"set": "testing", "kind": "near", "images": 1}],
            "warn",
            "amber",
            "1 training image look like one of testing: trained on all the same.",
        ),
    ],
)
def test_leakage_is_red_where_the_very_images_were_learned(
    project: ProjectRecord,
    counts: list[JsonValue],
    action: str,
    light: str,
    says: str,
) -> None:
    gates_ = {"leakage": action, "near": {"then": "warn", "distance": 4}, "groups": None}
    record = {"gates": gates_, "counts": counts, "left_out": 0, "pairs": []}
    (project.rounds[-1].folder / "leakage.json").write_text(json.dumps(record))
    found = gate("leakage", project)
    assert found.light == light
    assert found.says.startswith(says)


def test_a_round_from_before_the_leakage_gate_was_not_looked_at(project: ProjectRecord) -> None:
    assert gate("leakage", project).light == "off"


# frozen set


def judged(digest: str) -> dict[str, Version | None]:
    return {"judge": version("judge", {"site-test": digest, "helmet/r1/predict": "p" * 32})}


def today(project: ProjectRecord, digest: str) -> ProjectRecord:
    newest = replace(project.datasets["site-test"], digest=digest)
    return replace(project, datasets={**project.datasets, "site-test": newest})


def test_the_set_is_frozen_while_all_are_judged_on_the_same(project: ProjectRecord) -> None:
    same = today(with_versions(project, judged("a" * 32), judged("a" * 32)), "a" * 32)
    found = gate("frozen set", same)
    assert found.light == "green"
    boxes = project.rounds[0].testing.boxes
    assert found.says == (
        f"The same as round 1 was judged on: 30 images, {boxes} boxes ({'a' * 12})."
    )
    first = replace(same, rounds=same.rounds[:1])
    assert gate("frozen set", first).says.startswith("Frozen from this round on: 30 images")


def test_a_set_that_thawed_is_red(project: ProjectRecord) -> None:
    other = today(with_versions(project, judged("a" * 32), judged("b" * 32)), "b" * 32)
    found = gate("frozen set", other)
    assert found.light == "red"
    assert f"{'a' * 12} then, {'b' * 12} now" in found.says


def test_a_newer_version_of_the_set_is_named(project: ProjectRecord) -> None:
    newer = today(with_versions(project, judged("a" * 32), judged("a" * 32)), "c" * 32)
    found = gate("frozen set", newer)
    assert found.light == "amber"
    assert found.says == "`site-test` has a newer version: `ymir apply` judges anew."


def test_old_records_do_not_say_what_was_judged_on(project: ProjectRecord) -> None:
    assert gate("frozen set", project).light == "off"


# label balance


def back(**balance: JsonValue) -> Version:
    return version("label", labelled=3, balance=balance)


SENT = version("send", images=6, tool="folder", where="labels/helmet-r1")
ALL = back(sent=6, labelled=4, empty=1, rejected=1, reasons={"a.jpg": "blurred"})


def test_every_image_that_was_sent_is_accounted_for(project: ProjectRecord) -> None:
    both = with_versions(project, {"send": SENT, "label": ALL}, {"send": SENT, "label": None})
    found = gate("label balance", both)
    assert found.light == "amber"
    assert found.says == (
        "Round 1: 6 sent = 4 labelled + 1 empty + 1 rejected; Round 2: 6 sent = 6 outstanding."
    )
    done = with_versions(both, {}, {"label": ALL})
    assert gate("label balance", done).light == "green"


@pytest.mark.parametrize(
    ("labelled", "says"), [(3, "2 unaccounted for"), (9, "4 too many"), (-1, "unaccounted for")]
)
def test_a_gap_in_the_balance_is_red(project: ProjectRecord, labelled: int, says: str) -> None:
    lost = back(sent=6, labelled=labelled, empty=1, rejected=0)
    found = gate("label balance", with_versions(project, {}, {"send": SENT, "label": lost}))
    assert found.light == "red"
    assert says in found.says


def test_batches_older_than_balances_are_counted_again(project: ProjectRecord) -> None:
    assert gate("label balance", project).light == "green"


def test_before_the_first_batch_there_is_no_balance(project: ProjectRecord) -> None:
    none: dict[str, Version | None] = {"label": None, "mine": None}
    assert gate("label balance", with_versions(project, none, none)).light == "off"


# regression


def test_classes_that_fell_are_named(project: ProjectRecord) -> None:
    worse = Regressions("round 1", ("helmet_head",), fixed=3, broken=1)
    found = gate("regression", project, worse)
    assert found.light == "amber"
    assert found.says == (
        "1 class fell by more than noise since round 1: `helmet_head`; 3 images fixed, 1 broken."
    )
    none = gate("regression", project, replace(worse, classes=()))
    assert none.light == "green"
    assert none.says.startswith("No class fell by more than noise since round 1; 3 images fixed")


@pytest.mark.parametrize(
    ("then", "light"), [("block", "red"), ("warn", "amber"), ("ignore", "off")]
)
def test_the_spec_says_how_bad_a_regression_is(
    project: ProjectRecord, then: str, light: str
) -> None:
    strict = replace(project, spec=rounds.spec(gates={"regression": then}))
    worse = Regressions("round 1", tuple("abcdefgh"), fixed=0, broken=0)
    found = gate("regression", strict, worse)
    assert found.light == light
    assert then == "ignore" or "`e` and 3 more" in found.says


def test_a_first_round_cannot_be_worse(project: ProjectRecord) -> None:
    assert gate("regression", project).light == "off"


# package


def proven(broken: list[JsonValue]) -> dict[str, Version | None]:
    checks: dict[str, JsonValue] = {"checksums": "all agree", "onnx": "0.2 px apart"}
    prove = version("prove", holds=not broken, images=20, checks=checks, broken=broken)
    return {"package": version("package", file="helmet-r2.tar.gz"), "prove": prove}


def test_a_package_keeps_its_promises_or_the_broken_ones_are_named(project: ProjectRecord) -> None:
    found = gate("package", with_versions(project, {}, proven([])))
    assert found == Gate(
        "package", "green", "`helmet-r2.tar.gz` keeps 2 promises, tried on 20 images."
    )
    found = gate("package", with_versions(project, {}, proven(["onnx", "weights"])))
    assert found.light == "red"
    assert found.says == "`helmet-r2.tar.gz` is not what it promises: `onnx`, `weights`."


def test_a_package_that_was_not_tried_is_not_judged(project: ProjectRecord) -> None:
    assert gate("package", project) == Gate("package", "off", "The package is not tried yet.")
    off = replace(project, spec=rounds.spec(gates={"package": "ignore"}))
    assert gate("package", off).says == "Not tried: `gates: {package: ignore}`."
