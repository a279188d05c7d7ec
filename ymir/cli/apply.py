"""`ymir apply`: make reality match the specs."""

import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from ymir.approval.saved import Approval
from ymir.cli import console
from ymir.cli.drift import heed
from ymir.cli.images import LocalImages
from ymir.cli.options import spread
from ymir.cli.pipeline import Beside, Ending, in_pipeline
from ymir.cli.place import place
from ymir.cli.policy import Policy
from ymir.cli.running.approved import Given, check, notes, only_approved, settle_lineage
from ymir.cli.running.consent import Anew
from ymir.cli.running.display import Display
from ymir.cli.running.holding import LeaseOptions, leased
from ymir.cli.running.ledger import GitLedger
from ymir.cli.running.limits import LimitOptions, Limits, unlimited
from ymir.cli.running.publishing import Outbox, PushOptions, outbox
from ymir.cli.running.supply import Supply
from ymir.cli.running.telling import Telling
from ymir.cli.specs import WorkspaceOption, keep_quiet_about
from ymir.cli.targets import Targets
from ymir.cli.words import plan_data, plan_lines, rounds_data, rounds_table
from ymir.cli.workspace import Workspace, open_workspace, write_failures
from ymir.dvc.project import prepare
from ymir.dvc.tracked import restore
from ymir.errors import Exit
from ymir.lock import locked
from ymir.media.store import MediaStore
from ymir.plan.plan import Plan
from ymir.plan.planner import Run
from ymir.plan.stage import Stage
from ymir.plan.world import World
from ymir.reconcile import Bench, reconcile
from ymir.travel.checkpoints import Checkpoints


@dataclass(frozen=True)
class Asked(Targets, Anew):
    """What `apply` is asked for, apart from what other modules look after."""

    retry: Annotated[
        bool, typer.Option("--retry", help="Try again what failed and has not changed since.")
    ] = False
    commit: Annotated[
        bool, typer.Option("--commit/--no-commit", help="One git commit per finished stage.")
    ] = True
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON at the end.")] = False


@dataclass(frozen=True)
class Order:
    """What a run is asked for, by each module that looks after a part of it."""

    given: Given
    asked: Asked
    limiting: LimitOptions
    leasing: LeaseOptions
    pushing: PushOptions


@dataclass(frozen=True)
class Ended:
    """A run that is over: what it left to do, and how it ended."""

    opened: Workspace
    left: Plan
    code: Exit
    box: Outbox
    held: Mapping[str, str]  # stages that the limits held back, and why


@in_pipeline(Beside, Ending, Policy)
@spread
def command(
    given: Given,
    asked: Asked,
    limiting: LimitOptions,
    leasing: LeaseOptions,
    pushing: PushOptions,
    workspace: WorkspaceOption = Path(),
) -> None:
    """Run what is missing until the goals are met, people must label, or something fails."""
    root = workspace.resolve()
    order = Order(given, asked, limiting, leasing, pushing)
    display = Display(root, is_quiet=asked.as_json)
    ended = applied(root, order, display, may_ask=not asked.as_json)
    if asked.as_json:
        console.data(_data(ended, display))
    else:
        conclude(ended, display)
    raise typer.Exit(ended.code)


def applied(root: Path, order: Order, display: Display, *, may_ask: bool = False) -> Ended:
    """Run what is missing, commit it, send it, and tell whoever wants to be told."""
    asked = order.asked
    approved = order.given.read(asked.restart)
    asked.refuse_saved(is_saved=approved is not None)
    generations = approved.restart if approved else None
    opened = open_workspace(root, generations, depth="all" if approved else "files")
    limits = order.limiting.begun(keep_quiet_about(opened.catalogue, root))
    box = outbox(root, opened.catalogue.workspace, order.pushing, is_committing=asked.commit)
    with Telling(opened) as told, locked(root):
        check(approved, opened)
        prepare(root, opened.catalogue.workspace.remote)
        settle_lineage(opened, approved)
        restore(root)
        heed(opened)
        follow = partial(_go_along, box, approved, opened) if box.target else None
        if follow:
            follow()
        if asked.retry:
            write_failures(root, {})
        if approved is None:
            opened = asked.agreed(opened, may_ask=may_ask)
        is_wanted = asked.is_wanted(opened)
        display.listeners.append(told.hear)
        supply = Supply(opened, display, LocalImages(), is_wanted)
        look = only_approved(approved, opened, supply.look)
        with (
            leased(opened, order.leasing.of(opened), stop=display.stop, follow=follow) as ours,
            box,
        ):
            ledger = ledger_of(ours, is_committing=asked.commit, approved=approved, after=box.after)
            whole = carry_out(ours, ledger, display, look, is_wanted, limits)
            ledger.conclude()
    left = asked.of(whole)
    code = box.exit_code(limits.exit_code(exit_code(left, display), left))
    told.end(whole, code)
    return Ended(opened, left, code, box, limits.held_in(left))


