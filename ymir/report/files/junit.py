"""`junit.xml`: the gates of a round as test cases, so that a CI server shows them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from ymir.report.shown.pages import RoundReport
from ymir.report.shown.summary import Gate

FILE = "junit.xml"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(report: RoundReport) -> str:
    """A suite of the gates, and the goal: it fails only once the loop has stopped without it."""
    name = f"{report.project} round {report.number}"
    cases = [_goal(report), *(_case(gate) for gate in report.gates)]
    counts = {
        "tests": len(cases),
        "failures": _with(cases, "failure"),
        "errors": 0,
        "skipped": _with(cases, "skipped"),
    }
    suite = Element("testsuite", {"name": _xml(name), **_texts(counts)})
    for case in cases:
        case.set("classname", _xml(name))
        suite.append(case)
    suites = Element("testsuites", {"name": "ymir", **_texts(counts)})
    suites.append(suite)
    indent(suites)
    text: str = tostring(suites, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _goal(report: RoundReport) -> Element:
    case = Element("testcase", {"name": "goal"})
    verdict = report.verdict
    if verdict.state == "missed":
        failure = SubElement(case, "failure", {"message": _xml(verdict.headline)})
        failure.text = _xml(f"{verdict.reason}. {verdict.next.says}")
    else:
        SubElement(case, "system-out").text = _xml(f"{verdict.headline}: {verdict.reason}")
    return case


def _case(gate: Gate) -> Element:
    case = Element("testcase", {"name": _xml(gate.name)})
    match gate.light:
        case "red":
            SubElement(case, "failure", {"message": _xml(gate.says)}).text = _xml(gate.says)
        case "off":
            SubElement(case, "skipped", {"message": _xml(gate.says)})
        case "amber" | "green":
            SubElement(case, "system-out").text = _xml(gate.says)
    return case


def _with(cases: Sequence[Element], tag: str) -> int:
    return sum(case.find(tag) is not None for case in cases)


def _texts(counts: dict[str, int]) -> dict[str, str]:
    return {name: str(count) for name, count in counts.items()}


def _xml(text: str) -> str:
    """What XML can hold of a text: no control character."""
    return _NOT_XML.sub("", text)
