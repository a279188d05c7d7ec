"""From problems to what is left of them."""

from collections.abc import Collection
from pathlib import Path

from ymir.dvc import losses
from ymir.dvc.objects import object_path
from ymir.dvc.project import cache_of
from ymir.dvc.stock import lacking
from ymir.keeping.inspection import Kind, Problem, is_sound, missing, named
from ymir.keeping.repair import bring_back, lay_out_again, make_read_only, put_aside


def mend(workspace: Path, project: str, found: Collection[Problem]) -> list[Problem]:
    """Mend what can be mended of a project; what is left, and what came to light."""
    mine = [each for each in found if each.project == project]
    broken = _names(mine, "damaged")
    put_aside(workspace, project, broken)
    make_read_only(workspace, project, _names(mine, "mode"))
    came = bring_back(workspace, project, broken | _names(mine, "missing"))
    # A listing that is back may name files that are not.
    more = {each.name for each in missing(workspace, project, named(workspace, project))}
    came |= bring_back(workspace, project, more)
    lay_out_again(workspace, project, came)
    absent = lacking(cache_of(workspace / project), broken | _names(mine, "missing") | more)
    sent = _send(workspace, project, _names(mine, "remote-lost", "remote-damaged"))
    known = {each.name for each in mine}
    return [
        *(each for each in mine if _is_left(each, absent, sent)),
        *(Problem("missing", project, each) for each in sorted((more & absent) - known)),
    ]


def note_losses(workspace: Path, found: Collection[Problem]) -> None:
    """Let the next `ymir push` send what the remote has lost and this workspace has."""
    lost = {
        project: _trees_to_send(workspace, project, _names(found, "remote-lost", of=project))
        for project in {each.project for each in found}
    }
    losses.resend(workspace, {project: trees for project, trees in lost.items() if trees})


def _send(workspace: Path, project: str, digests: Collection[str]) -> set[str]:
    """Send again what is here and sound."""
    cache = cache_of(workspace / project)
    here = {each for each in digests if is_sound(object_path(cache, each))}
    if here:
        from ymir.dvc import remote  # importing DVC takes half a second

        losses.resend(workspace, {project: _trees_to_send(workspace, project, here)})
        remote.replace(workspace, project, here)
        losses.resend(workspace, {})
    return here


def _trees_to_send(workspace: Path, project: str, lost: set[str]) -> list[str]:
    """The listings that name some of these objects, where all that they name is here."""
    cache = cache_of(workspace / project)
    trees = named(workspace, project).trees.items()
    named_by = {listing: lost & {listing, *(tree or {}).values()} for listing, tree in trees}
    return [each for each, some in named_by.items() if some and not lacking(cache, some)]


def _is_left(problem: Problem, absent: Collection[str], sent: Collection[str]) -> bool:
    match problem.kind:
        case "pointer" | "listing":
            return True
        case "mode":
            return False
        case "remote-lost" | "remote-damaged":
            return problem.name not in sent
        case _:
            return problem.name in absent


def _names(problems: Collection[Problem], *kinds: Kind, of: str | None = None) -> set[str]:
    return {
        each.name for each in problems if each.kind in kinds and (of is None or each.project == of)
    }
