"""The batches of a workspace, as they are recorded and as their label tools have them now."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ymir.cli.images import LocalImages
from ymir.cli.workspace import open_workspace
from ymir.contracts.labeling import Waiting
from ymir.errors import SpecError, YmirError
from ymir.looks import last_looks
from ymir.plan.batches import BatchState, state_of
from ymir.plan.plan import plan
from ymir.plan.snapshot import Version, recipe_for
from ymir.plan.stage import RoundOf, Stage
from ymir.plugins import nearest

if TYPE_CHECKING:
    import polars as pl

    from ymir.stages.kind import Work
    from ymir.stages.returning import Look


@dataclass(frozen=True)
class Entry:
    """A batch: how it stands, the records behind it, and the stage that takes it in."""

    state: BatchState
    sent: Version
    taken: Version | None  # the record of its return
    stage: Stage | None  # None: no spec asks for it any more, or its round was given up
    trouble: str = ""  # why its tool cannot be asked, or what is wrong with its answers
    is_wrong: bool = False  # the latter: a person must mend it

    @property
    def is_open(self) -> bool:
        """Whether people have it."""
        return not self.state.is_back and self.stage is not None and self.state.where is not None


class Desk:
    """Looks at batches; their tools are asked by `ask` only."""

    def __init__(self, workspace: Path) -> None:
        self._opened = open_workspace(workspace, images=LocalImages())
        self._observed = self._opened.store.observe()
        self._world = self._opened.look()
        now = plan(self._opened.catalogue, self._observed, self._world)
        self._stages = {name: s for each in now.projects for name, s in each.stages.items()}

    def entries(self) -> list[Entry]:
        """Every batch that was ever sent, the projects and their rounds in order."""
        places = [(RoundOf.of(name), name) for name in self._observed]
        sent = [place for place, name in places if place and name == place.stage("send")]
        return [self._entry(each) for each in sorted(sent, key=lambda at: (at.project, at.number))]

    def ask(self, entry: Entry) -> tuple[Entry, Look | None]:
        """The batch as its tool has it now; what goes wrong is the entry's trouble."""
        from ymir.stages.returning import look  # tables take their time to load

        if entry.stage is None or entry.state.where is None:
            return entry, None
        try:
            found = look(self.work(entry.stage))
        except YmirError as error:
            hint = f" ({error.hint})" if error.hint else ""
            return replace(entry, trouble=f"{error}{hint}", is_wrong=True), None
        if isinstance(found, Waiting):
            return replace(entry, trouble=found.what), None
        looks = last_looks(self._opened.root)
        self._world = replace(self._world, batches=looks, now=time.time())
        return self._entry(entry.state.round), found

    def work(self, stage: Stage) -> Work:
        """A stage as the loop would make it."""
        from ymir.media.store import MediaStore  # likewise
        from ymir.stages.kind import Work

        opened, recipe = self._opened, recipe_for(stage, self._observed)
        return Work(
            stage=stage,
            recipe=recipe,
            catalogue=opened.catalogue,
            store=opened.store,
            media=MediaStore(opened.root),
            workspace=opened.root,
            folder=opened.root / ".ymir" / "labels" / recipe.digest,
        )

    def folder(self, entry: Entry) -> Path | None:
        """Where the record of a batch's return lies; None while people have it."""
        return self._opened.store.open(entry.state.round.stage("label")) if entry.taken else None

    def images(self, entry: Entry) -> pl.DataFrame:
        """What was sent, as it is recorded."""
        from ymir.stages.batches import batch  # likewise

        if entry.stage is None:
            raise SpecError(
                f"no spec asks for `{entry.state.name}` any more, so nobody knows its images",
                hint="`ymir labels ls --offline` shows what is recorded of it",
            )
        send, mine = entry.stage.inputs[:2]
        return batch(self.work(entry.stage), mine, self._opened.store.open(send)).images

    @property
    def now(self) -> float:
        """When this was looked at."""
        return self._world.now

    def _entry(self, place: RoundOf) -> Entry:
        sent = self._observed[place.stage("send")]
        stage = self._stages.get(place.stage("label"))
        settings = stage.settings if stage else {}
        return Entry(
            state=state_of(place, sent, settings, self._observed, self._world),
            sent=sent,
            taken=self._observed.get(place.stage("label")),
            stage=stage,
        )


def find(name: str, among: Iterable[Entry]) -> Entry:
    """The batch of this name, `helmet-r2` or `helmet/r2`."""
    known = {each.state.name: each for each in among}
    found = known.get(name.strip("/").replace("/", "-"))
    if found is None:
        hint = nearest(name, known) if known else "none was sent yet"
        raise SpecError(f"no batch is called `{name}`", hint=hint)
    return found
