"""GitLab: which merge request a job is about, and its notes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

import httpx
from pydantic import JsonValue

from ymir.ci.service import Service, Words
from ymir.ci.thread import Comment
from ymir.errors import ServiceError, SpecError
from ymir.vault import remember

WORDS = Words("GitLab", "`GITLAB_TOKEN`", "the scope `api` and the role Reporter")
_API = "https://gitlab.com/api/v4"


def service(environment: Mapping[str, str]) -> Service:
    """A connection as the environment of a job describes it."""
    token = environment.get("GITLAB_TOKEN", "").strip()
    if not token:
        raise SpecError(
            "there is no token for GitLab in `GITLAB_TOKEN`",
            hint="a job's own token may not write notes: make a project access token with the "
            "scope `api`, and a masked variable of it",
        )
    remember(token)
    url = environment.get("CI_API_V4_URL") or _API
    return Service(url.rstrip("/"), {"PRIVATE-TOKEN": token, "User-Agent": "ymir"}, WORDS)


def project(environment: Mapping[str, str]) -> str:
    """The project's number, or its path, as it stands in an address.

    A merge request lies in the project it goes to, which is another than the job's for a fork.
    """
    for name in ("CI_MERGE_REQUEST_PROJECT_ID", "CI_PROJECT_ID"):
        if found := environment.get(name):
            return quote(found, safe="")
    raise SpecError(
        "`CI_PROJECT_ID` does not say which project this is",
        hint="GitLab's runner sets it; elsewhere, set it yourself",
    )


def number_in(environment: Mapping[str, str]) -> int | None:
    """The merge request that a job is about."""
    found = environment.get("CI_MERGE_REQUEST_IID", "")
    return int(found) if found.isdigit() else None


@dataclass
class MergeRequest:
    """The notes of a merge request."""

    service: Service
    project: str
    number: int

    def ours(self, marker: str) -> Sequence[Comment]:
        """Those that begin with the marker and were written by who we are."""
        user = self.service.ask("GET", "/user")
        me = user.get("id") if isinstance(user, dict) else None
        found = self.service.pages(f"{self._path}?sort=asc&order_by=created_at", _has_next)
        return [Comment(*each) for each in _marked(found, marker, me)]

    def create(self, body: str) -> Comment:
        """Add one."""
        made = self.service.ask("POST", self._path, {"body": body})
        number = made.get("id") if isinstance(made, dict) else None
        if not isinstance(number, int):
            raise ServiceError("GitLab does not say which note it made")
        return Comment(number, body)

    def update(self, comment: Comment, body: str) -> bool:
        """Replace its text; False where it is gone."""
        return self.service.change("PUT", f"{self._path}/{comment.id}", {"body": body})

    def delete(self, comment: Comment) -> None:
        """Take it away, if it is still there."""
        self.service.take_away(f"{self._path}/{comment.id}")

    @property
    def _path(self) -> str:
        return f"/projects/{self.project}/merge_requests/{self.number}/notes"


def _marked(found: Iterator[JsonValue], marker: str, me: JsonValue) -> Iterator[tuple[int, str]]:
    for each in found:
        if not isinstance(each, dict) or each.get("system") is True:
            continue
        number, text, author = each.get("id"), each.get("body"), each.get("author")
        is_mine = isinstance(author, dict) and me is not None and author.get("id") == me
        if (
            is_mine
            and isinstance(number, int)
            and isinstance(text, str)
            and text.startswith(marker)
        ):
            yield number, text


def _has_next(answer: httpx.Response) -> bool:
    return bool(answer.headers.get("x-next-page"))
