"""Runs jobs as Kubernetes Jobs, on a claim that holds the workspace; the next ymir adopts them.

It has not been run on a live cluster: see `tests/kubernetes/` for what it was held against.
"""

from __future__ import annotations

import math
import os
import shutil
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from filelock import Timeout
from pydantic import JsonValue

from ymir.contracts.attempt import (
    Attempt,
    Ending,
    conclude,
    equip,
    has_ended_well,
    is_committed,
    newest,
    record,
    reserve,
    settled,
)
from ymir.contracts.backend import GRACE, Job, Outcome, Running
from ymir.engine.container import Try
from ymir.engine.faults import EngineGoneError, UnfitError
from ymir.engine.logs import save_log
from ymir.engine.turns import alone, ask, asked_of, patiently
from ymir.engine.usage import Watch
from ymir.errors import EngineError, PluginError, SpecError, StoreError
from ymir.kubernetes.berth import Berth, berth_of, send, tell
from ymir.kubernetes.endings import ending_of
from ymir.kubernetes.logs import decoded
from ymir.kubernetes.nodes import shortage
from ymir.kubernetes.objects import Site, below, job_object, mark_of, object_name
from ymir.kubernetes.outage import Outage
from ymir.kubernetes.settings import Settings
from ymir.kubernetes.standing import (
    Late,
    Lost,
    Over,
    Runs,
    Standing,
    Unfit,
    Waits,
    standing,
    why_unfit,
    why_without,
)
from ymir.spec.executor import ExecutorSpec, Resources

if TYPE_CHECKING:  # it needs the client, which not everybody has
    from ymir.kubernetes.cluster import Access, Cluster

__all__ = ["Settings", "connect", "is_contained", "lacks"]

_OUTAGE = 300.0  # seconds for which the API may be away
_SPARE = 30.0  # seconds that a cluster may need to see that a program has ended
_GLANCE = 0.2  # seconds between two looks
_NOBODY = 65532  # runs the jobs of a ymir that is root: no job is, unless it asks for it
_POLICY = "examples/kubernetes/no-network.yaml"
_PRIVATE = ("env.yaml", "config.yaml")
_KILLED = -9
_REMOVED = Lost("its Job is gone: somebody took it away, or it was never made")


def connect(settings: Mapping[str, JsonValue]) -> Jobs:
    """A backend that asks for the cluster when it needs it; without settings, one that looks."""
    return Jobs(Settings.model_validate(settings) if settings else None)


def is_contained(executor: ExecutorSpec) -> bool:
    """Every job is: it sees `/in` and `/out`."""
    return True


def lacks(resources: Resources, settings: Mapping[str, JsonValue]) -> str | None:
    """What no node could ever give, as far as ymir may see the nodes."""
    asked = Settings.model_validate(settings)
    if asked.grows or not (resources.gpus or resources.cpus or resources.memory):
        return None
    try:
        nodes = _access(asked.context).cluster(asked.namespace).nodes()
    except EngineGoneError:
        return None
    except EngineError as error:
        return str(error)
    return shortage(nodes, resources, asked)


