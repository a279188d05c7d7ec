"""A server that behaves like GitHub's REST API, as far as comments go."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.ci.hosting import Asked, Host, Reply, hosting

TOKEN = "ghs_" + "k" * 36
READER = "ghs_" + "r" * 36  # may look, not write
PERSON = "ghp_" + "p" * 36  # a person's own token
_REPOSITORY = "/repos/acme/loops"
BOT = {"login": "github-actions[bot]", "type": "Bot"}
STRANGER = {"login": "mallory", "type": "User"}
ALICE = {"login": "alice", "type": "User"}
_WHO = {TOKEN: BOT, READER: BOT, PERSON: ALICE}


@dataclass
class GitHub:
    """The pull request 7 of `acme/loops` and what is said under it."""

    host: Host = None  # type: ignore[assignment]
    comments: dict[int, dict] = field(default_factory=dict)
    pulls: list[dict] = field(default_factory=list)
    page: int = 3  # the most that a page holds, whatever is asked for
    ids: int = 100

    def add(self, body: str, user: dict = BOT) -> int:
        """A comment that is there already."""
        self.ids += 1
        self.comments[self.ids] = {"id": self.ids, "body": body, "user": user}
        return self.ids

    def bodies(self) -> list[str]:
        """What stands there, oldest first."""
        return [each["body"] for _, each in sorted(self.comments.items())]

    def answer(self, one: Asked) -> Reply:
        """The answer to one request."""
        token = one.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in _WHO:
            return Reply(401, {"message": "Bad credentials"})
        if one.path == "/user":
            if token != PERSON:
                return Reply(403, {"message": "Resource not accessible by integration"})
            return Reply(200, ALICE)
        if not one.path.startswith(_REPOSITORY):
            return Reply(404, {"message": "Not Found"})
        if one.verb != "GET" and token == READER:
            return Reply(403, {"message": "Resource not accessible by integration"})
        return self._of_repository(one, one.path.removeprefix(_REPOSITORY), _WHO[token])

    def _of_repository(self, one: Asked, path: str, user: dict) -> Reply:
        if path == "/pulls":
            wanted = [p for p in self.pulls if p["label"] == one.query["head"]]
            return self._paged(one, wanted)
        if path == "/issues/7/comments":
            if one.verb == "POST":
                return self._post(one, user)
            return self._paged(one, [each for _, each in sorted(self.comments.items())])
        if found := re.fullmatch("/issues/comments/([0-9]+)", path):
            return self._one(one, int(found[1]))
        return Reply(404, {"message": "Not Found"})

    def _post(self, one: Asked, user: dict) -> Reply:
        body = str(one.body["body"])
        if len(body) > 65536:
            return Reply(422, {"message": "Body is too long (maximum is 65536 characters)"})
        return Reply(201, self.comments[self.add(body, user)])

    def _one(self, one: Asked, number: int) -> Reply:
        if number not in self.comments:
            return Reply(404, {"message": "Not Found"})
        if one.verb == "DELETE":
            del self.comments[number]
            return Reply(204)
        if one.verb == "PATCH":
            self.comments[number]["body"] = one.body["body"]
        return Reply(200, self.comments[number])

    def _paged(self, one: Asked, entries: list[dict]) -> Reply:
        size = min(self.page, int(one.query.get("per_page", 30)))
        number = int(one.query.get("page", 1))
        shown = entries[(number - 1) * size : number * size]
        has_next = len(entries) > number * size
        link = f'<{self.host.url}{one.path}?page={number + 1}>; rel="next"'
        return Reply(200, shown, {"Link": link} if has_next else {})


@contextmanager
def github() -> Iterator[GitHub]:
    """GitHub on the loopback."""
    made = GitHub()
    with hosting(made.answer) as host:
        made.host = host
        yield made
