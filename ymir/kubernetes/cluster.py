"""The calls to a cluster's API, through the official client: each says what it got, or why not."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from kubernetes import config
from kubernetes.client import ApiClient, BatchV1Api, Configuration, CoreV1Api, NetworkingV1Api
from kubernetes.client.exceptions import ApiException
from kubernetes.config.config_exception import ConfigException
from pydantic import JsonValue
from urllib3.exceptions import HTTPError
from yaml import YAMLError

from ymir.engine.faults import EngineGoneError, NameTakenError, UnfitError
from ymir.errors import EngineError, YmirError
from ymir.kubernetes.objects import MANAGER
from ymir.kubernetes.standing import Object, pods_of

_PATIENCE = (5, 30)  # seconds to connect, and for an answer
_FRESH, _EACH = 1.0, 0.1  # seconds for which a list of all jobs is good: at most, and for each
_PAGE = 500
_OURS = ",".join(f"{key}={value}" for key, value in MANAGER.items())
_BROKEN = (OSError, YAMLError, AttributeError, KeyError, TypeError, ValueError)  # of a kubeconfig
_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
_RULES = "ymir needs what `examples/kubernetes/access.yaml` in its package allows"


class Cluster:
    """One namespace of a cluster."""

    def __init__(self, client: ApiClient, namespace: str, context: str | None = None) -> None:
        self.namespace, self.context = namespace, context
        self._jobs, self._core = BatchV1Api(client), CoreV1Api(client)
        self._networks = NetworkingV1Api(client)
        self._seen: tuple[float, dict[str, tuple[Object, list[Object]]]] | None = None

    def make(self, body: Mapping[str, JsonValue]) -> None:
        """Make a Job; `NameTakenError` where there is one of its name."""
        self._seen = None
        self._ask(self._jobs.create_namespaced_job, self.namespace, dict(body))

    def look(self, name: str) -> tuple[Object, list[Object]] | None:
        """A Job and its pods as they are now; None where there is none of that name."""
        try:
            job = self._ask(self._jobs.read_namespaced_job, name, self.namespace)
        except _NotThereError:
            return None
        selector = f"job-name={name}"
        pods = self._list(self._core.list_namespaced_pod, self.namespace, label_selector=selector)
        return job, pods_of(job, pods)

    def glance(self, name: str) -> tuple[Object, list[Object]] | None:
        """The same, of a list of all that is asked for once a second; of a short one, sooner."""
        if self._seen is None or time.monotonic() > self._seen[0]:
            asked = {"label_selector": _OURS}
            jobs = self._list(self._jobs.list_namespaced_job, self.namespace, **asked)
            pods = self._list(self._core.list_namespaced_pod, self.namespace, **asked)
            of_job: dict[str, list[Object]] = {}
            for pod in pods:
                for owner in pod["metadata"].get("ownerReferences") or ():
                    of_job.setdefault(owner["uid"], []).append(pod)
            found = {
                job["metadata"]["name"]: (job, of_job.get(job["metadata"]["uid"], []))
                for job in jobs
            }
            self._seen = (time.monotonic() + min(_FRESH, _EACH * len(found)), found)
        return self._seen[1].get(name)

    def end(self, pod: str, patience: int) -> None:
        """Ask the program of a pod to end, and after so many seconds end it."""
        self._seen = None
        how = {"grace_period_seconds": patience}
        self._gone(self._core.delete_namespaced_pod, pod, self.namespace, **how)

    def remove(self, name: str, how: str = "Background") -> None:
        """Take a Job away, with its pods."""
        self._seen = None
        self._gone(self._jobs.delete_namespaced_job, name, self.namespace, propagation_policy=how)

    def printed(self, pod: str, *, follow: bool) -> Iterator[bytes]:
        """What the program of a pod printed, in pieces; nothing where nobody knows any more."""
        wait = (_PATIENCE[0], None if follow else _PATIENCE[1])
        try:
            with _answering():
                answer = self._core.read_namespaced_pod_log(
                    pod,
                    self.namespace,
                    follow=follow,
                    _preload_content=False,
                    _request_timeout=wait,
                )
                yield from answer.stream(1 << 16)
        except (_NotThereError, UnfitError):  # also of a pod that has not begun
            return

    def events(self, kind: str, name: str) -> list[Object]:
        """What was noted about an object, oldest first; nothing where ymir may not read that."""
        which = f"involvedObject.kind={kind},involvedObject.name={name}"
        try:
            return self._list(
                self._core.list_namespaced_event, self.namespace, field_selector=which
            )
        except ForbiddenError:
            return []

    def nodes(self) -> list[Object]:
        """All nodes; none where ymir may not see them."""
        try:
            return self._list(self._core.list_node)
        except ForbiddenError:
            return []

    def has_policy(self, name: str) -> bool:
        """Whether the namespace has a NetworkPolicy of that name."""
        try:
            self._ask(self._networks.read_namespaced_network_policy, name, self.namespace)
        except _NotThereError:
            return False
        return True

    def _gone(self, call: Callable[..., Any], *words: object, **more: object) -> None:
        try:
            self._ask(call, *words, **more)
        except _NotThereError:
            return

    def _list(self, call: Callable[..., Any], *words: object, **more: object) -> list[Object]:
        """All items, page by page; a page that is too old begins the list anew."""
        found: list[Object] = []
        mark: str | None = None
        while True:
            page = self._ask(call, *words, limit=_PAGE, _continue=mark, **more)
            found += page["items"]
            mark = page["metadata"].get("continue")
            if not mark:
                return found

    def _ask(self, call: Callable[..., Any], *words: object, **more: object) -> Object:
        given = {key: value for key, value in more.items() if value is not None}
        with _answering():
            answer = call(*words, _preload_content=False, _request_timeout=_PATIENCE, **given)
            return cast("Object", json.loads(answer.data))


class ForbiddenError(EngineError):
    """The cluster knows who asks, and does not allow it."""


class _NotThereError(YmirError):
    """There is no such object."""


class Access:
    """How a cluster is reached: the kubeconfig's context, or the pod in which ymir itself runs."""

    def __init__(self, context: str | None) -> None:
        self.context = context

    def cluster(self, namespace: str | None) -> Cluster:
        """One of its namespaces."""
        client, own, context = self._found
        return Cluster(client, namespace or own, context)

    @cached_property
    def _found(self) -> tuple[ApiClient, str, str | None]:
        """The client, the namespace that the context names, and the context."""
        try:
            listed, current = config.list_kube_config_contexts(config_file=_kubeconfig())
        except ConfigException as error:
            return self._from_within(error)
        except _BROKEN as error:
            raise _unreadable(error) from error
        named = {each["name"]: each["context"] for each in listed}
        name = self.context or current["name"]
        if name not in named:
            raise EngineError(
                f"the kubeconfig has no context `{name}`",
                hint=f"`context` is one of: {', '.join(sorted(named))}",
            )
        try:
            client = config.new_client_from_config(config_file=_kubeconfig(), context=name)
        except (ConfigException, *_BROKEN) as error:
            raise _unreadable(error) from error
        return _impatient(client), str(named[name].get("namespace") or "default"), str(name)

    def _from_within(self, why: ConfigException) -> tuple[ApiClient, str, None]:
        own = Configuration()
        try:
            config.load_incluster_config(client_configuration=own)
            here = _NAMESPACE.read_text(encoding="utf-8").strip()
            return _impatient(ApiClient(own)), here, None
        except (ConfigException, OSError):
            raise EngineError(
                f"no Kubernetes cluster is configured here: {' '.join(str(why).split())}",
                hint="set KUBECONFIG, or log in to the cluster; `kubectl get jobs` has to work",
            ) from None


