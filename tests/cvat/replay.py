"""A server on loopback that plays the exchanges of `exchanges/` back, over real HTTP.

It is no CVAT: it shows that the label tool keeps its promises if a server answers as cvat-sdk
2.80.0 says that servers do. Every exchange that takes place is held to the SDK's models.
"""

import io
import json
import re
import threading
from contextlib import contextmanager
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit

from PIL import Image

from tests.cvat.exchanges import answer, check_answer, check_ask, exchange
from tests.cvat.state import State, holds, page, request_of

TOKEN = "cvat-secret-token"  # noqa: S105 - of this server alone


class Replay:
    """What the server knows, what it was asked, and how it fails."""

    def __init__(self, url):
        self.url, self.state, self.asked = url, State(), []
        self.version = "2.80.0"
        self.fault = lambda number, method, path: None
        self.fault_after = lambda number, method, path: None
        self.organizations = set()
        self.is_checked = True
        self.wrong = []  # exchanges that are none

    def answer(self, method, path, query, headers, body):
        """Status, headers and body of an answer."""
        self.asked.append((method, path))
        self.organizations.add(headers.get("X-Organization"))
        number = len(self.asked)
        failed = self.fault(number, method, path)
        if failed is None and not self._is_known(headers):
            failed = _recorded("not-signed-in")
        if failed is not None:
            return failed
        for wanted, pattern, do in ROUTES:
            found = re.fullmatch(pattern, path)
            if wanted == method and found:
                given = _json_in(headers, body)
                if self.is_checked:
                    check_ask(method, path, given, query)
                status, said = do(self, *found.groups(), query, headers, body)
                if self.is_checked:
                    check_answer(method, path, said)
                return self.fault_after(number, method, path) or (status, {}, said)
        return _recorded("not-there")

    def _is_known(self, headers):
        given = headers.get("Authorization", "")
        return given == f"Bearer {TOKEN}" or given.startswith("Basic YW5uYTp")  # anna:…

    def writes(self):
        return [each for each in self.asked if each[0] != "GET"]


def _recorded(name):
    told = exchange(name)["answer"]
    return told["status"], told.get("headers", {}), told["body"]


def _json_in(headers, body):
    return json.loads(body) if body and "json" in headers.get("Content-Type", "") else None


def _about(replay, query, headers, body):
    return 200, {**answer("about"), "version": replay.version}


def _projects(replay, query, headers, body):
    state = replay.state
    named = [number for number, name in state.projects.items() if name == query["name"]]
    return 200, page([state.project_body(number) for number in reversed(named)], query)


def _create_project(replay, query, headers, body):
    given = json.loads(body)
    return 201, replay.state.project_body(replay.state.add_project(given["name"], given["labels"]))


def _add_labels(replay, number, query, headers, body):
    replay.state.add_labels(int(number), json.loads(body)["labels"])
    return 200, replay.state.project_body(int(number))


def _labels(replay, query, headers, body):
    state = replay.state
    task = state.tasks.get(int(query.get("task_id", 0)))
    project = task.project if task else int(query["project_id"])
    return 200, page([each for each in state.labels if each["project_id"] == project], query)


def _tasks(replay, query, headers, body):
    state = replay.state
    found = [each for each in reversed(state.tasks.values()) if holds(query, each.name)]
    return 200, page([state.task_body(each) for each in found], query)


def _create_task(replay, query, headers, body):
    given, state = json.loads(body), replay.state
    number = state.add_task(given["name"], given["project_id"], given["segment_size"])
    return 201, state.task_body(state.tasks[number])


def _remove_task(replay, number, query, headers, body):
    del replay.state.tasks[int(number)]
    return 204, None


def _data(replay, number, query, headers, body):
    state = replay.state
    task = state.tasks[int(number)]
    if "Upload-Start" in headers:
        return exchange("upload-start")["answer"]["status"], None
    if "Upload-Multiple" in headers:
        task.arriving.update(_pictures(headers, body))
        return exchange("upload-files")["answer"]["status"], None
    given = json.loads(body)
    names = given.get("upload_file_order") or given["server_files"]
    sizes = task.arriving if "Upload-Finish" in headers else state.share
    state.take_in(task, names, sizes)
    return 202, {"rq_id": request_of(task.id)}


