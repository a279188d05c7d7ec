"""A pull request is told of a round in what one comment may hold."""

import re
from dataclasses import replace

import pytest

from tests.report import shown_parts, shown_reports
from ymir.report import words
from ymir.report.files.summary import MOST, summary_md
from ymir.report.shown.batches import Returns
from ymir.report.shown.origin import SpecChange
from ymir.report.shown.pages import RoundReport

ROUND = shown_reports.round_four()


def cells(text: str, head: str) -> list[list[str]]:
    """The rows of the table below a heading."""
    section = text.split(f"### {head}\n\n")[1].split("\n\n")[0]
    rows = [line.strip("|").split("|") for line in section.splitlines()]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def test_the_verdict_comes_first_then_what_to_do() -> None:
    text = summary_md(ROUND)
    assert text.startswith("## 🔁 `helmet`: Round 4 — goal not met: mAP 0.571 ± 0.012")
    assert "```\nymir apply helmet\n```" in text


def test_each_gate_has_a_row() -> None:
    rows = cells(summary_md(ROUND), "Gates")
    assert [row[0] for row in rows] == [gate.name for gate in ROUND.gates]


def test_the_figures_of_classes_are_those_of_the_report() -> None:
    rows = cells(summary_md(ROUND), "Classes")
    assert len(rows) == len(ROUND.classes)
    for row, each in zip(rows, ROUND.classes, strict=True):
        assert each.ap50
        assert row[1:3] == [f"{each.ap50.value:.3f}", f"{each.ap50.half:.3f}"]


def test_what_changed_in_the_specs_is_told() -> None:
    changes = (SpecChange("train.with.epochs", "30", "60"), SpecChange("dataset site", None, "v2"))
    report = replace(ROUND, lineage=replace(ROUND.lineage, changes=changes))
    assert cells(summary_md(report), "What changed in the specs") == [
        ["`train.with.epochs`", "`30`", "`60`"],
        ["<code>dataset site</code>", f"<code>{words.UNKNOWN}</code>", "`v2`"],
    ]
    unchanged = replace(ROUND, lineage=replace(ROUND.lineage, changes=()))
    assert "changed in the specs" not in summary_md(unchanged)


def test_the_batch_adds_up_and_says_who_answered_and_how_far_they_agree() -> None:
    text = summary_md(ROUND)
    heads = "sent | labelled | empty | skipped | rejected | outstanding"
    assert heads in text
    assert cells(text, "Labels") == [["40", "22", "5", "4", "2", "7"]]
    assert "2 of 40 images labelled more than once: 92% of boxes agree (F1 at IoU 0.5)" in text
    assert "34 answers by 3 annotators, 20.4 s each; 2.72 EUR" in text
    assert "2 listed, 4 with suspicious labels, 3 that may show a class added since" in text
    assert "| labels | 120 | of 160, 10.40 EUR, and 30 pseudo-labels" in text


def test_what_does_not_add_up_and_what_nobody_looked_at_is_told() -> None:
    assert ROUND.batch
    lost = Returns(40, 20, 0, 0, 0, (), by_model=20, released=3)
    batch = replace(ROUND.batch, returns=lost, model="round 4", people=None)
    text = summary_md(replace(ROUND, batch=batch))
    assert "20 unaccounted for" in text
    assert "Pseudo-labels: 20 images, by the model of round 4; nobody looked at them" in text
    assert "3 of those outstanding are back in the pool" in text
    assert "### Labels" not in summary_md(replace(ROUND, batch=replace(batch, returns=None)))


def test_how_the_batch_was_picked_and_whether_mining_pays_is_told() -> None:
    text = summary_md(ROUND)
    assert cells(text, "Mining") == [
        ["mined", "25", "18", "81", "4.50"],
        ["by lot", "4", "3", "7", "2.33"],
        ["nothing found", "2", "2", "0", "0.00"],
        ["again", "9", "8", "43", "5.38"],
    ]
    assert "Mining pays so far: a mined image held 2.10 mistakes of the model" in text
    assert ROUND.batch
    plain = replace(ROUND.batch, parts=ROUND.batch.parts[:1])
    assert "### Mining" not in summary_md(replace(ROUND, batch=plain, mining=None))
    assert "### Mining" in summary_md(replace(ROUND, batch=None))


def many(labels: tuple[str, ...]) -> RoundReport:
    changes = tuple(SpecChange(each, each, each) for each in labels)
    return replace(
        ROUND,
        classes=shown_parts.class_rows(labels),
        lineage=replace(ROUND.lineage, changes=changes),
        gates=tuple(replace(gate, says=labels[0] * 99) for gate in ROUND.gates),
    )


@pytest.mark.parametrize(
    "name", ["class {}", "👷‍♀️" * 99 + "{}", "<|>" * 99 + "{}", "x" * 999 + "{}"]
)
def test_it_fits_into_a_comment_whatever_the_names(name: str) -> None:
    labels = tuple(name.format(number) for number in range(3000))
    text = summary_md(many(labels))
    assert len(text) <= MOST
    assert "classes more" in text
    assert "[The whole report](r4.html)" in text


def test_hostile_names_do_nothing() -> None:
    text = re.sub(r"(?s)\n(```+)\n.*?\n\1\n", "", summary_md(shown_reports.hostile()))
    tags = set(re.findall(r"<[^>]*>", text))
    assert tags <= {"<code>", "</code>"}
    assert "\u202e" not in text


def test_a_first_round_has_nothing_to_compare_with() -> None:
    text = summary_md(shown_reports.first())
    assert "since the round before" not in text
    assert "regressions" not in text
