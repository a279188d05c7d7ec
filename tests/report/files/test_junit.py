"""A CI server shows the gates of a round as tests."""

from dataclasses import replace
from xml.etree.ElementTree import Element, fromstring

from tests.report import shown_reports
from ymir.report.files.junit import junit
from ymir.report.shown.pages import RoundReport
from ymir.report.shown.summary import Gate, State

ROUND = shown_reports.round_four()
GATES = (
    Gate("leakage", "green", "Nothing leaks."),
    Gate("frozen set", "amber", "It has a newer version."),
    Gate("label balance", "red", "2 images are unaccounted for."),
    Gate("regression", "off", "There is no round before it."),
)


def parsed(report: RoundReport) -> Element:
    return fromstring(junit(report))  # noqa: S314 - our own XML


def cases(report: RoundReport) -> dict[str, Element]:
    suite = parsed(report).find("testsuite")
    assert suite is not None
    found = {str(case.get("name")): case for case in suite.iter("testcase")}
    assert suite.get("tests") == str(len(found))
    for what, tag in (("failures", "failure"), ("skipped", "skipped")):
        assert suite.get(what) == str(sum(case.find(tag) is not None for case in found.values()))
    return found


def said(case: Element) -> list[tuple[str, str | None]]:
    return [(each.tag, each.get("message") or each.text) for each in case]


def test_a_gate_is_a_case_with_its_sentence() -> None:
    found = cases(replace(ROUND, gates=GATES))
    assert said(found["leakage"]) == [("system-out", "Nothing leaks.")]
    assert said(found["frozen set"]) == [("system-out", "It has a newer version.")]
    assert said(found["label balance"]) == [("failure", "2 images are unaccounted for.")]
    assert said(found["regression"]) == [("skipped", "There is no round before it.")]


def goal(state: State) -> list[str]:
    verdict = replace(ROUND.verdict, state=state)
    return [tag for tag, _ in said(cases(replace(ROUND, verdict=verdict))["goal"])]


def test_the_goal_fails_only_once_the_loop_has_stopped_without_it() -> None:
    assert goal("met") == ["system-out"]
    assert goal("open") == ["system-out"]
    assert goal("missed") == ["failure"]


def test_the_suite_is_called_after_the_round() -> None:
    suite = parsed(ROUND).find("testsuite")
    assert suite is not None
    assert suite.get("name") == "helmet round 4"


def test_names_that_xml_cannot_hold_break_nothing() -> None:
    hostile = "\0a\x1b[31m<b>&]]>\ud800\uffff🙂"
    report = replace(
        ROUND,
        project=hostile,
        gates=tuple(replace(each, says=hostile) for each in GATES),
        verdict=replace(ROUND.verdict, headline=hostile, reason=hostile),
    )
    found = cases(report)
    assert said(found["label balance"]) == [("failure", "a[31m<b>&]]>🙂")]
    assert cases(shown_reports.hostile())
