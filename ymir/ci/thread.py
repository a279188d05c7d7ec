"""The comments under a pull request, of which one is ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from ymir.errors import ServiceError

Kept = Literal["created", "updated", "unchanged", "deleted", "none"]
_TRIES = 3


@dataclass(frozen=True, order=True)
class Comment:
    """One that we wrote."""

    id: int
    body: str


class Thread(Protocol):
    """The comments of one pull request."""

    def ours(self, marker: str) -> Sequence[Comment]:
        """Those that begin with the marker and were written by who we are."""

    def create(self, body: str) -> Comment:
        """Add one."""

    def update(self, comment: Comment, body: str) -> bool:
        """Replace its text; False where it is gone."""

    def delete(self, comment: Comment) -> None:
        """Take it away, if it is still there."""


def keep_one(thread: Thread, marker: str, body: str | None) -> Kept:
    """Make `body` the one comment with this marker; None takes it away.

    Whoever does the same at the same time keeps the same one: the oldest.
    """
    found = sorted(thread.ours(marker))
    if body is None:
        _delete(thread, found)
        return "deleted" if found else "none"
    for _ in range(_TRIES):
        is_new = not found
        if is_new:
            thread.create(body)
            found = sorted(thread.ours(marker))
        _delete(thread, found[1:])
        if found and found[0].body.strip() == body.strip():
            return "created" if is_new else "unchanged"
        if found and thread.update(found[0], body):
            return "updated"
        found = sorted(thread.ours(marker))
    raise ServiceError("the comment goes as often as it is made", hint="run this again")


def _delete(thread: Thread, comments: Sequence[Comment]) -> None:
    for each in comments:
        thread.delete(each)
