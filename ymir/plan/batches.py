"""How the batches of a project stand: those that people have, and those that came back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ymir.data.balance import Balance, balance_of
from ymir.plan.due import due, due_words, is_late, span
from ymir.plan.history import count, number_in
from ymir.plan.reason import Code
from ymir.plan.relabel import RELEASED
from ymir.plan.snapshot import Snapshot, Version
from ymir.plan.stage import RoundOf, Settings, Stage
from ymir.plan.world import Looked, World

ANSWERS = "answers"  # among the inputs of a `label` stage that was made again: their digest
CLOSED = "closed"  # a setting of one that takes what is done, and waits for no more

_TAKEN_IN: Mapping[Code, str] = {
    "answers": "its answers were asked for again",
    "closed": "it is closed: what is done is taken, the rest goes back to the pool",
    "due": "its deadline has passed: what is done is taken, the rest goes back to the pool",
}
_JUST_NOW = 10  # seconds
_WEB = ("https://", "http://")


@dataclass(frozen=True)
class BatchState:
    """One batch, as far as it is known without asking its label tool."""

    name: str  # `helmet-r2`
    round: RoundOf
    tool: str
    images: int
    where: str | None  # None: nobody was waited for
    balance: Balance | None  # of one that is out: when somebody looked last
    is_back: bool = False
    at: float | None = None  # when somebody looked last, in seconds since 1970
    due: float | None = None
    changed: int = 0  # images of one that is back, whose answers are others now
    why: str = ""  # why its tool could not be asked last time
    answers: int = 0  # that came back, all people's together
    released: int = 0  # images of one that is back, which nobody answered for

    @property
    def title(self) -> str:
        """What people are asked to do."""
        where = self.where or ""
        at = "at" if where.startswith(_WEB) else "in"
        return f"label the {self.images} images {at} {where}"

    @property
    def is_in_vain(self) -> bool:
        """Whether nothing had come back that could be learned from when its time was up."""
        seen = self.at is not None and is_late(self.due, self.at)
        return seen and self.balance is not None and not self.balance.back

    def words(self, now: float) -> str:
        """What is owed until when, and since when that is known, in one line."""
        known = self.balance.words if self.balance and self.at else ""
        is_old = self.at and now - self.at > _JUST_NOW
        seen = f"seen {span(now - (self.at or now))} ago" if is_old else ""
        until = due_words(self.due, now) if self.due is not None else ""
        said = ", ".join(each for each in (known, seen, until, self.why) if each)
        return f"{self.title}: {said}" if said else self.title

    @property
    def back_words(self) -> str | None:
        """How one that is back adds up; None of a record from before there were balances."""
        if not self.is_back or self.balance is None:
            return None
        released = f"; {self.released} went back to the pool" if self.released else ""
        return f"{self.name}: {self.balance.words}{released}"

    @property
    def changed_words(self) -> str:
        """What became of its answers since it was taken in."""
        some = f"{self.changed} answer{'s' * (self.changed != 1)}"
        it = "it" if self.changed == 1 else "them"
        pull = f"`ymir labels pull {self.name}` takes {it} in"
        return f"{some} of {self.name} changed since it was taken in; {pull}"


def state_of(
    place: RoundOf, sent: Version, settings: Settings, observed: Snapshot, world: World
) -> BatchState:
    """How the batch of a round stands; `settings` are those of its `label` stage."""
    label = observed.get(place.stage("label"))
    key = sent.facts.get("key")
    looked = world.batches.get(place.stage("send"))
    looked = looked if looked and looked.key == key else None
    where = sent.facts.get("where")
    return BatchState(
        name=str(sent.facts.get("batch", f"{place.project}-r{place.number}")),
        round=place,
        tool=str(sent.facts.get("tool", sent.recipe.settings.get("use", ""))),
        images=count(sent, "images"),
        where=None if where is None else str(where),
        balance=_balance(label, looked),
        is_back=label is not None,
        at=(looked.at or None) if looked else None,
        due=due(sent.facts, settings) if label is None else None,
        changed=_changed(label, looked),
        why=looked.why if looked and label is None else "",
        answers=_answers(label),
        released=count(label, RELEASED) if label else 0,
    )


def batches(
    project: str, last: int, settings: Settings, observed: Snapshot, world: World
) -> Iterator[BatchState]:
    """Every batch that was sent, oldest first."""
    for place in (RoundOf(project, number) for number in range(1, last + 1)):
        if sent := observed.get(place.stage("send")):
            yield state_of(place, sent, settings, observed, world)


def _balance(label: Version | None, looked: Looked | None) -> Balance | None:
    if label is not None:
        return balance_of(label.facts.get("balance"))
    return looked.balance if looked and looked.at else None


def _changed(label: Version | None, looked: Looked | None) -> int:
    """What was taken in since the last look is no news."""
    if label is None or looked is None or looked.answers == label.facts.get("answers"):
        return 0
    return looked.changed


def _answers(label: Version | None) -> int:
    """What people answered; older records count images only."""
    if label is None:
        return 0
    people = label.facts.get("people")
    return number_in(people, "answers") if isinstance(people, dict) else count(label, "labelled")


def step_of(stage: Stage, observed: Snapshot, world: World) -> Code | BatchState:
    """Why the answers to a batch can be taken in now; or how it stands, if they are waited for."""
    sent = stage.round and observed.get(stage.round.stage("send"))
    if not (stage.round and sent and "where" in sent.facts):
        return "new"
    state = state_of(stage.round, sent, stage.settings, observed, world)
    if ANSWERS in stage.digests:
        return "answers"
    if CLOSED in stage.settings:
        return "closed"
    proceeds = stage.settings.get("on_partial") == "proceed" and not state.is_in_vain
    return "due" if proceeds and is_late(state.due, world.now) and not state.why else state


def taken_in_words(code: Code) -> str:
    """Why the answers are taken in, for people."""
    return _TAKEN_IN.get(code, "does not exist yet")
