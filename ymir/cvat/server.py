"""A CVAT server, through cvat-sdk: the calls that batches need.

Answers are read here, not by the SDK's models, which refuse words that a newer server knows.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, TypeVar

import orjson
import urllib3
from cvat_sdk.api_client.exceptions import ApiException, OpenApiException
from cvat_sdk.api_client.rest import RESTClientObject
from cvat_sdk.core.client import Client, Config
from cvat_sdk.core.exceptions import CvatSdkException
from cvat_sdk.core.uploading import DataUploader
from cvat_sdk.version import VERSION
from pydantic import JsonValue, ValidationError

from ymir.bounds import Bounds, TooLargeError, TooSlowError, bounded
from ymir.cvat.faults import LOOK, AwayError, Patience, Refused, words_of
from ymir.cvat.replies import (
    About,
    Creation,
    Guide,
    Job,
    Label,
    Marks,
    Meta,
    Page,
    Project,
    Reply,
    Taking,
    Task,
)
from ymir.errors import DataError

Ask = Callable[..., tuple[object, urllib3.HTTPResponse]]  # a call of the SDK
Made = TypeVar("Made", bound=Reply)


class Listing(Protocol):
    """An endpoint of the SDK that answers in pages."""

    call_with_http_info: Ask


_LONGEST = 200  # letters of what the SDK says
_TIMEOUT = (10, 300)  # seconds: to connect, and for the next bytes
_REQUEST = 32 << 20  # bytes of images in a request
_PAGE, _MOST_PAGES = 100, 10_000
_BOUNDS = Bounds()  # of an answer
_PIECE = 1 << 16
_TRANSPORT = ("content-encoding", "transfer-encoding", "content-length")
_QUALITY = 90  # of the copies of images that annotators see first
_TAKING_IN = 900  # seconds that the server may need for the images of a task


class _Rest(RESTClientObject):  # type: ignore[misc]  # the SDK has no types
    """Sends requests in time, asks again for what may be asked twice, and tells faults in words."""

    def __init__(self, configuration: object, url: str, seconds: float, bounds: Bounds) -> None:
        super().__init__(configuration)
        self._url, self._seconds, self._bounds = url, seconds, bounds

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        **given: object,
    ) -> object:
        """An answer that is one; raises `AwayError` or `DataError`."""
        patience = Patience(self._seconds)
        while True:
            try:
                return self._once(method, url, {**given, "headers": {**(headers or {})}})
            except TooLargeError as error:
                why = f"`{self._url}` answers without end: {error}"
                raise DataError(why, hint=LOOK) from error
            except (ApiException, urllib3.exceptions.HTTPError, TooSlowError) as error:
                fault = _fault(error, self._url, f"{method} {url.removeprefix(self._url)}")
                if not isinstance(fault, AwayError):
                    raise fault from error
                if fault.is_doubtful and method not in ("GET", "HEAD"):
                    raise fault from error
                patience.wait(fault)

    def _once(self, method: str, url: str, given: Mapping[str, object]) -> object:
        own = {"_request_timeout": _TIMEOUT, "_parse_response": False, "_check_status": False}
        with warnings.catch_warnings():  # the spec says so, where it is not checked
            warnings.simplefilter("ignore", urllib3.exceptions.InsecureRequestWarning)
            reply = _whole(super().request(method, url, **{**given, **own}), self._bounds)
        if given.get("_check_status", True) and not 200 <= reply.status < 300:
            raise ApiException(http_resp=reply)
        return reply


class _Told:
    """Hears from the SDK how much is sent; its protocol of a progress reporter."""

    def __init__(self, tell: Callable[[float], None]) -> None:
        self._tell, self._sent, self._total = tell, 0, 1

    @contextmanager
    def task(self, total: int, **_: object) -> Iterator[None]:
        """Something begins that has so many bytes."""
        self._sent, self._total = 0, max(1, total)
        yield

    def advance(self, more: int) -> None:
        """So many bytes more are sent."""
        self._sent += more
        self._tell(min(1.0, self._sent / self._total))


class Server:
    """A connection with one server; every call raises `AwayError` or `DataError`."""

    def __init__(
        self,
        url: str,
        *,
        verify: bool | str = True,
        seconds: float = 20,
        bounds: Bounds = _BOUNDS,
    ) -> None:
        self.url, self._seconds, self._version = url.rstrip("/"), seconds, ""
        silent = logging.Logger("cvat", logging.CRITICAL + 1)
        config = Config(verify_ssl=bool(verify))
        self._client = Client(self.url, logger=silent, config=config, check_server_version=False)
        self._api = self._client.api_client
        self._api.configuration.retries = False  # `_Rest` does, and no other
        if isinstance(verify, str):
            self._api.configuration.ssl_ca_cert = verify
        self._api.rest_client = _Rest(self._api.configuration, self.url, seconds, bounds)

    def __enter__(self) -> Self:
        """Nothing is asked yet."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Hang up."""
        self._api.rest_client.pool_manager.clear()

    def sign_in(self, token: str | None, user: str | None, password: str | None) -> None:
        """In whose name to ask."""
        self._api.configuration.access_token = token
        self._api.configuration.username = user
        self._api.configuration.password = password

    def act_for(self, organization: str | None) -> None:
        """The organization to which everything belongs; None: whatever the user sees."""
        self._client.organization_slug = organization

    def greet(self) -> None:
        """See that a CVAT server answers, and which."""
        about = self._one(About, self._api.server_api.retrieve_about)
        self._version = about.version

    @property
    def note(self) -> str:
        """What to know where server and SDK are of versions that do not fit; else nothing."""
        known = [str(each) for each in Client.SUPPORTED_SERVER_VERSIONS]
        if not self._version or ".".join(self._version.split(".")[:2]) in known:
            return ""
        return (
            f"the server is CVAT {self._version}, cvat-sdk {VERSION} is for {' and '.join(known)}"
        )

    def projects(self, name: str) -> list[Project]:
        """Those of that name, the oldest first."""
        found = self._all(Project, self._api.projects_api.list_endpoint, name=name)
        return sorted((each for each in found if each.name == name), key=lambda each: each.id)

    def create_project(self, name: str, classes: Iterable[str]) -> Project:
        """A project whose labels are boxes of these classes."""
        body = {"name": name, "labels": _rectangles(classes)}
        return self._one(Project, self._api.projects_api.create, project_write_request=body)

    def add_labels(self, project: int, classes: Iterable[str]) -> None:
        """Boxes of more classes; what is there stays."""
        body = {"labels": _rectangles(classes)}
        call = self._api.projects_api.partial_update
        self._one(Project, call, id=project, patched_project_write_request=body)

    def guide(self, number: int) -> Guide:
        """What annotators of a project are told."""
        return self._one(Guide, self._api.guides_api.retrieve, id=number)

    def create_guide(self, project: int, text: str) -> None:
        """Tell annotators of a project, for the first time."""
        body = {"project_id": project, "markdown": text}
        call = self._api.guides_api.create
        self._one(Guide, call, annotation_guide_write_request=body)

    def change_guide(self, number: int, text: str) -> None:
        """Tell annotators of a project something else."""
        body = {"markdown": text}
        call = self._api.guides_api.partial_update
        self._one(Guide, call, id=number, patched_annotation_guide_write_request=body)

    def labels(self, *, project: int | None = None, task: int | None = None) -> list[Label]:
        """What can be drawn in a project, or in a task."""
        of = {"project_id": project} if project is not None else {"task_id": task}
        found = self._all(Label, self._api.labels_api.list_endpoint, **of)
        return [each for each in found if each.parent_id is None]

    def tasks(self, mark: str) -> list[Task]:
        """Those whose name ends with `mark`, the oldest first."""
        holds = orjson.dumps({"in": [mark, {"var": "name"}]}).decode()
        found = self._all(Task, self._api.tasks_api.list_endpoint, filter=holds)
        return sorted((each for each in found if each.name.endswith(mark)), key=lambda one: one.id)

    def create_task(self, project: int, name: str, segment: int) -> Task:
        """A task that has no images yet."""
        body = {"name": name, "project_id": project, "segment_size": segment, "overlap": 0}
        return self._one(Task, self._api.tasks_api.create, task_write_request=body)

    def remove_task(self, task: int) -> None:
        """Take a task away, with all that is in it."""
        with self._understood("the end of a task"):
            self._api.tasks_api.destroy(task)

    def upload(self, task: int, files: Sequence[Path], tell: Callable[[float], None]) -> str:
        """Send the images of a task, in this order; returns the request that takes them in."""
        path = self._api.tasks_api.create_data_endpoint.path
        where = self._client.api_map.make_endpoint_url(path, kwsub={"id": task})
        sending = DataUploader(self._client, max_request_size=_REQUEST)
        with self._understood("uploaded images"):
            reply = sending.upload_files(
                where,
                list(files),
                pbar=_Told(tell),
                image_quality=_QUALITY,
                sorting_method="predefined",
            )
            return Taking.model_validate_json(reply.data).rq_id

    def point_to(self, task: int, files: Sequence[str]) -> str:
        """Say which images of the share are those of a task, in this order."""
        body = {
            "server_files": list(files),
            "image_quality": _QUALITY,
            "sorting_method": "predefined",
        }
        call = self._api.tasks_api.create_data
        return self._one(Taking, call, id=task, data_request=body).rq_id

    def takes_in(self, task: int) -> Creation | None:
        """The request that is still taking in the images of a task."""
        query: Mapping[str, JsonValue] = {"task_id": task, "action": "create", "target": "task"}
        found = self._all(Creation, self._api.requests_api.list_endpoint, **query)
        return next((each for each in found if each.status in ("queued", "started")), None)

    def settle(self, request: str) -> Creation:
        """Wait until the images of a task are taken in, or are not."""
        patience = Patience(_TAKING_IN)
        while True:
            made = self._one(Creation, self._api.requests_api.retrieve, id=request)
            if made.status in ("finished", "failed"):
                return made
            patience.wait(AwayError("it is still taking in the images"))

    def jobs(self, task: int) -> list[Job]:
        """Those that people label; not those that only check others."""
        found = self._all(Job, self._api.jobs_api.list_endpoint, task_id=task)
        mine = (each for each in found if each.type == "annotation")
        return sorted(mine, key=lambda each: each.start_frame)

    def meta(self, task: int) -> Meta:
        """The images of a task."""
        return self._one(Meta, self._api.tasks_api.retrieve_data_meta, id=task)

    def take_out(self, task: int, frames: Iterable[int]) -> None:
        """The images of a task that annotators are no longer shown: these, and no others."""
        body = {"deleted_frames": sorted(frames)}
        call = self._api.tasks_api.partial_update_data_meta
        self._one(Reply, call, id=task, patched_data_meta_write_request=body)

    def marks(self, task: int) -> Marks:
        """What is drawn in a task."""
        return self._one(Marks, self._api.tasks_api.retrieve_annotations, id=task)

    def draw(self, task: int, shapes: Sequence[Mapping[str, JsonValue]]) -> None:
        """Replace all that is drawn in a task."""
        body = {"version": 0, "tags": [], "shapes": [*shapes], "tracks": []}
        with self._understood("suggestions"):
            self._api.tasks_api.update_annotations(
                task, labeled_data_request=body, _parse_response=False
            )

    def _one(self, kind: type[Made], call: Ask, **given: object) -> Made:
        with self._understood(kind.__name__.lower()):
            _, reply = call(**given, _parse_response=False)
            return kind.model_validate_json(reply.data)

    def _all(self, kind: type[Made], endpoint: Listing, **query: object) -> list[Made]:
        """Every page of a list; an error where it has no end."""
        found: list[Made] = []
        before: list[object] = []
        for number in range(1, _MOST_PAGES + 1):
            asked = {**query, "page": number, "page_size": _PAGE}
            page = self._one(Page, endpoint.call_with_http_info, **asked)
            with self._understood(f"a list of {kind.__name__.lower()}s"):
                found += [kind.model_validate(each) for each in page.results]
            if not page.next:
                return found
            if page.results == before:  # so also where it is empty
                break
            before = page.results
        raise DataError(
            f"CVAT at {self.url} answers with a list of {kind.__name__.lower()}s that has no end",
            hint=LOOK,
        )

    @contextmanager
    def _understood(self, what: str) -> Iterator[None]:
        """What the SDK or we cannot make sense of is said in words."""
        try:
            yield
        except (OpenApiException, CvatSdkException, ValidationError) as error:
            why = " ".join(str(error).split())[:_LONGEST]
            raise DataError(
                f"CVAT at {self.url} answers otherwise than cvat-sdk {VERSION} knows, where it "
                f"was asked for {what}: {why}",
                hint=LOOK,
            ) from error


