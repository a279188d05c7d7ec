"""Take batches in, or call them off: one stage of a round, made or forgotten on its own."""

from __future__ import annotations

import filecmp
import shutil
from collections.abc import Callable, Collection, Mapping
from itertools import count
from pathlib import Path

from pydantic import JsonValue

from ymir.cli.apply import carry_out, ledger_of
from ymir.cli.running.display import Display
from ymir.cli.running.holding import leased
from ymir.cli.workspace import open_workspace
from ymir.dvc.project import prepare
from ymir.dvc.tracked import restore
from ymir.errors import SpecError
from ymir.lock import locked
from ymir.plan.relabel import CORRECTED
from ymir.plan.snapshot import Snapshot
from ymir.plan.stage import RoundOf, Stage

_REPORT = "report"
_FOLDERS = "labels"  # where batches lie that were handed out as folders


def take_in(
    root: Path,
    display: Display,
    wanted: Collection[str],
    *,
    pulled: Mapping[str, str] | None = None,
    closed: Collection[str] = (),
) -> tuple[str, ...]:
    """Let the loop make these `label` stages, and the reports that show them; which it made.

    `pulled` are those that are made again with other answers, `closed` those that wait no more.
    """
    projects = {place.project for name in wanted if (place := RoundOf.of(name))}

    def is_wanted(stage: Stage) -> bool:
        return stage.name in wanted or _is_report(stage, projects)

    with locked(root):
        opened = open_workspace(root, pulled=pulled, closed=closed)
        prepare(root, opened.catalogue.workspace.remote)
        restore(root)
        before = opened.store.observe()
        with leased(opened, projects, stop=display.stop) as ours:
            carry_out(ours, ledger_of(ours), display, ours.look, is_wanted)
        now = opened.store.observe()
    return tuple(name for name in wanted if now.get(name) != before.get(name))


def end_what_was_begun(root: Path, display: Display, projects: Collection[str]) -> None:
    """Make the commits and reports that a killed run owes for what it had taken in."""
    with locked(root):
        opened = open_workspace(root)
        restore(root)
        with leased(opened, projects, stop=display.stop) as ours:
            ledger = ledger_of(ours)
            carry_out(ours, ledger, display, ours.look, lambda each: _is_report(each, projects))


def _is_report(stage: Stage, projects: Collection[str]) -> bool:
    return stage.kind == _REPORT and stage.name.split("/")[0] in projects


def forget(root: Path, place: RoundOf, is_free: Callable[[], bool]) -> bool:
    """Forget that a batch was mined and sent, in one commit; the next `apply` picks anew.

    `is_free` says whether nobody can answer any more; it is asked while the workspace is held.
    What was handed out as a folder is set aside.
    """
    with locked(root):
        opened = open_workspace(root)
        observed = opened.store.observe()
        if place.stage("label") in observed:
            raise SpecError(
                f"the batch of {place} has come back meanwhile",
                hint="`ymir labels` says how it stands now",
            )
        if not is_free():
            return False
        with leased(opened, {place.project}) as ours:
            ledger = ledger_of(ours)
            _set_aside(root, observed[place.stage("send")].facts.get("where"))
            ours.store.forget(place, ("mine", "send"))
            ledger.called_off(place)
    return True


def _set_aside(root: Path, where: JsonValue) -> None:
    """Rename a batch's folder: another batch may need its name, and people look after its files.

    A run that was killed may have done so, and the batch was handed out again since.
    """
    folder = root / str(where)
    if not str(where).startswith(f"{_FOLDERS}/") or not folder.is_dir():
        return
    for n in count(1):
        aside = folder.with_name(f"{folder.name}.called-off-{n}")
        if not aside.exists():
            folder.rename(aside)
            return
        if _holds_all(aside, folder):
            shutil.rmtree(folder)
            return


def _holds_all(aside: Path, folder: Path) -> bool:
    """Whether each file is there, too."""
    names = [each.relative_to(folder) for each in folder.rglob("*") if not each.is_dir()]
    _, others, missing = filecmp.cmpfiles(folder, aside, names, shallow=False)
    return not others and not missing


def seen_by(place: RoundOf, observed: Snapshot) -> str:
    """Who will learn from what was taken in, in words."""
    number = place.number + 1
    while RoundOf(place.project, number).stage("training") in observed:
        number += 1
    said = f"{place.project} trains with it from round {number} on"
    if number > place.number + 1:
        said += "; what was trained before stays as it is"
    label = observed.get(place.stage("label"))
    corrected = label.facts.get(CORRECTED) if label else None
    if isinstance(corrected, dict) and corrected:
        said += f"; the next `ymir apply` makes {', '.join(corrected)} anew"
    return said
