"""What came back of a batch: its balance, who answered, how far they agree, what it cost."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from tests.report import rounds
from tests.report.collect.test_batch import with_stages
from tests.report.collect.test_gates import back, gate, version, with_versions
from ymir.data.answers import ANSWERS
from ymir.data.table import table
from ymir.plan.snapshot import Version
from ymir.report.collect.batch import batch
from ymir.report.collect.pages import collect_round
from ymir.report.collect.people import cost, people
from ymir.report.collect.returns import returns
from ymir.report.record import ProjectRecord
from ymir.report.shown.batches import Again, Agreement, Batch, People, Returns
from ymir.spec.project import ProjectSpec

SENT_AT = "2026-11-20T09:00:00+00:00"
SENT = version("send", images=6, reviews=2, tool="folder", where="labels/h", sent_at=SENT_AT)
WHOLE = {"sent": 6, "labelled": 2, "empty": 1, "skipped": 1, "rejected": 1, "outstanding": 1}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> rounds.World:
    return rounds.world(tmp_path_factory.mktemp("world"))


@pytest.fixture
def project(world: rounds.World, tmp_path: Path) -> ProjectRecord:
    return rounds.project(tmp_path / "rounds", world, skills=(0.5, 0.8))


def with_label(project: ProjectRecord, label: Version, mine: Version | None = None) -> Batch:
    """The batch of the first round."""
    more = {"mine": mine} if mine else {}
    found = batch(project.spec, with_stages(project, send=SENT, label=label, **more))
    assert found
    return found


def answers(*rows: dict[str, object]) -> pl.DataFrame:
    """A table of answers."""
    plain = {"copy": 1, "state": "labelled", "objects": [], "star": False}
    return pl.DataFrame([plain | row for row in rows], schema=ANSWERS)


def with_objects(images: pl.DataFrame, objects: list[dict[str, object]]) -> pl.DataFrame:
    """The same images, each with these boxes and no others."""
    return table([row | {"objects": objects} for row in images.to_dicts()])


def priced(spec: ProjectSpec, price: str) -> ProjectSpec:
    return spec.model_copy(update={"label": spec.label.model_copy(update={"cost": price})})


def test_all_five_parts_make_what_was_sent(project: ProjectRecord) -> None:
    label = version("label", labelled=3, released=1, balance={**WHOLE, "reviews": 2, "reviewed": 1})
    found = with_label(project, label).returns
    assert found == Returns(6, 2, 1, 1, 1, (), skipped=1, reviews=2, reviewed=1, released=1)
    assert (found.gap, sum(found.parts.values())) == (0, 6)
    assert found.filled == (("rejected", 5), ("skipped", 4), ("empty", 3), ("labelled", 2))


def test_the_gate_names_all_five_parts_and_what_became_of_the_rest(project: ProjectRecord) -> None:
    label = version("label", labelled=3, released=1, balance={**WHOLE, "reviews": 2, "reviewed": 1})
    found = gate("label balance", with_versions(project, {"label": None, "mine": None}, {
        "send": SENT, "label": label,
    }))  # fmt: skip
    assert found.light == "amber"
    assert found.says == (
        "Round 2: 6 sent = 2 labelled + 1 empty + 1 skipped + 1 rejected + 1 outstanding"
        " (1 back in the pool, 1 of 2 answered twice)."
    )


def test_a_gap_is_red_whatever_part_it_is_missing_from(project: ProjectRecord) -> None:
    lost = with_versions(project, {}, {"send": SENT, "label": back(**{**WHOLE, "skipped": 0})})
    found = gate("label balance", lost)
    assert found.light == "red"
    assert "1 unaccounted for" in found.says


def test_records_from_before_anything_could_be_skipped_still_add_up(project: ProjectRecord) -> None:
    old = back(sent=6, labelled=4, empty=1, rejected=1)
    assert with_label(project, old).returns == Returns(6, 4, 1, 1, 0, (), reviews=2)


def test_why_images_have_no_labels_is_counted(project: ProjectRecord) -> None:
    reasons = {"a.jpg": "blurred", "b.jpg": "blurred"}
    found = with_label(project, back(**WHOLE, reasons=dict(reasons))).returns
    assert found
    assert found.reasons == (("blurred", 2),)


def test_it_says_since_when_and_until_when_people_have_it(project: ProjectRecord) -> None:
    assert with_label(project, back(**WHOLE)).sent_at == SENT_AT
    assert with_label(project, back(**WHOLE)).due is None
    spec = project.spec
    spec = spec.model_copy(update={"label": spec.label.model_copy(update={"deadline": "3d"})})
    found = batch(spec, with_stages(project, send=SENT))
    assert found
    assert found.due == "2026-11-23T09:00:00+00:00"
    odd = version("send", images=6, sent_at="yesterday")
    found = batch(spec, with_stages(project, send=odd))
    assert found
    assert found.due is None


def test_pseudo_labels_are_nobodys_labels(project: ProjectRecord) -> None:
    label = version("label", labelled=0, by_model=6, balance={"sent": 6, "labelled": 6})
    found = with_label(project, label)
    assert found.returns
    assert (found.returns.by_model, found.model, found.people) == (6, "round 1", None)
    loop = with_versions(project, {"send": SENT, "label": label}, {})
    assert (loop.labels_before(2), loop.pseudo_before(2)) == (0, 6)
    loop = replace(loop, spec=priced(loop.spec, "0.10 EUR"))
    report = collect_round(loop, 2)
    assert (report.spent.labels, report.spent.pseudo, report.spent.cost) == (0, 6, 0.0)
    assert [each.labels for each in report.progress.points] == [0, 0]
    (said,) = (each.value for each in report.lineage.facts if each.name == "pseudo-labels")
    assert said == "of 6 images, by the model of round 1; nobody looked at them"
    first = collect_round(replace(loop, rounds=loop.rounds[:1]), 1)
    assert (
        first.verdict.next.says == "`ymir apply` trains round 2 with 6 pseudo-labelled images more."
    )
    assert "6 by a model alone" in gate("label balance", loop).says


def test_who_answered_and_what_it_cost(project: ProjectRecord) -> None:
    folder = project.rounds[0].folder
    rows = answers(
        {"image": "a" * 32, "by": "ann", "seconds": 10.0},
        {"image": "a" * 32, "by": "bob", "copy": 2, "seconds": 30.0},
        {"image": "b" * 32, "by": None, "seconds": None},
    )
    rows.write_parquet(folder / "answers.parquet")
    said = {"answers": 3, "annotators": 2, "seconds": 40.0}
    label = version("label", labelled=2, balance=dict(WHOLE), people=said)
    dear = replace(project, spec=priced(project.spec, "0.08 EUR"))
    found = with_label(dear, label).people
    assert found == People(3, 2, 2, 40.0, pytest.approx(0.24), "EUR")
    assert found.pace == 20.0
    cheap = with_label(project, label).people
    assert cheap == People(3, 2, 2, 40.0, None, None)
    loop = with_versions(dear, {"send": SENT, "label": label}, {})
    spent = collect_round(loop, 2).spent
    assert (spent.cost, spent.currency) == (pytest.approx(0.24), "EUR")
    assert collect_round(loop, 1).spent.cost == 0


def test_of_records_older_than_answers_images_are_priced(project: ProjectRecord) -> None:
    label = version("label", labelled=5)
    loop = with_versions(project, {"label": label}, {})
    assert people(loop.spec, loop.rounds[0]) is None
    assert cost(priced(loop.spec, "2 USD"), loop.rounds[:1]) == 10.0
    assert cost(loop.spec, loop.rounds[:1]) is None


def test_agreement_is_told_where_images_have_several_answers(project: ProjectRecord) -> None:
    said = {"images": 2, "boxes": 9, "f1": 0.92, "iou": 0.88}
    label = version("label", labelled=2, balance=dict(WHOLE), agreement=dict(said))
    assert with_label(project, label).agreement == Agreement(2, 9, 0.92, 0.88)
    none = version("label", labelled=2, agreement={**said, "iou": None})
    assert with_label(project, none).agreement == Agreement(2, 9, 0.92, None)
    for odd in ({}, [], {"images": 0, "f1": 1.0}, {"images": 2}):
        assert with_label(project, version("label", agreement=odd)).agreement is None


def test_what_went_back_and_what_people_changed(project: ProjectRecord) -> None:
    folder = project.rounds[0].folder
    labelled = pl.read_parquet(folder / "labelled.parquet")
    mined = pl.read_parquet(folder / "mined.parquet")
    origin = pl.Series(["site-test", "site-test", "helmet-r0", None, None, None])
    mined.with_columns(origin=origin).write_parquet(folder / "mined.parquet")
    one_box = [{"label": "helmet_head", "x": 1.0, "y": 2.0, "w": 9.0, "h": 9.0}]
    sent = with_objects(labelled.head(2), one_box)
    was = [
        sent.with_columns(dataset=pl.lit("site-test"), origin=pl.lit("site-test")),
        labelled[2:3].with_columns(dataset=pl.lit(None, pl.String), origin=pl.lit("helmet-r0")),
    ]
    pl.concat(was).write_parquet(folder / "again.parquet")
    said = pl.concat([with_objects(sent[:1], []), sent[1:]])
    said.with_columns(dataset=pl.lit("site-test")).write_parquet(folder / "corrected.parquet")
    labelled[2:].write_parquet(folder / "labelled.parquet")
    mine = version("mine", relabel=3, suspicious=2)
    label = version("label", labelled=6, boxes=11, balance=dict(WHOLE))
    found = with_label(project, label, mine)
    assert found.again == Again(
        listed=1, suspicious=2, new_class=0, answered=3, changed=1, boxes=(("removed", 1),)
    )
    assert (found.listed, found.picked, found.boxes) == (1, 3, 11)
    first = [each.origin for each in found.shown[:4]]
    assert first == ["site-test", "site-test", "helmet-r0", None]


def test_what_went_back_and_is_not_home_was_not_changed(project: ProjectRecord) -> None:
    folder = project.rounds[0].folder
    mined = pl.read_parquet(folder / "mined.parquet")
    mined.with_columns(origin=pl.lit("site-val")).write_parquet(folder / "mined.parquet")
    (folder / "labelled.parquet").unlink()
    found = batch(project.spec, with_stages(project, send=SENT, mine=version("mine", new_class=4)))
    assert found
    assert found.again == Again(2, 0, 4, 0, 0, ())
    assert returns(with_stages(project)) is None
