"""Tell people and programs what has changed: after a run, while it goes on, and when asked."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ymir.cli import console
from ymir.cli.images import LocalImages, Unseen
from ymir.cli.policy import policy_of
from ymir.cli.specs import KEPT, Here
from ymir.cli.workspace import Workspace, open_workspace
from ymir.conditions.changes import Change, State, changes
from ymir.conditions.dated import Dated, dated
from ymir.conditions.events import stopped
from ymir.conditions.runs import at_work
from ymir.conditions.told import all_told, keep_told, name_of, one_at_a_time
from ymir.contracts.notice import Notice, channels
from ymir.errors import YmirError
from ymir.plan.conditions import Seen, conditions
from ymir.plan.plan import Plan, plan
from ymir.spec.load import load_catalogue
from ymir.spec.mistakes import BrokenSpecsError
from ymir.spec.notify import NotifySpec


@dataclass(frozen=True)
class Delivery:
    """What became of one notice on one way."""

    use: str
    title: str
    said: str  # the answer, or why there was none
    is_told: bool


def standing(opened: Workspace, now: Plan | None = None) -> tuple[Dated, ...]:
    """How everything in a workspace stands; nothing is asked of any network."""
    found = now or plan(opened.catalogue, opened.store.observe(), opened.look())
    moment = time.time()
    seen = Seen(stopped(opened.root), at_work(opened.root), _broken(opened.root))
    known = conditions(found, seen, opened.root.name, moment)
    return dated(opened.root, opened.catalogue, known, moment)


def notify(root: Path) -> tuple[Delivery, ...]:
    """Look how a workspace stands, and tell what was not told yet; failures are said, too.

    For programs that look again and again. Never raises because somebody could not be told.
    """
    opened = open_workspace(root, images=LocalImages())
    return tell(opened, standing(opened), {}) if opened.catalogue.workspace.notify else ()


def tell(
    opened: Workspace, found: Sequence[Dated], before: Mapping[str, State]
) -> tuple[Delivery, ...]:
    """Tell what has changed since it was told last, or else since `before`; remember what was."""
    deliveries: list[Delivery] = []
    with one_at_a_time(opened.root):
        told = all_told(opened.root)
        kept = {}
        for asked in opened.catalogue.workspace.notify:
            name = name_of(asked)
            known = told.get(name)
            news = list(changes(asked, found, known, before))
            done = [_deliver(asked, each, opened.root) for each in news]
            deliveries += done
            missed = [it for it, each in zip(news, done, strict=True) if not each.is_told]
            kept[name] = {**(known or {}), **_state(found), **_missed(missed)}
        if kept != told:
            keep_told(opened.root, kept)
    for each in deliveries:
        if not each.is_told:
            console.error(f"warning: `{each.use}` was not told that {each.title}: {each.said}")
    return tuple(deliveries)


def trial(opened: Workspace) -> Iterator[Delivery]:
    """Tell everybody that this is a trial; what they answer."""
    condition = {"kind": "workspace", "name": opened.root.name, "type": "Synced"}
    said = {"status": "Unknown", "reason": "Trial", "message": "`ymir notify --test` sent this."}
    empty = {"about": None, "next": "ymir status", "link": None, "since": None}
    for asked in opened.catalogue.workspace.notify:
        notice = Notice(
            id="test",
            title=f"{opened.root.name} can tell you what happens",
            workspace=opened.root.name,
            condition={**condition, **said, **empty, "observed_generation": None},
            before=None,
            is_test=True,
        )
        yield _sent(asked, notice, opened.root)


def _broken(root: Path) -> str:
    """What is wrong with the specs first, where a copy stands in for them."""
    if KEPT not in os.environ:
        return ""
    try:
        load_catalogue(root, Here(Unseen()), policy_of(root))
    except BrokenSpecsError as error:
        return str(error.mistakes[0])
    except YmirError as error:
        return str(error)
    return ""


def _deliver(asked: NotifySpec, change: Change, root: Path) -> Delivery:
    return _sent(asked, change.notice(root.name), root)


def _sent(asked: NotifySpec, notice: Notice, root: Path) -> Delivery:
    try:
        said = channels.load(asked.use).tell(notice, asked.with_, root)
    except YmirError as error:
        return Delivery(asked.use, notice.title, str(error), is_told=False)
    return Delivery(asked.use, notice.title, said, is_told=True)


def _state(found: Sequence[Dated]) -> dict[str, State]:
    """What is known now; of what is unknown, what was known before stays."""
    known = (each.condition for each in found if each.condition.status != "Unknown")
    return {each.key: each.state for each in known if each.kind != "workspace"}


def _missed(news: Sequence[Change]) -> dict[str, State]:
    """Of what could not be told, what was told before, so that it is tried again."""
    never: State = ("", "", "")
    return {each.now.condition.key: each.before or never for each in news}
