"""GitHub: which pull request a job is about, and its comments."""

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

WORDS = Words("GitHub", "`GITHUB_TOKEN`", "the permission `pull-requests: write`")
_API = "https://api.github.com"


def service(environment: Mapping[str, str]) -> Service:
    """A connection as the environment of a job describes it."""
    token = (environment.get("GITHUB_TOKEN") or environment.get("GH_TOKEN") or "").strip()
    if not token:
        raise SpecError(
            "there is no token for GitHub in `GITHUB_TOKEN`",
            hint="give the step `env: {GITHUB_TOKEN: ${{ github.token }}}`",
        )
    remember(token)
    headers = {
        "Authorization": f"Bearer {token}",
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
        "User-Agent": "ymir",
    }
    return Service((environment.get("GITHUB_API_URL") or _API).rstrip("/"), headers, WORDS)


def repository(environment: Mapping[str, str]) -> str:
    """`owner/name`, as it stands in an address."""
    name = environment.get("GITHUB_REPOSITORY", "")
    if name.count("/") != 1:
        raise SpecError(
            "`GITHUB_REPOSITORY` does not say `owner/name`",
            hint="GitHub's runner sets it; elsewhere, set it yourself",
        )
    return quote(name, safe="/")


def number_in(event: Mapping[str, JsonValue]) -> int | None:
    """The pull request that the event of a job is about, where it says so."""
    for name in ("pull_request", "issue"):
        if number := _number(_part(event, name).get("number")):
            return number
    return _number(event.get("number"))


def number_of_run(service: Service, repository: str, event: Mapping[str, JsonValue]) -> int | None:
    """The open pull request of the run that a `workflow_run` is about.

    GitHub does not name it where it comes from a fork, and what the run has left behind may lie:
    so it is looked up by the branch and the commit that GitHub says were run.
    """
    run = _part(event, "workflow_run")
    owner = _part(_part(run, "head_repository"), "owner").get("login")
    branch, commit = run.get("head_branch"), run.get("head_sha")
    if not (isinstance(owner, str) and isinstance(branch, str) and isinstance(commit, str)):
        return None
    path = f"/repos/{repository}/pulls?state=open&head={quote(f'{owner}:{branch}', safe='')}"
    for each in service.pages(path, _has_next):
        if isinstance(each, dict) and _part(each, "head").get("sha") == commit:
            return _number(each.get("number"))
    return None


@dataclass
class PullRequest:
    """The comments of a pull request."""

    service: Service
    repository: str
    number: int

    def ours(self, marker: str) -> Sequence[Comment]:
        """Those that begin with the marker and were written by who we are."""
        path = f"/repos/{self.repository}/issues/{self.number}/comments"
        found = list(self.service.pages(path, _has_next))
        return [Comment(*each) for each in _marked(found, marker, self._login)]

    def create(self, body: str) -> Comment:
        """Add one."""
        path = f"/repos/{self.repository}/issues/{self.number}/comments"
        made = self.service.ask("POST", path, {"body": body})
        if not isinstance(made, dict) or not (number := _number(made.get("id"))):
            raise ServiceError("GitHub does not say which comment it made")
        return Comment(number, body)

    def update(self, comment: Comment, body: str) -> bool:
        """Replace its text; False where it is gone."""
        return self.service.change("PATCH", self._place(comment), {"body": body})

    def delete(self, comment: Comment) -> None:
        """Take it away, if it is still there."""
        self.service.take_away(self._place(comment))

    @property
    def _login(self) -> str | None:
        """Who we are; None for an app or a job's own token, which may not ask."""
        user = self.service.find("/user")
        name = user.get("login") if isinstance(user, dict) else None
        return name if isinstance(name, str) else None

    def _place(self, comment: Comment) -> str:
        return f"/repos/{self.repository}/issues/comments/{comment.id}"


def _marked(
    found: Sequence[JsonValue], marker: str, login: str | None
) -> Iterator[tuple[int, str]]:
    for each in found:
        if not isinstance(each, dict):
            continue
        number, text, user = _number(each.get("id")), each.get("body"), _part(each, "user")
        is_mine = user.get("login") == login if login else user.get("type") == "Bot"
        if number and is_mine and isinstance(text, str) and text.startswith(marker):
            yield number, text


def _has_next(answer: httpx.Response) -> bool:
    return "next" in answer.links


def _part(value: Mapping[str, JsonValue], name: str) -> Mapping[str, JsonValue]:
    part = value.get(name)
    return part if isinstance(part, dict) else {}


def _number(value: JsonValue) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