def _whole(reply: urllib3.HTTPResponse, bounds: Bounds) -> urllib3.HTTPResponse:
    """The same answer, read to its end."""
    try:
        pieces = iter(lambda: reply.read1(_PIECE, decode_content=True), b"")
        body = b"".join(bounded(pieces, bounds))
    except BaseException:
        reply.close()
        raise
    reply.release_conn()
    headers = {k: v for k, v in reply.headers.items() if k.lower() not in _TRANSPORT}
    return urllib3.HTTPResponse(body, headers, reply.status, reason=reply.reason)


def _rectangles(classes: Iterable[str]) -> list[dict[str, str]]:
    return [{"name": each, "type": "rectangle"} for each in classes]


def _fault(error: Exception, url: str, asked: str) -> AwayError | DataError:
    if isinstance(error, ApiException) and error.status:
        after = str((error.headers or {}).get("Retry-After", ""))
        seconds = float(after) if after.isascii() and after.isdigit() else 0.0
        asked = asked.partition("?")[0]
        return Refused(int(error.status), words_of(error.body), asked, seconds).fault(url)
    if isinstance(error, TooSlowError):
        return AwayError(str(error))
    why = str(error.reason if isinstance(error, ApiException) else error)
    if "CERTIFICATE_VERIFY" in why:
        return DataError(
            f"the certificate of `{url}` is not trusted",
            hint="say `verify: FILE`, with the certificate of who signed it",
        )
    if isinstance(error, urllib3.exceptions.NewConnectionError):
        return AwayError(why.rpartition(": ")[2], is_doubtful=False)
    if isinstance(error, urllib3.exceptions.ProtocolError):
        return AwayError("the connection broke off")
    timed_out = isinstance(error, urllib3.exceptions.TimeoutError)
    return AwayError("no answer in time" if timed_out else why)