class Jobs:
    """Jobs by folder; what is known of those that ended lies there, of the others the cluster."""

    def __init__(
        self,
        settings: Settings | None,
        outage: float = _OUTAGE,
        caller: tuple[int, int] | None = None,
    ) -> None:
        self.width = settings.width if settings else 1
        self._given = settings
        self._outage = Outage(outage)
        self._caller = caller or (os.getuid(), os.getgid())
        self._watch = Watch()
        self._clusters: dict[tuple[str | None, str | None], Cluster] = {}
        self._postponed: set[Path] = set()  # begun as soon as the cluster answers again

    def start(self, *jobs: Job) -> None:
        """Begin each job, unless it runs or has ended well; after a bad end, begin again."""
        for job in map(_placed, jobs):
            self._postponed.discard(job.folder)
            if is_committed(job.folder):
                continue
            try:
                with patiently(job):
                    self._start(job)
                self._outage.is_over()
            except EngineGoneError as error:
                self._outage.bear(error)
                self._postponed.add(job.folder)

    def _start(self, job: Job) -> None:
        last = newest(job.folder)
        if last is not None and last.ending is None:
            now = self._standing(last)
            if isinstance(now, Waits | Runs):
                return
            self._settle(job, last, now)
        if last is None or not has_ended_well(last, job.limit):
            self._begin(job, last.number + 1 if last else 1)

    def poll(self, job: Job) -> Outcome:
        """How the job stands; an attempt that was lost is followed by another, a few times."""
        job = _placed(job)
        if job.folder in self._postponed:
            self.start(job)
            return Running()
        last = newest(job.folder)
        if last is None or is_committed(job.folder):
            return settled(last, job.folder)
        if known := last.ending:
            return conclude(last, known, job.folder, job.limit)
        try:
            with alone(job, 0):
                outcome = self._look_after(job, last)
                self._outage.is_over()
                return outcome
        except Timeout:
            return _progress(last)
        except EngineGoneError as error:
            self._outage.bear(error)
            return _progress(last)

    def stop(self, *jobs: Job, patience: float = GRACE) -> None:
        """Ask all to end, then wait until each is gone."""
        self._postponed -= {_placed(job).folder for job in jobs}
        tried = ((job, newest(job.folder)) for job in map(_placed, jobs))
        asked = [(job, last) for job, last in tried if last is not None and last.ending is None]
        for job, last in asked:
            self._ask_to_end(job, last, patience)
        deadline = time.monotonic() + patience + _SPARE
        for job, last in asked:
            with patiently(job):
                self._await(job, last, deadline)

    def is_running(self, job: Job) -> bool:
        """Whether the newest attempt has a Job that is not over."""
        last = newest(_placed(job).folder)
        if last is None or last.ending is not None or berth_of(last) is None:
            return False
        return isinstance(self._standing(last, is_fresh=False), Waits | Runs)

    def logs(self, job: Job, *, follow: bool) -> Iterator[str]:
        """The newest attempt's log; with `follow`, what is added to it until the job has ended."""
        last = newest(_placed(job).folder)
        if last is None:
            return
        berth = berth_of(last)
        if last.ending is not None or berth is None:
            yield from _written(last)
            return
        said = ""
        while isinstance(now := self._standing(last), Waits):
            if now.why and now.why != said:
                said = now.why
                yield f"ymir: it waits: {said}\n"
            if not follow:
                return
            time.sleep(1)
        if isinstance(now, Runs | Over):
            yield from decoded(self._cluster(berth).printed(now.pod, follow=follow))

    @property
    def _settings(self) -> Settings:
        if self._given is None:
            raise SpecError(
                "the `kubernetes` backend has to be told of a claim",
                hint="give `backend` in `Workspace` a `with` that names `claim` and `folder`",
            )
        return self._given

    @cached_property
    def _site(self) -> Site:
        user, group = self._caller
        return Site(self._settings, user or _NOBODY, group or _NOBODY)

    def _cluster(self, berth: Berth) -> Cluster:
        return self._reach(berth.context, berth.namespace)

    def _reach(self, context: str | None, namespace: str | None) -> Cluster:
        if (context, namespace) not in self._clusters:
            found = _access(context).cluster(namespace)
            known = self._clusters.setdefault((found.context, found.namespace), found)
            self._clusters[context, namespace] = known
        return self._clusters[context, namespace]

    def _standing(self, last: Attempt, *, is_fresh: bool = True) -> Standing:
        """How the attempt's Job stands; one that cannot be begun or made with the reason why."""
        berth = berth_of(last)
        if berth is None:
            return _REMOVED
        cluster = self._cluster(berth)
        found = None if is_fresh else cluster.glance(berth.name)
        if found is None or mark_of(found[0]) != berth.mark:  # perhaps it is newer than the list
            found = cluster.look(berth.name)
        if found is None or mark_of(found[0]) != berth.mark:
            return _REMOVED
        now = standing(*found, time.time())
        if isinstance(now, Unfit) and found[1]:
            return why_unfit(now, cluster.events("Pod", found[1][-1]["metadata"]["name"]))
        if isinstance(now, Waits) and not found[1] and not now.why:
            return why_without(cluster.events("Job", berth.name))
        return now

    def _look_after(self, job: Job, last: Attempt) -> Outcome:
        """Keep a running job within its limits; conclude one that has ended."""
        now = self._standing(last, is_fresh=False)
        tell(last, now.why if isinstance(now, Waits) else "")
        match now:
            case Waits():
                return Running()
            case Runs():
                self._guard(job, last, now)
                return _progress(last)
        self._settle(job, last, now)
        if known := last.ending:
            return conclude(last, known, job.folder, job.limit)
        self._begin(job, last.number + 1)
        return Running()

    def _guard(self, job: Job, last: Attempt, now: Runs) -> None:
        """Ask a program that went too far to end; its node ends one that does not."""
        berth = berth_of(last)
        if berth is None or asked_of(last) is not None:
            return
        if now.since and now.since + job.limit < time.time():
            ask(last, "timeout")
        elif why := self._watch.excess(job, last.out):
            ask(last, "ended", why)
        else:
            return
        self._cluster(berth).end(now.pod, math.ceil(GRACE))

    def _settle(self, job: Job, last: Attempt, now: Standing) -> None:
        """Write how the attempt ended, if by itself or ymir, and take its Job away."""
        tail = self._save_log(last, now.pod) if isinstance(now, Over | Late | Lost) else ""
        if isinstance(now, Unfit):
            with suppress(OSError):
                last.log.write_text(f"{now.why}\n", encoding="utf-8")
        tries = self._given.tries if self._given else 1
        if found := ending_of(job, last, now, asked_of(last), tail, tries):
            record(last, found)
        if berth := berth_of(last):
            self._cluster(berth).remove(berth.name)

    def _save_log(self, last: Attempt, pod: str) -> str:
        berth = berth_of(last)
        if berth is None or not pod:
            return ""
        return save_log(self._cluster(berth).printed(pod, follow=False), last.log)

    def _ask_to_end(self, job: Job, last: Attempt, patience: float) -> None:
        """Ask its program to end, or take the Job away of one that has not begun."""
        with patiently(job):
            now, berth = self._standing(last), berth_of(last)
            if berth is None or not isinstance(now, Waits | Runs):
                return
            ask(last, "stopped")
            if isinstance(now, Runs):
                self._save_log(last, now.pod)
                self._cluster(berth).end(now.pod, math.ceil(patience))
            else:
                self._cluster(berth).remove(berth.name, "Foreground")

    def _await(self, job: Job, last: Attempt, deadline: float) -> None:
        """Wait for the end of what was asked to end; what has none by then is given one."""
        while last.ending is None:
            now = self._standing(last)
            if isinstance(now, Waits | Runs) and time.monotonic() < deadline:
                time.sleep(_GLANCE)
                continue
            self._settle(job, last, now)
            if last.ending is None:
                record(last, Ending("stopped", _KILLED))

    def _begin(self, job: Job, number: int) -> None:
        """Fill the attempt's folder, then make its Job."""
        if job.image is None:
            raise SpecError(
                f"job `{job.name}` has no image, and the `kubernetes` backend runs images only",
                hint="give the executor an `image`, or choose another `backend` in `Workspace`",
            )
        below(job.folder, self._settings)
        cluster = self._reach(self._settings.context, self._settings.namespace)
        self._check_walls(job, cluster)
        attempt = Attempt(job.folder / "attempts" / str(number))
        try:
            (job.folder / "in").mkdir(exist_ok=True)
            attempt.folder.mkdir(parents=True)
            reserve(attempt)
            equip(attempt, job.folder, PurePosixPath("/"))
            self._hand_over(attempt)
        except OSError as error:
            raise StoreError(
                f"job `{job.name}` cannot be started: {error}",
                hint="check disk space and permissions",
            ) from error
        self._make(job, attempt, cluster)

    def _make(self, job: Job, attempt: Attempt, cluster: Cluster) -> None:
        private = tuple(name for name in _PRIVATE if (attempt.folder / name).exists())
        tried = Try(attempt.folder, private)
        name = object_name(job, tried, self._settings)
        berth = Berth(cluster.context, cluster.namespace, name, uuid.uuid4().hex)
        try:
            send(attempt, berth, job_object(job, tried, self._site, berth.mark), cluster)
        except EngineGoneError:  # perhaps it was made: the next look tells
            return
        except UnfitError as error:
            with suppress(OSError):
                attempt.log.write_text(f"{error}\n", encoding="utf-8")
            record(attempt, Ending("unstartable", tail=str(error)))
        except EngineError as error:
            record(attempt, Ending("unstartable", tail=str(error)))
            raise

    def _check_walls(self, job: Job, cluster: Cluster) -> None:
        policy = self._settings.policy
        if job.network or policy is None or cluster.has_policy(policy):
            return
        raise EngineError(
            f"job `{job.name}` shall have no network, and the namespace `{cluster.namespace}` has "
            f"no NetworkPolicy `{policy}`",
            hint=f"`kubectl apply -f {_POLICY}`; or `policy: null`, to trust the cluster",
        )

    def _hand_over(self, attempt: Attempt) -> None:
        """Let whoever runs the job write: where ymir is root, that is somebody else."""
        if self._caller[0] == 0:
            for path in (attempt.out, *attempt.out.rglob("*")):
                shutil.chown(path, self._site.user, self._site.group)


def _access(context: str | None) -> Access:
    try:
        from ymir.kubernetes.cluster import Access  # not everybody has the client
    except ModuleNotFoundError as error:
        raise PluginError(
            f"the backend `kubernetes` needs the Kubernetes client: {error}",
            hint='run `pip install "ymir-gitops[kubernetes]"`',
        ) from error
    return Access(context)


def _placed(job: Job) -> Job:
    return replace(job, folder=job.folder.resolve())


def _progress(last: Attempt) -> Running:
    progress = last.progress
    return Running(progress.share if progress else None)


def _written(last: Attempt) -> Iterator[str]:
    if last.log.exists():
        with last.log.open("rb") as file:
            while piece := file.read(1 << 16):
                yield piece.decode(errors="replace")
