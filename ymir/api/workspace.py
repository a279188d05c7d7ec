"""`from ymir import Workspace`: what the commands do, from Python."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import polars as pl

from ymir.api.dataset import Dataset
from ymir.api.outcome import Outcome, Witness
from ymir.api.plan import Plan, plan_of
from ymir.api.rounds import Round, judged, round_in, rounds_frame
from ymir.api.session import Heard, Tell, session
from ymir.api.status import Status, status_of
from ymir.cli import apply as applying
from ymir.cli import plan as planning
from ymir.cli.console import shown, told_to
from ymir.cli.datasets.reading import shelf
from ymir.cli.running.approved import Given
from ymir.cli.running.consent import Allowance
from ymir.cli.running.display import Display, Plain
from ymir.cli.running.holding import LeaseOptions
from ymir.cli.running.limits import LimitOptions
from ymir.cli.running.notifying import standing
from ymir.cli.running.publishing import PushOptions
from ymir.cli.showing import Showing, exit_code
from ymir.cli.status import status_lines
from ymir.cli.words import plan_lines
from ymir.errors import SpecError
from ymir.plugins import nearest
from ymir.spec.files import read_files

if TYPE_CHECKING:
    from ymir.api.predict import Predictions

Names = str | Iterable[str]  # one, or several
Allowed = Literal["retrain", "destroy"]
Where = str | PathLike[str]


@dataclass(frozen=True, init=False)
class Workspace:
    """A workspace, read anew by each call. Nothing is printed; what is wrong is a `YmirError`."""

    root: Path

    def __init__(self, path: Where = ".") -> None:
        """Name its folder; an error where that is no workspace."""
        object.__setattr__(self, "root", Path(path).expanduser().resolve())
        read_files(self.root)

    def plan(
        self,
        *,
        target: Names = (),
        restart: Names = (),
        allow: Iterable[Allowed] = (),
        refresh: bool = False,
    ) -> Plan:
        """What `apply` would do and why, as `ymir plan` with these options."""
        asked = planning.Asked(
            target=_names(target),
            restart=_names(restart),
            allow=_allowances(allow),
            refresh=refresh,
        )
        with session(self.root) as heard:
            seen = planning.foreseen(self.root, asked, "files" if refresh else "folders")
            showing = Showing()
            showing.show(seen.plan, seen.observed, seen.lacking, ())
            return plan_of(seen.plan, showing.exit_code(seen.plan, seen.lacking), heard.text)

    def apply(  # noqa: PLR0913 - each is an option of the command
        self,
        *,
        target: Names = (),
        restart: Names = (),
        allow: Iterable[Allowed] = (),
        retry: bool = False,
        until: str | None = None,
        max_duration: str | None = None,
        push: bool | None = None,
        commit: bool = True,
        lease: bool = True,
        progress: Tell | None = None,
    ) -> Outcome:
        """Run what is missing, as `ymir apply` with these options; `progress=print` shows how.

        An interrupt ends it cleanly: what is recorded stays, and the next one goes on from there.
        """
        asked = applying.Asked(
            target=_names(target),
            restart=_names(restart),
            allow=_allowances(allow),
            retry=retry,
            commit=commit,
        )
        order = applying.Order(
            given=Given(),
            asked=asked,
            limiting=LimitOptions(max_duration, until),
            leasing=LeaseOptions(lease),
            pushing=PushOptions(push),
        )
        with session(self.root, progress) as heard:
            return _applied(self.root, order, heard)

    def status(self) -> Status:
        """How each project stands, as `ymir status`."""
        with session(self.root):
            seen = planning.foreseen(self.root, planning.Asked(), "folders")
            found = standing(seen.opened, seen.plan)
            lines = status_lines(seen.opened, seen.observed, seen.plan, found)
            return status_of(seen.plan.projects, found, shown("\n".join(lines)))

    @property
    def datasets(self) -> Mapping[str, Dataset]:
        """The newest version of each dataset that exists, by name."""
        with session(self.root):
            found = shelf(self.root)
            recorded = {name: found.find(name) for name in found.names}
        return {name: Dataset(each.name, each, found) for name, each in recorded.items()}

    def dataset(self, name: str) -> Dataset:
        """A version of a dataset: `street` is the newest, `street@v2` a certain one."""
        with session(self.root):
            found = shelf(self.root)
            recorded = found.find(name)
        return Dataset(recorded.name, recorded, found)

    def rounds(self, project: str | None = None) -> pl.DataFrame:
        """A row for each recorded round of a project, or of all: mAP, labels, images, seconds."""
        with session(self.root):
            seen = planning.foreseen(self.root, planning.Asked(), "folders")
            named = {each.project.name: each for each in seen.plan.projects}
            if project is not None and project not in named:
                hint = nearest(project, named) if named else "write a `Project` in `specs/`"
                raise SpecError(f"no project is called `{project}`", hint=hint)
            wanted = named.values() if project is None else (named[project],)
            return rounds_frame(wanted, seen.observed)

    def round(self, name: str) -> Round:
        """The scores of a judged round: `helmet/r3`, or `helmet` for its newest one."""
        with session(self.root):
            store = shelf(self.root).store
            place = judged(name, store.observe())
            return round_in(store.open(place.stage("judge")), str(place))

    def predict(
        self,
        model: Where,
        images: Where | Iterable[Where],
        *,
        threshold: float | None = None,
        executor: str | None = None,
        progress: Tell | None = None,
    ) -> Predictions:
        """What a model finds in photos, folders and videos, as `ymir predict`.

        The model is a project (its newest round), a round, an imported model, or a package's file.
        """
        from ymir.api.predict import package_of, predictions  # what draws takes its time to load

        paths = [images] if isinstance(images, str | PathLike) else images
        with session(self.root, progress) as heard:
            return predictions(
                package_of(str(model), self.root),
                [Path(each) for each in paths],
                self.root,
                threshold=threshold,
                executor=executor,
                tell=heard.hear,
            )


def _applied(root: Path, order: applying.Order, heard: Heard) -> Outcome:
    """Carry it out; how the command would conclude is the outcome's text."""
    display, witness, end = Display(root, onto=Plain(heard.hear)), Witness(), Heard()
    display.listeners.append(witness.hear)
    ended = applying.applied(root, order, display)
    with told_to(end.hear):
        applying.conclude(ended, display)
    left = plan_of(ended.left, exit_code(ended.left), shown("\n".join(plan_lines(ended.left))))
    made, stopped, log = tuple(witness.recorded), witness.stopped, tuple(heard.lines)
    return Outcome(ended.code, made, stopped, left, end.text, log)


def _names(names: Names) -> list[str]:
    return [names] if isinstance(names, str) else list(names)


def _allowances(names: Iterable[str]) -> list[Allowance]:
    known = {str(each): each for each in Allowance}
    for name in (listed := list(names)):
        if name not in known:
            raise SpecError(f"`{name}` is nothing to allow", hint=nearest(name, known))
    return [known[name] for name in listed]
