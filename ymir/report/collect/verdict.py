"""The line that a reader takes home, and who or what comes next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ymir.plan.history import count
from ymir.report.collect.tiles import figure_name, figure_of, wanted
from ymir.report.record import ProjectRecord, RoundRecord
from ymir.report.shown.summary import Gate, Next, State, Verdict
from ymir.report.words import plural
from ymir.spec.project import ProjectSpec

APPLY = "ymir apply"

_SAID: Mapping[State, str] = {
    "met": "goal met",
    "open": "goal not met",
    "missed": "stopped without the goal",
}
_MORE: Mapping[str, str] = {  # by the reason of the decision
    "rounds": "raise `goal: rounds`",
    "label budget": "raise `goal: labels`",
    "gpu budget": "raise `goal: gpu_hours`",
    "plateau": "look at the weakest classes, then change `train`, `mine` or `goal: plateau`",
    "pool empty": "add images to the pool",
    "no labels": "edit `label`, or add training images; `ymir labels pull` takes late answers in",
}


def verdict(project: ProjectRecord, now: RoundRecord, gates: Sequence[Gate]) -> Verdict:
    """How the round stands against the goal, why, and what follows."""
    goal, decision = project.spec.goal, now.decision
    state: State = "met" if decision.goal_met else "missed" if decision.stops else "open"
    figure, least = figure_of(goal, now.testing), wanted(goal)
    headline = f"Round {now.number} — {_SAID[state]}: {figure_name(goal)} {figure.value:.3f}"
    if figure.half:
        headline += f" ± {figure.half:.3f}"
    if least is not None:
        headline += f", goal {least:.3f}"
    reason = decision.says.removeprefix("goal met: ").removeprefix("goal not met: ")
    return Verdict(state, headline, reason, _next(project.spec, now, state, gates))


def _next(spec: ProjectSpec, now: RoundRecord, state: State, gates: Sequence[Gate]) -> Next:
    match state:
        case "met":
            return _use(spec, now)
        case "missed":
            more = _MORE.get(now.decision.reason, "change the goal")
            return Next(f"To go on, {more}; then `{APPLY}`.", None)
        case "open":
            return _held(spec, gates) or _go_on(spec, now)


def _use(spec: ProjectSpec, now: RoundRecord) -> Next:
    file = now.fact("package", "file")
    if not file:
        return Next("Nothing is left to do; the package is not made yet.", APPLY)
    return Next(
        f"Nothing is left to do: use the package `{file}`.",
        f"ymir predict {spec.name}/r{now.number} IMAGES",
    )


def _held(spec: ProjectSpec, gates: Sequence[Gate]) -> Next | None:
    """What to do about a gate that lets nobody label for the next round."""
    lights = {each.name: each.light for each in gates}
    if lights["package"] == "red" and spec.gates.package == "block":
        return Next("Mend the executor, or let it pass: `gates: {package: warn}`.", APPLY)
    if lights["regression"] == "red":
        says = "Look at the classes that fell; to go on all the same, `gates: {regression: warn}`."
        return Next(says, APPLY)
    return None


def _go_on(spec: ProjectSpec, now: RoundRecord) -> Next:
    following = f"round {now.number + 1}"
    send, label = now.versions.get("send"), now.versions.get("label")
    if label:
        back = plural(now.labelled, "labelled image")
        if now.by_model:
            back = plural(now.by_model, "pseudo-labelled image")
        return Next(f"`{APPLY}` trains {following} with {back} more.", APPLY)
    if send:
        where = now.fact("send", "where")
        place = f" in `{where}`" if where else f" with `{now.fact('send', 'tool')}`"
        waiting = plural(count(send, "images"), "image")
        return Next(f"Label {waiting}{place}; then `{APPLY}` trains {following}.", APPLY)
    mine = spec.mine
    picked = f"picks {plural(mine.topk, 'image')} by `{mine.use}`"
    return Next(f"`{APPLY}` {picked}, has them labelled and trains {following}.", APPLY)
