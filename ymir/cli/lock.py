"""`ymir lock …`: who works on what, here and elsewhere; take a lease away from somebody."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from pydantic import JsonValue

from ymir.cli import console
from ymir.cli.running.holding import refs_at
from ymir.cli.specs import WorkspaceOption, catalogue
from ymir.cli.words import duration
from ymir.errors import LockedError, SpecError, StoreError
from ymir.lease.process import is_alive
from ymir.lease.refs import Refs, Swap
from ymir.lease.sights import Sights
from ymir.lease.taking import Found, Standing, look
from ymir.lock import Holder, holder

_TRIES = 5  # a holder that lives changes its lease while we take it away
_FEWEST = 4  # letters of an id

command = typer.Typer(
    name="lock",
    add_completion=False,
    pretty_exceptions_enable=False,
    help="See who works on what, here and elsewhere; break a lease. By itself: `ls`.",
)
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@dataclass(frozen=True)
class _Seen:
    """Who holds what, as far as can be told from here."""

    here: Holder | None
    remote: str | None
    leases: list[Found]
    why: str | None = None  # the remote could not be asked


@command.callback(invoke_without_command=True)
def _lock(
    context: typer.Context, workspace: WorkspaceOption = Path(), as_json: JsonOption = False
) -> None:
    if context.invoked_subcommand is None:
        ls(workspace, as_json=as_json)


@command.command()
def ls(workspace: WorkspaceOption = Path(), as_json: JsonOption = False) -> None:
    """List who holds this workspace, and whose leases the git remote has. Looking takes nothing."""
    seen = _seen(workspace.resolve())
    if as_json:
        console.data(_data(seen))
        return
    for line in _lines(seen):
        console.out(line)


@command.command(name="break")
def break_lease(
    lease: Annotated[
        str, typer.Argument(help="Its id, or the beginning, or its project.", metavar="ID")
    ],
    workspace: WorkspaceOption = Path(),
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Take a lease away from whoever has it: a run that lives stops, and records nothing more.

    Refused where its holder is alive on this machine: end that process instead.
    """
    root = workspace.resolve()
    with _asked(root) as refs:
        found = _find(look(refs, _sights(root)), lease)
        if found.standing is Standing.WORKS and found.lease:
            raise LockedError(
                f"{found.words} is alive on this machine",
                hint=f"end it: `kill -INT {found.lease.pid}`; it gives its leases back",
            )
        if not yes:
            console.error(f"{found.project}: {found.words}, {_stands(found)}")
            if not console.ask("break this lease?", "--yes"):
                raise typer.Abort
        _break(refs, found)
    if as_json:
        console.data({"broken": _row(found)})
    else:
        console.out(f"broke the lease on {found.project} of {found.words}; if it lives, it stops")


def _seen(root: Path) -> _Seen:
    spec = catalogue(root).workspace.lease
    if spec.hold == "never":
        return _Seen(holder(root), None, [], "the `Workspace` spec asks for none")
    with refs_at(root, spec) as refs:
        if refs is None:
            return _Seen(holder(root), None, [], "this repository has no git remote")
        try:
            return _Seen(holder(root), refs.name, look(refs, _sights(root)))
        except StoreError as error:
            return _Seen(holder(root), refs.name, [], str(error))


@contextmanager
def _asked(root: Path) -> Iterator[Refs]:
    with refs_at(root, catalogue(root).workspace.lease) as refs:
        if refs is None:
            raise SpecError(
                "this repository has no git remote, so there are no leases",
                hint="`ymir lock ls` shows who holds the workspace on this machine",
            )
        yield refs


def _sights(root: Path) -> Sights:
    return Sights(root / ".ymir" / "leases.json")


def _find(leases: list[Found], word: str) -> Found:
    named = [each for each in leases if each.project == word]
    begun = [each for each in leases if len(word) >= _FEWEST and _id(each).startswith(word)]
    matching = named or begun
    if len(matching) != 1:
        known = ", ".join(f"{_id(each)} ({each.project})" for each in leases) or "none"
        what = "several leases are" if matching else "no lease is"
        raise SpecError(f"{what} called `{word}`", hint=f"there is {known}")
    return matching[0]


def _break(refs: Refs, found: Found) -> None:
    """Whatever it says by now, as long as it is the same lease."""
    there: str | None = found.object
    for _ in range(_TRIES):
        if refs.swap({found.project: Swap(there, None)})[found.project]:
            return
        there = refs.there().get(found.project)
        now = refs.lease(there) if there else None
        if now is None or found.lease is None or now.id != found.lease.id:
            raise LockedError(
                f"somebody else has the lease on {found.project} by now",
                hint="`ymir lock` says who",
            )
    raise StoreError(f"the lease on {found.project} changes too fast", hint="try again")


def _lines(seen: _Seen) -> Iterator[str]:
    yield f"this workspace: {seen.here.words if seen.here else 'nobody works in it'}"
    if seen.why:
        yield f"leases: {seen.why}"
    elif not seen.leases:
        yield f"leases of `{seen.remote}`: none"
    for each in seen.leases:
        yield f"{each.project}  {_id(each)}  {each.words}; {_stands(each)}"


def _stands(found: Found) -> str:
    beat = f"its last sign of life says {found.lease.heartbeat}" if found.lease else ""
    match found.standing:
        case Standing.WORKS:
            return f"works on this machine; {beat}"
        case Standing.GONE:
            return "its process is gone: the next run takes over"
        case Standing.SILENT:
            return f"silent for {duration(found.unchanged)}: the next run takes over"
        case Standing.UNKNOWN:
            left = max(0.0, found.expiry - found.unchanged)
            return f"{beat or 'unknown'}; taken over after {left:.0f} more seconds of silence"


def _id(found: Found) -> str:
    return found.lease.id if found.lease else found.object[:12]


def _data(seen: _Seen) -> dict[str, JsonValue]:
    rows: list[JsonValue] = [_row(each) for each in seen.leases]
    return {
        "workspace": _here(seen.here) if seen.here else None,
        "remote": seen.remote,
        "leases": rows,
        "why": seen.why,
    }


def _here(who: Holder) -> dict[str, JsonValue]:
    alive = is_alive(who.process)
    return {
        "pid": who.process.pid,
        "host": who.process.host,
        "since": who.since or None,
        "alive": alive,
    }


def _row(found: Found) -> dict[str, JsonValue]:
    said: dict[str, JsonValue] = found.lease.model_dump(exclude={"format"}) if found.lease else {}
    return {
        "id": _id(found),
        "project": found.project,
        **said,
        "standing": found.standing.value,
        "unchanged": round(found.unchanged, 1),
    }
