"""Hold projects against runs on other machines while something works on them."""

from __future__ import annotations

import getpass
import os
import secrets
import signal
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from ymir import __version__
from ymir.cli import console
from ymir.cli.jobs.bench import JobBench
from ymir.cli.running.fenced import Fenced
from ymir.cli.running.guard import Ward, guarded
from ymir.cli.words import duration
from ymir.cli.workspace import Workspace
from ymir.errors import LockedError, StoreError
from ymir.lease.git import Git, aside
from ymir.lease.heart import Heart, moment
from ymir.lease.lease import Lease
from ymir.lease.newer import address_of, branch_on, newer_files, remote_of
from ymir.lease.process import this_process
from ymir.lease.refs import Refs, UnreachableError, prefix_of
from ymir.lease.sights import Sights, now
from ymir.lease.taking import Found, Watch, take
from ymir.plan.plan import Plan, plan
from ymir.plan.planner import Park, Run, Wait
from ymir.spec.catalogue import Catalogue
from ymir.spec.lease import LeaseSpec

DATA = "+data"  # datasets and models, which belong to no project; no project can be called so
_ENDS = (signal.SIGTERM, signal.SIGHUP)
_DATA_FILES = ("data/datasets/*/v*.dvc", "data/models/*/v*.dvc")


@dataclass(frozen=True)
class LeaseOptions:
    """Whether other machines are kept away."""

    lease: Annotated[
        bool,
        typer.Option(
            "--lease/--no-lease", help="Keep runs on other machines away, by the git remote."
        ),
    ] = True

    def of(self, opened: Workspace) -> frozenset[str]:
        """The projects to hold, if any."""
        return concerned(opened) if self.lease else frozenset()


def everything(specs: Catalogue) -> frozenset[str]:
    """All that a command may change that concerns the whole workspace."""
    return frozenset((DATA, *specs.projects))


def concerned(opened: Workspace) -> frozenset[str]:
    """The projects in which something may be done now; none where there is nothing to do."""
    current: Plan = plan(opened.catalogue, opened.store.observe(), opened.look())
    steps = (step for step in current.steps if isinstance(step, Run | Park | Wait))
    return frozenset(_owner(step.stage.name) for step in steps)


def _owner(stage: str) -> str:
    project, _, rest = stage.partition("/")
    return project if rest else DATA


@contextmanager
def leased(
    opened: Workspace,
    names: Collection[str],
    *,
    stop: Callable[[], None] = lambda: None,
    follow: Callable[[], None] | None = None,
) -> Iterator[Workspace]:
    """The workspace, while nobody elsewhere works on these projects; its file lock is held.

    `stop` is called, by another thread, when the leases are lost; nothing is recorded then, and a
    `LockedError` says who has them. `follow` brings what others have sent, for a run that sends
    what it records: to such a one, a remote that does not answer is an error.
    """
    spec = opened.catalogue.workspace.lease
    if not names or spec.hold == "never":
        yield opened
        return
    with refs_at(opened.root, spec) as refs, _signals():
        heart = _taken(opened, refs, names, stop, follow)
        if refs is None or heart is None:
            yield opened
            return
        heart.start()
        try:
            with guarded(_ward(opened, refs, heart)):
                yield replace(opened, store=Fenced(opened.store, heart.assure))
            heart.check()
        finally:
            if why := heart.end():
                console.error(f"warning: the lease goes by itself in {spec.expiry}: {why}")


def _ward(opened: Workspace, refs: Refs, heart: Heart) -> Ward:
    return Ward(str(opened.root), refs.remote, refs.name, refs.prefix, heart.ids)


def _taken(
    opened: Workspace,
    refs: Refs | None,
    names: Collection[str],
    stop: Callable[[], None],
    follow: Callable[[], None] | None,
) -> Heart | None:
    """The leases, alive from now on; None where they are not to be had, and need not be."""
    must_reach = follow is not None or opened.catalogue.workspace.lease.hold == "always"
    if refs is None:
        if must_reach:
            raise UnreachableError("this repository has no git remote that could keep leases")
        return None
    try:
        began = now()
        leases = {name: _lease(opened, refs.git, name) for name in sorted(names)}
        objects = take(refs, leases.values(), _watch(opened.root))
        heart = Heart(refs, {name: (leases[name], objects[name]) for name in leases}, stop, began)
        return _up_to_date(refs, names, heart, follow)
    except UnreachableError as error:
        if must_reach:
            raise
        console.error(f"warning: {error}; only the lock of this machine keeps runs apart")
        return None


