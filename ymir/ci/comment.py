"""The one comment that says on a pull request what its merge would set in motion."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import quote

from ymir.ci.markdown import Table, code, fitted
from ymir.ci.plan import Cost, Edit, Saved, Shown, Step

ROOM = 60_000  # letters; the services take 65,536 and 1,000,000
_MAKES = ("run", "park", "wait")
_SIGNS = {"run": "+", "wait": "?", "park": "‖", "block": "!", "prune": "-", "suspend": "z"}


def marker(workspace: str) -> str:
    """What the comment about a workspace begins with; nobody sees it."""
    return f"<!-- ymir:plan:{quote(workspace, safe='/._') or '.'} -->"


def body(saved: Saved, workspace: str, room: int = ROOM) -> str | None:
    """The comment's text; None where nothing would change."""
    if saved.plan.settled:
        return None
    first = (marker(workspace), *_head(saved.plan, workspace))
    return fitted(first, _tables(saved.plan), tuple(_foot(saved)), room)


def summary(saved: Saved, workspace: str, room: int = ROOM) -> str:
    """The same for the page of a job, also where nothing would change."""
    first = tuple(_head(saved.plan, workspace))
    return fitted(first, _tables(saved.plan), tuple(_foot(saved)), room) + "\n"


def _head(plan: Shown, workspace: str) -> Iterator[str]:
    where = f" of {code(workspace)}" if workspace not in ("", ".") else ""
    yield f"### ymir: the plan{where}"
    yield ""
    yield " · ".join((_counts(plan.steps), *_costs(plan.cost)))
    if any(map(_is_grave, plan.steps)) or any(map(_is_grave, plan.edits)):
        yield ""
        yield "> ⚠️ **This redoes or takes away what exists.** `ymir apply` asks before it does."
    for lack in plan.lacks[:10]:
        yield f"> ❌ {code(lack)}"


def _counts(steps: Sequence[Step]) -> str:
    made = sum(each.action in _MAKES for each in steps)
    words = [f"**{made:,} {'stage' if made == 1 else 'stages'} to make**"]
    for action, word in (
        ("block", "blocked"),
        ("suspend", "suspended"),
        ("prune", "not asked for"),
    ):
        if count := sum(each.action == action for each in steps):
            words.append(f"{count:,} {word}")
    return ", ".join(words) if steps else "**Nothing to do**"


def _costs(cost: Cost) -> Iterator[str]:
    """What it takes, as far as it is known."""
    if cost.says:
        yield code(cost.says)
        return
    if cost.gpu_hours:
        low, high = cost.gpu_hours
        yield f"{low:.1f} to {high:.1f} GPU-hours" if high > low else f"{low:.1f} GPU-hours"
    if cost.labels:
        yield f"{cost.labels:,} {'image' if cost.labels == 1 else 'images'} to label"
    if cost.images:
        yield f"{cost.images:,} {'image' if cost.images == 1 else 'images'} to move"


def _tables(plan: Shown) -> tuple[Table, ...]:
    grave = [each for each in plan.steps if _is_grave(each)]
    first = sorted(plan.edits, key=lambda each: not _is_grave(each))
    heads = ("", "stage", "why")
    return (
        Table("What is redone or goes", heads, [_step(each) for each in grave]),
        Table(
            "What was edited", ("project", "edit", "kind", "so"), [_edit(each) for each in first]
        ),
        Table(
            f"All {len(plan.steps):,} steps",
            (*heads, "cost"),
            [_full(each) for each in plan.steps],
            True,
        ),
    )


def _is_grave(each: Step | Edit) -> bool:
    return each.category == "retrain" or (isinstance(each, Step) and each.is_destructive)


def _step(each: Step) -> tuple[str, ...]:
    why = each.why or (f"after {', '.join(each.after)}" if each.after else each.reason.code)
    return (code(_SIGNS.get(each.action, each.action)), code(each.stage), code(why))


def _full(each: Step) -> tuple[str, ...]:
    sign, stage, why = _step(each)
    return (sign, stage, f"{why} {each.category or ''}".strip(), ", ".join(_costs(each.cost)))


def _edit(each: Edit) -> tuple[str, ...]:
    kind = f"**{each.category}**" if _is_grave(each) else each.category or ""
    return (code(each.project), code(each.what), kind, code(each.effect))


def _foot(saved: Saved) -> Iterator[str]:
    for told in saved.plan.projects[:20]:
        for text in filter(None, (told.says, told.then)):
            yield ""
            yield f"{code(told.project)}: {code(text)}"
    yield ""
    if saved.digest:
        yield (
            "Merged, the next `ymir apply` does this. `ymir apply plan.json` does exactly this, or "
            "nothing if specs, data or programs differ by then."
        )
        at = f" of commit {code(saved.commit[:12])}" if saved.commit else ""
        yield f"<sub>Plan {code(saved.digest[:16])}{at}</sub>"
    else:
        yield "Merged, the next `ymir apply` does this."