def _pictures(headers, body):
    """The files of a form: their names without folders, as Django keeps them, and their sizes."""
    whole = b"Content-Type: " + headers["Content-Type"].encode() + b"\r\n\r\n" + body
    for part in message_from_bytes(whole).get_payload():
        if part.get_filename():
            data = part.get_payload(decode=True)
            yield part.get_filename().rpartition("/")[2], Image.open(io.BytesIO(data)).size


def _requests(replay, query, headers, body):
    task = replay.state.tasks.get(int(query["task_id"]))
    begun = [replay.state.request_body(task)] if task and task.creation else []
    return 200, page(begun, query)


def _request(replay, name, query, headers, body):
    return 200, replay.state.request_body(replay.state.tasks[int(name.rpartition("=")[2])])


def _meta(replay, number, query, headers, body):
    return 200, replay.state.meta_body(replay.state.tasks[int(number)])


def _take_out(replay, number, query, headers, body):
    task = replay.state.tasks[int(number)]
    task.deleted = json.loads(body)["deleted_frames"]
    return 200, replay.state.meta_body(task)


def _jobs(replay, query, headers, body):
    return 200, page(replay.state.tasks[int(query["task_id"])].jobs, query)


def _marks(replay, number, query, headers, body):
    return 200, {**answer("marks"), **replay.state.tasks[int(number)].marks}


def _draw(replay, number, query, headers, body):
    task = replay.state.tasks[int(number)]
    task.marks = {"shapes": [], "tracks": [], "tags": []}
    replay.state.draw(task, json.loads(body)["shapes"])
    return 200, {**answer("draw"), **task.marks}


def _guide_body(replay, number):
    project, text = replay.state.guides[number]
    return {**answer("guide"), "id": number, "project_id": project, "markdown": text}


def _create_guide(replay, query, headers, body):
    given, number = json.loads(body), replay.state.number()
    replay.state.guides[number] = (given["project_id"], given["markdown"])
    return 201, _guide_body(replay, number)


def _guide(replay, number, query, headers, body):
    return 200, _guide_body(replay, int(number))


def _change_guide(replay, number, query, headers, body):
    project, _ = replay.state.guides[int(number)]
    replay.state.guides[int(number)] = (project, json.loads(body)["markdown"])
    return 200, _guide_body(replay, int(number))


ROUTES = [
    ("GET", "/api/server/about", _about),
    ("GET", "/api/projects", _projects),
    ("POST", "/api/projects", _create_project),
    ("PATCH", r"/api/projects/(\d+)", _add_labels),
    ("GET", "/api/labels", _labels),
    ("GET", "/api/tasks", _tasks),
    ("POST", "/api/tasks", _create_task),
    ("DELETE", r"/api/tasks/(\d+)", _remove_task),
    ("POST", r"/api/tasks/(\d+)/data/", _data),
    ("GET", "/api/requests", _requests),
    ("GET", "/api/requests/([^/]+)", _request),
    ("GET", r"/api/tasks/(\d+)/data/meta", _meta),
    ("PATCH", r"/api/tasks/(\d+)/data/meta", _take_out),
    ("GET", "/api/jobs", _jobs),
    ("GET", r"/api/tasks/(\d+)/annotations/", _marks),
    ("PUT", r"/api/tasks/(\d+)/annotations/", _draw),
    ("POST", "/api/guides", _create_guide),
    ("GET", r"/api/guides/(\d+)", _guide),
    ("PATCH", r"/api/guides/(\d+)", _change_guide),
]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # an answer in one piece

    def _do(self):
        split = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        replay = self.server.replay
        try:
            status, headers, said = replay.answer(
                self.command,
                unquote(split.path),
                dict(parse_qsl(split.query)),
                self.headers,
                body,
            )
        except Exception as error:
            replay.wrong.append(f"{self.command} {self.path}: {error!r}")
            raise
        if status is None:  # as a server that is stopped does
            self.close_connection = True
            return
        content = said if isinstance(said, bytes) else b"" if said is None else _dumped(said)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Type", "application/vnd.cvat+json")
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _do  # noqa: N815 - as http.server has it

    def log_message(self, *_):
        """Nothing on the terminal."""


def _dumped(said):
    return json.dumps(said).encode()


@contextmanager
def replaying(tls=None):
    """The server, as long as it is needed; afterwards all that was exchanged must be sound."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    scheme = "https" if tls else "http"
    server.replay = Replay(f"{scheme}://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.replay
        assert not server.replay.wrong
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