def _kubeconfig() -> str | None:
    """The files that the environment names now: the client looked when it was imported."""
    return os.environ.get("KUBECONFIG") or None


def _impatient(client: ApiClient) -> ApiClient:
    """It would ask a cluster that is away three times more; when to ask again, ymir decides."""
    client.configuration.retries = False
    return ApiClient(client.configuration)


def _unreadable(error: Exception) -> EngineError:
    return EngineError(
        f"the kubeconfig cannot be used: {' '.join(str(error).split())}",
        hint="`kubectl get jobs` has to work here",
    )


@contextmanager
def _answering() -> Iterator[None]:
    """Tell a cluster that refuses from one that does not answer."""
    try:
        yield
    except ApiException as error:
        raise _fault(int(error.status or 0), _said(error)) from error
    except (HTTPError, OSError, ValueError) as error:
        raise gone(" ".join(str(error).split())) from error


def gone(why: str) -> EngineGoneError:
    """The cluster does not answer now; it may yet come back."""
    return EngineGoneError(
        f"the Kubernetes API does not answer: {why}",
        hint="`ymir apply` goes on with what runs there as soon as it is back",
    )


def _fault(status: int, said: str) -> YmirError:
    match status:
        case 401:
            return EngineError(
                f"the cluster does not accept who asks (401): {said}",
                hint="log in again; `kubectl auth whoami` has to work here",
            )
        case 403:
            return ForbiddenError(f"the cluster does not allow it (403): {said}", hint=_RULES)
        case 404:
            return _NotThereError(said)
        case 409:
            return NameTakenError(said)
        case 400 | 422:
            return UnfitError(f"the cluster refuses it ({status}): {said}")
        case _:
            return gone(f"{status}: {said}")


def _said(error: ApiException) -> str:
    """The `message` of the API's answer; else whatever was answered."""
    try:
        said = json.loads(error.body)["message"]
    except (TypeError, ValueError, KeyError):
        said = error.body or error.reason
    text = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
    return " ".join(text.split())[:500]
