"""The file of a saved plan: written whole, and read with care, for it may come from anywhere."""

import hashlib
import json
from pathlib import Path
from typing import Annotated, Final, Literal, NoReturn

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from ymir.dvc.files import storing, write_whole
from ymir.errors import StaleError

FORMAT: Final = "ymir-plan/1"
_LARGEST = 20_000_000  # bytes
_AGAIN = "make it anew: `ymir plan -o FILE`, and have it approved"


class Approval(BaseModel):
    """A plan, and all that it was made from.

    The digest tells a file that somebody changed from one that nobody did. It is no signature: who
    may approve is for the repository to decide in which the plan is reviewed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    format: Literal["ymir-plan/1"] = FORMAT
    ymir: str  # version
    made: str  # ISO time
    lineage: str
    commit: (
        Annotated[str, Field(pattern=r"^[0-9a-f]{40,64}$")] | None
    )  # for people: what counts is what follows
    specs: dict[str, str]  # file -> its sha256; also files that specs name
    data: dict[str, str]  # stage -> what its newest version is, and how it was made
    sources: dict[str, str]  # dataset -> the digest of its files that the plan goes by
    executors: dict[str, str]  # name -> the digest of its program, or `unread`
    evaluator: str
    restart: dict[str, int] = {}  # project -> the generation that is begun
    allow: list[str] = []  # what the plan does that nobody would do without being asked
    plan: dict[str, JsonValue]  # as `ymir plan --json` shows it

    @property
    def digest(self) -> str:
        """What stands for the plan in commits."""
        return digest_of(self.model_dump(mode="json"))


def digest_of(content: JsonValue) -> str:
    """The sha256 of JSON, however it is laid out."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def write(path: Path, approval: Approval) -> None:
    """Write the file, whole at every moment."""
    document = {**approval.model_dump(mode="json"), "digest": approval.digest}
    with storing(f"`{path}` cannot be written"):
        write_whole(path, json.dumps(document, indent=1, ensure_ascii=False) + "\n")


def read(path: Path) -> Approval:
    """Read what `write` wrote; anything else is refused."""
    try:
        return _read(path)
    except (ValueError, RecursionError) as error:
        why = "nested too deeply" if isinstance(error, RecursionError) else "no JSON"
        _refuse(path, f"is no saved plan: it is {why}", error)


def _read(path: Path) -> Approval:
    with storing(f"`{path}` cannot be read"), path.open("rb") as file:
        content = file.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        _refuse(path, f"is no saved plan: it is larger than {_LARGEST:,} bytes")
    document = json.loads(content, parse_constant=_no_number)
    if not isinstance(document, dict) or "format" not in document:
        _refuse(path, "is no saved plan")
    if document["format"] != FORMAT:
        _refuse(path, f"is a saved plan of another format than `{FORMAT}`")
    noted = document.pop("digest", None)
    if noted != digest_of(document):
        _refuse(path, "was changed since it was saved: its digest is another one")
    try:
        return Approval.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        _refuse(path, f"is no saved plan: {where}: {first['msg']}", error)


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def _refuse(path: Path, why: str, error: Exception | None = None) -> NoReturn:
    raise StaleError(f"`{path}` {why}", hint=_AGAIN) from error
