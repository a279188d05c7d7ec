"""A server that behaves like GitLab's REST API, as far as notes go."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.ci.hosting import Asked, Host, Reply, hosting

TOKEN = "glpat-" + "k" * 20
READER = "glpat-" + "r" * 20  # the scope `read_api`
_NOTES = "/api/v4/projects/42/merge_requests/5/notes"
ME = {"id": 9, "username": "project_42_bot", "bot": True}
STRANGER = {"id": 66, "username": "mallory"}


@dataclass
class GitLab:
    """The merge request 5 of project 42 and what is said under it."""

    host: Host = None  # type: ignore[assignment]
    notes: dict[int, dict] = field(default_factory=dict)
    page: int = 3
    ids: int = 100

    def add(self, body: str, author: dict = ME, *, system: bool = False) -> int:
        """A note that is there already."""
        self.ids += 1
        note = {"id": self.ids, "body": body, "author": author, "system": system}
        self.notes[self.ids] = note
        return self.ids

    def bodies(self) -> list[str]:
        """What stands there, oldest first."""
        return [each["body"] for _, each in sorted(self.notes.items())]

    def answer(self, one: Asked) -> Reply:
        """The answer to one request."""
        token = one.headers.get("Private-Token") or one.headers.get("PRIVATE-TOKEN")
        if token not in (TOKEN, READER):
            return Reply(401, {"message": "401 Unauthorized"})
        if one.verb != "GET" and token == READER:
            return Reply(403, {"error": "insufficient_scope", "scope": "api"})
        if one.path == "/api/v4/user":
            return Reply(200, ME)
        if one.path == _NOTES:
            return self._post(one) if one.verb == "POST" else self._paged(one)
        found = re.fullmatch(f"{_NOTES}/([0-9]+)", one.path)
        return self._one(one, int(found[1])) if found else Reply(404, {"message": "404 Not Found"})

    def _post(self, one: Asked) -> Reply:
        return Reply(201, self.notes[self.add(str(one.body["body"]))])

    def _one(self, one: Asked, number: int) -> Reply:
        if number not in self.notes:
            return Reply(404, {"message": "404 Not found"})
        if one.verb == "DELETE":
            del self.notes[number]
            return Reply(204)
        if one.verb == "PUT":
            self.notes[number]["body"] = one.body["body"]
        return Reply(200, self.notes[number])

    def _paged(self, one: Asked) -> Reply:
        entries = [each for _, each in sorted(self.notes.items(), reverse=True)]
        if one.query.get("sort") == "asc":  # the newest come first, unless told
            entries.reverse()
        size = min(self.page, int(one.query.get("per_page", 20)))
        number = int(one.query.get("page", 1))
        more = str(number + 1) if len(entries) > number * size else ""
        shown = entries[(number - 1) * size : number * size]
        return Reply(200, shown, {"x-next-page": more, "x-page": str(number)})


@contextmanager
def gitlab() -> Iterator[GitLab]:
    """GitLab on the loopback."""
    made = GitLab()
    with hosting(made.answer) as host:
        made.host = host
        yield made