def _up_to_date(
    refs: Refs, names: Collection[str], heart: Heart, follow: Callable[[], None] | None
) -> Heart:
    """The same, if this clone has all that is recorded, or gets it; it is ended otherwise."""
    try:
        if follow and _lacking(refs, names):
            follow()
        _refuse_behind(refs, names)
    except BaseException:
        heart.end()
        raise
    return heart


@contextmanager
def refs_at(root: Path, spec: LeaseSpec) -> Iterator[Refs | None]:
    """Where the leases of a workspace lie; None where no remote can be told."""
    asked = Git(root)("rev-parse", "--show-prefix")
    remote = None if asked.code else remote_of(Git(root), spec.remote)
    if spec.remote and not remote:
        raise StoreError(
            f"there is no git remote `{spec.remote}` for leases",
            hint="`git remote -v` lists those that are; the `Workspace` spec names it",
        )
    if remote is None:
        yield None
        return
    with aside(root) as git:
        yield Refs(git, address_of(git, remote), remote, prefix_of(asked.out.strip()))


def _lease(opened: Workspace, git: Git, name: str) -> Lease:
    process, at = this_process(), moment()
    return Lease(
        id=secrets.token_hex(6),
        project=name,
        holder=_user(os.environ),
        **vars(process),
        folder=str(opened.root),
        link=link_of(os.environ),
        since=at,
        heartbeat=at,
        expiry=opened.catalogue.workspace.lease.seconds,
        ymir=__version__,
        commit=git("rev-parse", "--verify", "--quiet", "HEAD").out.strip() or None,
    )


def link_of(environment: Mapping[str, str]) -> str | None:
    """The page of the CI job that runs this, if one does."""
    if run := environment.get("GITHUB_RUN_ID"):
        server = environment.get("GITHUB_SERVER_URL", "https://github.com")
        return f"{server}/{environment.get('GITHUB_REPOSITORY', '')}/actions/runs/{run}"
    return environment.get("CI_JOB_URL") or environment.get("BUILD_URL")


def _user(environment: Mapping[str, str]) -> str:
    if named := environment.get("GITHUB_ACTOR") or environment.get("GITLAB_USER_LOGIN"):
        return named
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # in a container, as a user without a name
        return f"user {os.getuid()}"


def _watch(root: Path) -> Watch:
    return Watch(Sights(root / ".ymir" / "leases.json"), _tell, partial(_is_over, root))


def _tell(found: Found) -> None:
    silent = max(0.0, found.expiry - found.unchanged)
    console.error(
        f"{found.project} is held by {found.words}; looking whether it still works, "
        f"for {duration(silent)} at most …"
    )


def _is_over(root: Path, found: Found) -> bool:
    """Whether a run that was killed left no job behind; its own workspace adopts what it left."""
    folder = Path(found.lease.folder) if found.lease else root
    if folder == root:
        return True
    try:
        job = JobBench(folder).working(found.project) if (folder / "specs").is_dir() else None
    except OSError:
        return False  # somebody else's folder
    if job is None:
        return True
    raise LockedError(
        f"{found.project} is held by a run that is gone, but its job {job} still works in "
        f"`{folder}`",
        hint=f"go on there with `ymir apply -C {folder}`, or end the job: "
        f"`ymir jobs stop {job} -C {folder}`",
    )


def _refuse_behind(refs: Refs, names: Collection[str]) -> None:
    if files := _lacking(refs, names):
        more = f" and {len(files) - 1} more" if len(files) > 1 else ""
        raise LockedError(
            f"`{refs.name}` has records that are not here: {files[0]}{more}",
            hint="`git pull`, and run again",
        )


def _lacking(refs: Refs, names: Collection[str]) -> list[str]:
    """What somebody else has recorded and sent: it would be made a second time."""
    branch = branch_on(refs.git, refs.name, os.environ)
    patterns = [each for name in sorted(names) for each in _files_of(name)]
    return newer_files(refs.git, refs.remote, branch, patterns) if branch else []


def _files_of(name: str) -> tuple[str, ...]:
    if name == DATA:
        return _DATA_FILES
    return (f"data/rounds/{name}/*.dvc", f"reports/{name}/html.dvc")


@contextmanager
def _signals() -> Iterator[None]:
    """While inside, TERM and a closed terminal end the command as Ctrl-C does: leases go back."""

    def end(_number: int, _frame: FrameType | None) -> None:
        raise typer.Abort

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard = [each for each in _ENDS if signal.getsignal(each) is not signal.SIG_IGN]  # as of nohup
    before = {number: signal.signal(number, end) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
