"""Which history a workspace belongs to: all clones of one have the same, no other has it."""

import uuid
from collections.abc import Mapping
from pathlib import Path

from ymir.approval.ancestry import first_commit, prefix
from ymir.approval.saved import digest_of
from ymir.dvc.files import storing, write_whole
from ymir.dvc.project import LINEAGE
from ymir.errors import StoreError
from ymir.git import head, is_repository, is_shallow

_SPACE = uuid.UUID("3d9f6f5c-6d0c-5c0e-9a55-0b6f2f8f7f11")  # of names that ymir makes ids from
_LONGEST = 100  # bytes


def lineages(workspace: Path, specs: Mapping[str, str]) -> tuple[str, ...]:
    """What may stand for the workspace's history in a plan; the first one does when it is saved.

    That is what `data/lineage` says. Before there is such a file, it follows from the first commit;
    where older commits are left away, from the specs.
    """
    if written := _written(workspace):
        return (written,)
    begun = _of_commits(workspace)
    return tuple(each for each in (begun, _of_specs(specs)) if each)


def settle(workspace: Path, specs: Mapping[str, str], approved: str | None = None) -> None:
    """Write down the lineage, unless it stands there: as an approved plan has it, if there is one.

    It follows from the history where there is any, so clones that begin at once agree.
    """
    if _written(workspace):
        return
    shallow = _of_specs(specs) if is_repository(workspace) and head(workspace) else None
    made = approved or _of_commits(workspace) or shallow or str(uuid.uuid4())
    with storing(f"`{LINEAGE}` cannot be written"):
        write_whole(workspace / LINEAGE, f"{made}\n")


def _written(workspace: Path) -> str | None:
    path = workspace / LINEAGE
    try:
        with path.open("rb") as file:
            return str(uuid.UUID(file.read(_LONGEST).decode().strip()))
    except FileNotFoundError:
        return None
    except ValueError as error:
        hint = f"bring it back: `git checkout -- {LINEAGE}`, or settle the merge conflict in it"
        raise StoreError(f"`{path}` holds no id of the workspace's history", hint=hint) from error


def _of_commits(workspace: Path) -> str | None:
    """From the first commit, and where the workspace lies in its repository."""
    if not is_repository(workspace) or is_shallow(workspace):
        return None
    first = first_commit(workspace)
    return str(uuid.uuid5(_SPACE, f"{first}:{prefix(workspace)}")) if first else None


def _of_specs(specs: Mapping[str, str]) -> str:
    return str(uuid.uuid5(_SPACE, digest_of(dict(specs))))
