"""Which conditions have changed since somebody was told of them, in words."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from ymir.conditions.dated import Dated
from ymir.contracts.notice import Notice
from ymir.plan.conditions import Condition, Status, Type
from ymir.spec.notify import NotifySpec
from ymir.vault import masked

State = tuple[str, str, str]  # of a condition: status, reason, what it is about
_URGENT: tuple[Type, ...] = ("GoalReached", "WaitingForLabels", "Stalled", "Suspended")
_TITLES: Mapping[tuple[Type, Status], str] = {
    ("Synced", "True"): "{} is as its specs want it",
    ("Synced", "False"): "{} is not as its specs want it",
    ("GoalReached", "True"): "{} has reached its goal",
    ("GoalReached", "False"): "{} has not reached its goal",
    ("WaitingForLabels", "True"): "{} waits for labels",
    ("WaitingForLabels", "False"): "{} waits for no labels any more",
    ("Progressing", "True"): "{} is worked on",
    ("Progressing", "False"): "{} rests",
    ("Stalled", "True"): "{} is stalled",
    ("Stalled", "False"): "{} is not stalled any more",
    ("Suspended", "True"): "{} is suspended",
    ("Suspended", "False"): "{} is not suspended any more",
}
_LONGEST = 4000  # letters of a message: whoever wants more asks `ymir status`
_OTHERWISE = {
    "AnswersChanged": "answers for {} have changed",
    "SpecsBroken": "the specs of {} are broken",
    "SpecsRead": "the specs of {} are right again",
}


@dataclass(frozen=True)
class Change:
    """A condition that is not what somebody was told, or knew."""

    now: Dated
    before: State | None

    def notice(self, workspace: str) -> Notice:
        """What they are told."""
        condition = self.now.condition
        message = masked(condition.message)[:_LONGEST]
        known = "\n".join((workspace, condition.key, *condition.state, str(self.now.since)))
        said: dict[str, JsonValue] | None = None
        if self.before and self.before[0]:
            said = {"status": self.before[0], "reason": self.before[1]}
        return Notice(
            id=hashlib.sha256(known.encode()).hexdigest()[:16],
            title=title(condition),
            workspace=workspace,
            condition={**self.now.data(), "message": message},
            before=said,
        )


def changes(
    asked: NotifySpec,
    found: Sequence[Dated],
    told: Mapping[str, State] | None,
    before: Mapping[str, State],
) -> Iterator[Change]:
    """What one way to notify has to tell; `told` is what it told last, where that is known.

    `before` is how things stood before this run. Of what neither knows, only what asks for
    somebody is news, and nothing is where nothing was ever told.
    """
    for each in found:
        condition = each.condition
        if not _is_asked(asked, condition) or condition.status == "Unknown":
            continue
        known = (told or {}).get(condition.key) or before.get(condition.key)
        if known is None and (told is None or not _is_urgent(condition)):
            continue
        if known != condition.state:
            yield Change(each, known)


def title(condition: Condition) -> str:
    """One line for people."""
    words = _OTHERWISE.get(condition.reason) or _TITLES.get((condition.type, condition.status))
    return (words or f"{{}}: {condition.type} is {condition.status}").format(condition.name)


def _is_asked(asked: NotifySpec, condition: Condition) -> bool:
    if condition.kind == "workspace" or condition.type not in asked.when:
        return False
    return not asked.projects or (condition.kind == "project" and condition.name in asked.projects)


def _is_urgent(condition: Condition) -> bool:
    return condition.type in _URGENT and condition.status == "True"
