"""How far an approved plan has come: its own versions are no reason to refuse it.

Each commit under an approved plan names the plan and the state of all data that it left, as the
trailers `Ymir-Plan` and `Ymir-Data`. So any clone can tell a state in which that very plan was cut
from every other one. What a killed run had recorded and not committed is told from a note in
`.ymir/`, on the machine that it ran on.
"""

import json
from collections.abc import Mapping
from pathlib import Path

import orjson

from ymir.approval.ancestry import commits_of
from ymir.approval.basis import Basis
from ymir.approval.saved import Approval
from ymir.dvc.files import write_whole


def trailers(plan: str, now: Basis) -> dict[str, str]:
    """What a commit under a plan says of it."""
    return {"Ymir-Plan": plan, "Ymir-Data": now.state}


def keep(workspace: Path, plan: str, data: Mapping[str, str]) -> None:
    """Note what a plan is about to leave."""
    note = json.dumps({"plan": plan, "data": dict(data)}, indent=1)
    write_whole(workspace / ".ymir" / "approved.json", note)


def is_left_by(workspace: Path, approved: Approval, now: Basis) -> bool:
    """Whether the data is as the plan was made for, or as the plan itself left it."""
    if approved.data == now.data:
        return True
    plan = approved.digest
    if _is_noted(workspace, plan, now):
        return True
    return any(each.get("data") == now.state for each in commits_of(workspace, plan))


def stages_of(workspace: Path, plan: str) -> set[str]:
    """The stages that a plan has recorded, as its commits tell."""
    return {
        f"{each['project']}/r{each['round']}/{each['stage']}"
        if "round" in each
        else each.get("stage", "")
        for each in commits_of(workspace, plan)
    }


def _is_noted(workspace: Path, plan: str, now: Basis) -> bool:
    """Whether a run on this machine ended here, or was killed before it could note one stage."""
    try:
        note = orjson.loads((workspace / ".ymir" / "approved.json").read_bytes())
        is_other, data = note["plan"] != plan, dict(note["data"])
    except (OSError, ValueError, TypeError, KeyError):
        return False
    changed = [name for name in {*data, *now.data} if data.get(name) != now.data.get(name)]
    stages = {name.partition("@")[0] for name in changed}
    is_begun = len(stages) == 1 and _is_begun(workspace, min(stages))
    return not is_other and (not changed or is_begun)


def _is_begun(workspace: Path, stage: str) -> bool:
    """Whether a run on this machine was at this stage when it ended: it left what it had made."""
    folders = (workspace / ".ymir" / "jobs").glob(f"{stage.replace('/', '-')}-*/made")
    return any(folders)
