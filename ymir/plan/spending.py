"""What labels cost: what people have answered so far, and what the next batch asks of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ymir.plan.batches import BatchState
from ymir.plan.history import count, number_in
from ymir.plan.relabel import INPUT, NEW_CLASSES, ROOM, SUSPICIOUS
from ymir.plan.snapshot import Snapshot
from ymir.plan.stage import Stage
from ymir.plan.world import World
from ymir.spec.label import price
from ymir.spec.project import ProjectSpec


@dataclass(frozen=True)
class Ahead:
    """The batch that goes out next: `images`, of which `twice` go out a second time."""

    images: int
    twice: int = 0
    is_most: bool = False  # it may turn out smaller

    @property
    def answers(self) -> int:
        """How many answers people are asked for."""
        return self.images + self.twice

    @property
    def words(self) -> str:
        """`up to 42 answers (40 images, 2 of them twice)`."""
        most = "up to " if self.is_most else ""
        twice = f", {self.twice} of them twice" if self.twice else ""
        images = f"{self.images} image{'s' * (self.images != 1)}"
        return f"{most}{answers_words(self.answers)} ({images}{twice})"


def answers_given(batches: Iterable[BatchState]) -> int:
    """How many answers people gave, over all rounds."""
    return sum(each.answers for each in batches)


def ahead(
    project: ProjectSpec, stages: Mapping[str, Stage], observed: Snapshot, world: World
) -> Ahead | None:
    """The batch that is about to be sent; None where none is."""
    waiting = (s for s in stages.values() if s.kind == "send" and s.name not in observed)
    send = next(waiting, None)
    if send is None or send.round is None:
        return None
    mine = send.round.stage("mine")
    is_mined = mine in observed
    images = count(observed[mine], "picked") if is_mined else _most(project, stages[mine], world)
    return Ahead(images, _twice(send, images), is_most=not is_mined) if images else None


def _most(project: ProjectSpec, mine: Stage, world: World) -> int:
    """As many as are asked for, and those that go back, within the budget."""
    asked, room = mine.settings, mine.settings.get(ROOM)
    listed = world.relabel.get(project.name) if INPUT in asked else None
    classes = asked.get(NEW_CLASSES)
    new = number_in(classes, "most") if isinstance(classes, dict) else 0
    back = (listed.images if listed else 0) + number_in(asked, SUSPICIOUS) + new
    most = number_in(asked, "topk") + back
    return min(most, room) if isinstance(room, int) else most


def _twice(send: Stage, images: int) -> int:
    share = send.settings.get("review")
    return max(1, round(share * images)) if isinstance(share, float) and images else 0


def cost(project: ProjectSpec, answers: int) -> str | None:
    """`3.36 EUR`; None where the project names no price."""
    if project.label.cost is None:
        return None
    amount, currency = price(project.label.cost)
    return f"{amount * answers:.2f} {currency}"


def answers_words(number: int) -> str:
    """`1 answer`, `42 answers`."""
    return f"{number} answer{'s' * (number != 1)}"
