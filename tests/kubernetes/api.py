"""A small API server on loopback that keeps the contract of the calls that ymir makes.

It holds bodies against the published schemas, answers as the real one does, and has a kubelet that
runs each pod's command here: real requests, a real client, real programs. What a real cluster does
beyond that (schedulers, admission, images) it does not know; tests say what a pod's status is.
"""

import json
import os
import shutil
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import kubernetes_validate
import yaml

from tests.kubernetes.kubelet import Container, Json, moment
from ymir.resources import resource

TOKEN = "let-me-in"  # noqa: S105 - of a server that lives for a test
VERSION = "1.34"
_LINGERS = 0.4  # seconds until a deleted pod is gone after its end


class Cluster:
    """What the server knows; a test may change it at any time."""

    def __init__(self, claim: Path) -> None:
        self.claim = claim
        self.jobs: dict[str, Json] = {}
        self.pods: dict[str, Json] = {}
        self.containers: dict[str, Container] = {}
        self.nodes: list[Json] = []
        self.events: list[Json] = []
        self.policies = {"ymir-no-network"}
        self.allowed = allowed()
        self.token = TOKEN
        self.stuck: Json | None = None  # the status of pods that come next, in place of running
        self.is_podless = False  # no pod comes of a Job
        self.is_down = False
        self.swallows = 0  # answers to POST that are lost on the way
        self.made: list[str] = []
        self.calls: list[str] = []
        self.lock = threading.RLock()

    def make(self, body: Json) -> tuple[int, Json]:
        """`POST …/jobs`."""
        name = body["metadata"]["name"]
        if name in self.jobs:
            return 409, _status(409, f'jobs.batch "{name}" already exists')
        try:
            kubernetes_validate.validate(body, VERSION, strict=True)
        except kubernetes_validate.ValidationError as error:
            return 422, _status(422, f'Job.batch "{name}" is invalid: {error.message}')
        meta = {"uid": uuid.uuid4().hex, "creationTimestamp": moment(), "resourceVersion": "1"}
        job = {**body, "metadata": {**body["metadata"], **meta}, "status": {"startTime": moment()}}
        self.jobs[name] = job
        self.made.append(name)
        if not self.is_podless:
            self._make_pod(job)
        return 201, job

    def _make_pod(self, job: Json) -> None:
        name, template = job["metadata"]["name"], job["spec"]["template"]
        owner = {"kind": "Job", "name": name, "uid": job["metadata"]["uid"]}
        labels = {**template["metadata"]["labels"], "job-name": name}
        meta = {"name": f"{name}-{uuid.uuid4().hex[:5]}", "labels": labels}
        pod = {
            "metadata": {**meta, "ownerReferences": [owner], "creationTimestamp": moment()},
            "spec": template["spec"],
            "status": self.stuck or {"phase": "Pending"},
        }
        self.pods[meta["name"]] = pod
        held = Container(pod, self.claim, lambda: self._account(job, pod))
        self.containers[meta["name"]] = held
        if self.stuck is None:
            held.begin()

    def _account(self, job: Json, pod: Json) -> None:
        """The Job's controller: what the end of the pod is for the Job."""
        is_good = pod["status"]["phase"] == "Succeeded"
        reason = {} if is_good else {"reason": "BackoffLimitExceeded", "message": "no more pods"}
        kind = "Complete" if is_good else "Failed"
        job["status"]["conditions"] = [{"type": kind, "status": "True", **reason}]
        if is_good:
            job["status"]["completionTime"] = moment()

    def end_pod(self, name: str, grace: float) -> None:
        """`DELETE …/pods/<name>`: it goes some time after its program."""
        self.pods[name]["metadata"]["deletionTimestamp"] = moment()
        self.containers[name].end(grace)
        threading.Thread(target=self._linger, args=(name,), daemon=True).start()

    def _linger(self, name: str) -> None:
        held = self.containers[name]
        if held.pod["status"]["phase"] == "Running":
            held.is_over.wait()
        time.sleep(_LINGERS)
        self.pods.pop(name, None)

    def remove_job(self, name: str, how: str) -> None:
        """`DELETE …/jobs/<name>`: in the foreground, the Job goes after its pods."""
        uid = self.jobs[name]["metadata"]["uid"]
        own = [pod for pod in self.pods if self._owner(pod) == uid]
        for pod in own:
            self.end_pod(pod, 1.0)
        if how != "Foreground" or not own:
            del self.jobs[name]
            return
        self.jobs[name]["metadata"]["deletionTimestamp"] = moment()
        threading.Thread(target=self._follow, args=(name, own), daemon=True).start()

    def _follow(self, name: str, pods: list[str]) -> None:
        while any(pod in self.pods for pod in pods):
            time.sleep(0.02)
        self.jobs.pop(name, None)

    def _owner(self, pod: str) -> str:
        return str(self.pods[pod]["metadata"]["ownerReferences"][0]["uid"])

    def close(self) -> None:
        """End what still runs."""
        for held in self.containers.values():
            held.end(0)
        for held in self.containers.values():
            held.is_over.wait(5 if held.has_begun else 0)
            shutil.rmtree(held.home, ignore_errors=True)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    cluster: Cluster

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - so called
        self.cluster.calls.append(f"{self.command} {self.path}")

    def do_GET(self) -> None:
        if (found := self._begin()) is None:
            return
        kind, name, rest, asked = found
        if rest == "log":
            self._log(name, is_followed=asked.get("follow") in ("true", "True"))
            return
        with self.cluster.lock:
            self._answer(*self._read(kind, name, asked))

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self._begin() is None:
            return
        with self.cluster.lock:
            answer = self.cluster.make(body)
        if self.cluster.swallows:
            self.cluster.swallows -= 1
            self.close_connection = True
            self.connection.close()
            return
        self._answer(*answer)

    def do_DELETE(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        options = json.loads(self.rfile.read(size) or b"{}") if size else {}
        if (found := self._begin()) is None:
            return
        kind, name, _, asked = found
        with self.cluster.lock:
            if name not in getattr(self.cluster, kind):
                self._answer(404, _status(404, f'{kind} "{name}" not found'))
                return
            if kind == "pods":
                grace = asked.get("gracePeriodSeconds", options.get("gracePeriodSeconds", 30))
                self.cluster.end_pod(name, float(grace))
            else:
                how = asked.get("propagationPolicy", options.get("propagationPolicy"))
                self.cluster.remove_job(name, str(how))
        self._answer(200, {"kind": "Status", "status": "Success"})

    def _begin(self) -> tuple[str, str, str, dict[str, str]] | None:
        """What is asked for: resource, name, subresource, parameters; None if it was refused."""
        if self.cluster.is_down:
            self._answer(503, _status(503, "apiserver is shutting down"))
            return None
        if self.headers.get("Authorization") != f"Bearer {self.cluster.token}":
            self._answer(401, _status(401, "Unauthorized"))
            return None
        url = urlsplit(self.path)
        parts = [part for part in url.path.split("/") if part]
        tail = parts[parts.index("namespaces") + 2 :] if "namespaces" in parts else parts[2:]
        kind, name, rest = (*tail, "", "")[:3]
        wanted = f"{kind}/{rest}" if rest else kind
        if (verb := _verb(self.command, name), wanted) not in self.cluster.allowed:
            said = f'{wanted} is forbidden: User "ymir" cannot {verb} resource "{wanted}"'
            self._answer(403, _status(403, said))
            return None
        return kind, name, rest, {key: value[0] for key, value in parse_qs(url.query).items()}

    def _read(self, kind: str, name: str, asked: dict[str, str]) -> tuple[int, Json]:
        if kind == "networkpolicies":
            is_there = name in self.cluster.policies
            return (200, {"metadata": {"name": name}}) if is_there else (404, _status(404, name))
        if kind in ("nodes", "events"):
            return 200, _page(getattr(self.cluster, kind), asked)
        known: dict[str, Json] = getattr(self.cluster, kind)
        if name:
            found = known.get(name)
            return (200, found) if found else (404, _status(404, f'{kind} "{name}" not found'))
        wanted = [each.split("=") for each in asked.get("labelSelector", "").split(",") if each]
        found = [
            each
            for each in known.values()
            if all(each["metadata"]["labels"].get(key) == value for key, value in wanted)
        ]
        return 200, _page(found, asked)

    def _log(self, name: str, *, is_followed: bool) -> None:
        held = self.cluster.containers.get(name)
        if held is None or name not in self.cluster.pods:
            self._answer(404, _status(404, f'pods "{name}" not found'))
        elif held.pod["status"]["phase"] == "Pending":
            said = f'container "job" in pod "{name}" is waiting to start'
            self._answer(400, _status(400, said))
        else:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for piece in held.pieces(follow=is_followed):
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.write(b"0\r\n\r\n")

    def _answer(self, code: int, body: Json) -> None:
        text = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


def allowed() -> set[tuple[str, str]]:
    """Verb and resource of all that `examples/kubernetes/access.yaml` allows."""
    text = (resource("examples") / "kubernetes" / "access.yaml").read_text()
    return {
        (verb, thing)
        for each in yaml.safe_load_all(text)
        for rule in each.get("rules", ())
        for thing in rule["resources"]
        for verb in rule["verbs"]
    }


def _verb(method: str, name: str) -> str:
    return {"POST": "create", "DELETE": "delete"}.get(method) or ("get" if name else "list")


def _status(code: int, message: str) -> Json:
    return {"kind": "Status", "status": "Failure", "code": code, "message": message}


def _page(items: list[Json], asked: dict[str, str]) -> Json:
    start = int(asked.get("continue") or 0)
    end = start + int(asked.get("limit") or len(items) or 1)
    mark = {"continue": str(end)} if end < len(items) else {}
    return {"metadata": {"resourceVersion": "1", **mark}, "items": items[start:end]}


def kubeconfig(port: int, file: Path) -> Path:
    """A kubeconfig of this server, whose context names the namespace `vision`."""
    server = {"server": f"http://127.0.0.1:{port}"}
    context = {"cluster": "here", "user": "ymir", "namespace": "vision"}
    said: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "here", "cluster": server}],
        "users": [{"name": "ymir", "user": {"token": TOKEN}}],
        "contexts": [{"name": "test", "context": context}],
        "current-context": "test",
    }
    file.write_text(json.dumps(said))
    return file


@contextmanager
def cluster(folder: Path, claim: Path = Path("/")) -> Iterator[Cluster]:
    """A cluster that runs, and is the one that the environment names."""
    known = Cluster(claim)
    handler = type("Handler", (_Handler,), {"cluster": known})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    before = os.environ.get("KUBECONFIG")
    os.environ["KUBECONFIG"] = str(kubeconfig(server.server_port, folder / "kubeconfig"))
    try:
        yield known
    finally:
        if before is None:
            del os.environ["KUBECONFIG"]
        else:
            os.environ["KUBECONFIG"] = before
        known.close()
        server.shutdown()
        server.server_close()
        thread.join()