def _go_along(box: Outbox, approved: Approval | None, opened: Workspace) -> None:
    """Take over what others have sent; a saved plan must still be what is asked for."""
    if box.begin():
        check(approved, opened)


def exit_code(left: Plan, display: Display) -> Exit:
    """What the plan that is left, and what was shown, means to whoever called."""
    if display.was_stopped:
        return Exit.PENDING
    if display.has_failed or any(not step.by_gate for step in left.blocked):
        return Exit.FAILED
    if display.is_blocked or left.blocked or not (left.pending or left.is_settled):
        return Exit.GOAL_MISSED
    if left.is_parked or display.waits.keys() & {step.stage.name for step in left.ready}:
        return Exit.PARKED
    decisions = [each.decision for each in left.projects]
    missed = any(each and each.stops and not each.goal_met for each in decisions)
    return Exit.GOAL_MISSED if missed else Exit.DONE


def ledger_of(
    opened: Workspace,
    *,
    is_committing: bool = True,
    approved: Approval | None = None,
    after: Callable[[Stage], None] = lambda stage: None,
) -> GitLedger:
    """Where it is written down what happens, once what a killed run had recorded stands there."""
    ledger = GitLedger(
        opened.root,
        is_committing=is_committing and opened.catalogue.workspace.commit,
        approved=notes(approved, opened),
        after=after,
    )
    ledger.catch_up()
    return ledger


def carry_out(
    opened: Workspace,
    ledger: GitLedger,
    display: Display,
    look: Callable[[], World],
    is_wanted: Callable[[Stage], bool] = lambda stage: True,
    limits: Limits | None = None,
) -> Plan:
    """Run what is missing of all that is wanted, in the sight of the user; the plan that is left.

    The workspace is held by the caller.
    """
    here = place(opened.catalogue.workspace.backend)
    pace, observe = limits or unlimited(), opened.store.observe
    with display, _signals(display.stop):
        return reconcile(
            Bench(
                catalogue=opened.catalogue,
                workspace=opened.root,
                store=opened.store,
                media=MediaStore(opened.root),
                backend=here.connect(),
                is_contained=here.is_contained,
                ledger=ledger,
                look=look,
                emit=display.show,
                is_stopped=lambda: pace.ends(display),
                is_wanted=lambda stage: is_wanted(stage) and pace.admits(stage, observe),
                patience=pace.patience,
                checkpoints=Checkpoints(opened.root),
            )
        )


@contextmanager
def _signals(stop: Callable[[], None]) -> Iterator[None]:
    """Inside, Ctrl-C, TERM and a closed terminal ask for a clean end; a second is obeyed.

    Only a process's main thread hears signals.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ask(number: int, _: FrameType | None) -> None:
        stop()
        signal.signal(number, signal.default_int_handler)

    ends = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as of `nohup`
        ends.append(signal.SIGHUP)
    before = {number: signal.signal(number, ask) for number in ends}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _data(ended: Ended, display: Display) -> dict[str, object]:
    """How the run ended, for programs."""
    observed = ended.opened.store.observe()
    rounds = {each.project.name: rounds_data(each, observed) for each in ended.left.projects}
    said = {"rounds": rounds, "waits": dict(display.waits), "held": dict(ended.held)}
    return {**plan_data(ended.left), **said, "push": ended.box.data(), "exit": int(ended.code)}


def conclude(ended: Ended, display: Display) -> None:
    """The rounds, where the report lies, what is left to do, and what was sent."""
    opened, left = ended.opened, ended.left
    observed = opened.store.observe()
    for each in left.projects:
        if rows := rounds_data(each, observed):
            console.out(f"\n{each.project.name}")
            console.out("\n".join(rounds_table(rows)))
            page = opened.root / "reports" / each.project.name / "html" / "index.html"
            if page.exists():
                console.out(f"report: {page}")
    if display.was_stopped:
        console.out("stopped cleanly; `ymir apply` goes on from here")
    console.out("\n".join(plan_lines(left)))
    for step in left.ready:
        if isinstance(step, Run) and (why := display.waits.get(step.stage.name)):
            console.out(f"{step.stage.name} waits: {why}")
    for name, why in ended.held.items():
        console.out(f"{name} {why}")
    ended.box.conclude()
