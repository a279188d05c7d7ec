"""The rules of the folder contract that a rehearsal looks at, and what was found of each. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

NOT_REACHED = "no scene came as far"
_MOST_WHYS = 2


class Verdict(StrEnum):
    """How an executor stands to a rule; the worse comes first."""

    BREAKS = "breaks"
    TOLERATED = "tolerated"  # not as it should be, and ymir gets along with it
    HOLDS = "holds"
    UNCHECKED = "not checked"


@dataclass(frozen=True)
class Finding:
    """What one scene of a rehearsal says of a rule; `why` is one line."""

    rule: str
    verdict: Verdict
    why: str = ""


@dataclass(frozen=True)
class Ruling:
    """What the whole rehearsal says of a rule, and where the rule is written."""

    rule: str
    says: str
    verdict: Verdict
    why: str

    @property
    def place(self) -> str:
        """Where the rule is explained."""
        return f"executors/README.md#{self.rule}"


RULES: Mapping[str, str] = {
    "starts": "its program can be started",
    "manual": "`/img-man` has a manifest and a template for each task",
    "manual-defaults": "templates are flat mappings of parameters to their defaults",
    "ends-with-0": "every task ends with exit status 0",
    "ends-in-time": "every task ends within its time limit",
    "within-limits": "it gets along with limited memory, processes and disk",
    "no-root": "it runs as any user, with a number that the image does not know",
    "no-network": "it needs no network",
    "in-untouched": "it writes nothing into `in/`",
    "monitor-form": "`monitor.txt` is written, and has the right form",
    "share-rises": "the share in `monitor.txt` rises, up to 1",
    "result-valid": "the result of every task is there, and can be read",
    "files-listed": "every file that `result.yaml` lists is there, and its figures are possible",
    "class-names": "boxes have the names of the classes that were given",
    "boxes-inside": "boxes lie inside their image",
    "scores": "scores are numbers from 0 to 1",
    "all-answered": "every image has an answer, and no other",
    "all-ranked": "every candidate is ranked, once",
    "ranking-sorted": "the ranking is sorted, the most useful image first",
    "both-at-once": "it ranks and finds in one job",
    "odd-data": "images of any size, without objects, grey or with alpha, and a class without any",
    "same-again": "the same seed, data and parameters make the same model",
    "stops": "it ends within 5 seconds of SIGTERM",
    "resumes": "a training that was stopped goes on from its checkpoint",
    "says-why": "when it cannot go on, it says state 4 and a code in `monitor.txt`",
}

# What is left aside when results are read: the rule it belongs to, and whether anything is lost.
_REMARKS: Mapping[str, tuple[str, bool]] = {
    "annotation-without-area": ("result-valid", False),
    "annotation-without-bbox": ("boxes-inside", False),
    "annotation-without-place": ("boxes-inside", True),
    "answer-without-boxes": ("result-valid", False),
    "attachment-unusable": ("files-listed", True),
    "best-stage-unknown": ("files-listed", True),
    "blank-for-tab": ("all-ranked", False),
    "box-clipped": ("boxes-inside", False),
    "box-outside-image": ("boxes-inside", True),
    "box-turned": ("boxes-inside", False),
    "box-without-area": ("boxes-inside", True),
    "box-without-score": ("scores", True),
    "class-respelled": ("class-names", False),
    "class-unknown": ("class-names", True),
    "figure-unusable": ("files-listed", True),
    "files-not-a-list": ("files-listed", False),
    "fraction-in-box": ("boxes-inside", False),
    "image-answered-twice": ("all-answered", True),
    "image-ranked-twice": ("all-ranked", True),
    "image-unanswered": ("all-answered", False),
    "image-unknown": ("all-answered", True),
    "image-unranked": ("all-ranked", True),
    "map-missing": ("files-listed", False),
    "not-a-number": ("scores", True),
    "predictions-missing": ("both-at-once", False),
    "score-above-1": ("scores", True),
    "score-not-a-number": ("ranking-sorted", False),
    "score-not-finite": ("all-ranked", False),
    "stage-unusable": ("files-listed", True),
    "unsorted": ("ranking-sorted", False),
}
_OTHERWISE = ("result-valid", False)


def of_remark(remark: str, why: str) -> Finding:
    """What the reading of a result noticed, as a finding of the rule it belongs to."""
    rule, is_loss = _REMARKS.get(remark, _OTHERWISE)
    return Finding(rule, Verdict.BREAKS if is_loss else Verdict.TOLERATED, why)


def holds(rule: str, why: str = "") -> Finding:
    """The rule was kept."""
    return Finding(rule, Verdict.HOLDS, why)


def breaks(rule: str, why: str) -> Finding:
    """The rule was broken."""
    return Finding(rule, Verdict.BREAKS, why)


def tolerated(rule: str, why: str) -> Finding:
    """Not as it should be."""
    return Finding(rule, Verdict.TOLERATED, why)


def unchecked(rule: str, why: str) -> Finding:
    """Could not be seen here."""
    return Finding(rule, Verdict.UNCHECKED, why)


def rulings(findings: Iterable[Finding]) -> tuple[Ruling, ...]:
    """One ruling per rule, in the order of the rules: the worst that was found of it."""
    found = list(findings)
    return tuple(_ruling(rule, [each for each in found if each.rule == rule]) for rule in RULES)


def _ruling(rule: str, found: list[Finding]) -> Ruling:
    order = list(Verdict)
    worst = min((each.verdict for each in found), key=order.index, default=Verdict.UNCHECKED)
    whys = dict.fromkeys(each.why for each in found if each.verdict is worst and each.why)
    more = f" (and {len(whys) - _MOST_WHYS} more)" if len(whys) > _MOST_WHYS else ""
    missing = NOT_REACHED if not found else ""
    why = "; ".join([*whys][:_MOST_WHYS]) + more + missing
    return Ruling(rule, RULES[rule], worst, why)
