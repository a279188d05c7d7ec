"""What a round must not get wrong: one light and one plain sentence for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ymir.plan.history import count
from ymir.report.collect.returns import returns
from ymir.report.names import round_name
from ymir.report.record import ProjectRecord, RoundRecord
from ymir.report.shown.batches import Leakage, Returns
from ymir.report.shown.summary import Gate, Light, Regressions
from ymir.report.words import plural
from ymir.spec.pins import dataset_of
from ymir.spec.project import ProjectSpec

_SAME = "also in"  # how the count of leaks begins that are the very same file
_TRAINED_ON = "trained on all the same"
_DIGITS = 12  # of a digest that are enough to see that it is another
_NAMES = 5  # that a sentence holds


def gates(
    project: ProjectRecord,
    now: RoundRecord,
    leaks: Leakage | None,
    worse: Regressions | None,
) -> tuple[Gate, ...]:
    """Each gate of the round, in the order of its stages."""
    line = project.line(now.number)
    return (
        _leakage(leaks),
        _frozen(project, now, line[-2] if len(line) > 1 else None),
        _balance(project, now),
        _regression(project.spec, worse),
        _package(project.spec, now),
    )


def judged_on(spec: ProjectSpec, each: RoundRecord) -> frozenset[tuple[str, str]]:
    """The testing datasets that the round's judge saw, each with its digest."""
    judge = each.versions.get("judge")
    wanted = {dataset_of(name) for name in spec.data.testing}
    content = judge.recipe.content if judge else frozenset()
    return frozenset(pair for pair in content if pair[0] in wanted)


def listed(names: Sequence[str]) -> str:
    """Names in a sentence; of many, the first ones."""
    more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
    return ", ".join(f"`{name}`" for name in names[:_NAMES]) + more


def _leakage(leaks: Leakage | None) -> Gate:
    if leaks is None:
        return Gate("leakage", "off", "Nobody looked: this round is older than the gate.")
    if not leaks.counts:
        return Gate("leakage", "green", f"Nothing leaks; looked for {leaks.looked_for}.")
    is_learned = any(
        each.what.startswith(_SAME) and each.then == _TRAINED_ON for each in leaks.counts
    )
    said = "; ".join(
        f"{plural(each.images, 'training image')} {each.what}: {each.then}" for each in leaks.counts
    )
    return Gate("leakage", "red" if is_learned else "amber", f"{said}.")


def _frozen(project: ProjectRecord, now: RoundRecord, before: RoundRecord | None) -> Gate:
    def gate(light: Light, says: str) -> Gate:
        return Gate("frozen set", light, says)

    today = judged_on(project.spec, now)
    if not today:
        return gate("off", "The records do not say which testing set it was judged on.")
    earlier = judged_on(project.spec, before) if before else today
    scores = now.testing
    what = f"{plural(scores.images, 'image')}, {plural(scores.boxes, 'box')}"
    if before and earlier != today:
        then, digests = round_name(before.number), f"{_short(earlier)} then, {_short(today)} now"
        return gate(
            "red", f"Judged on another set than {then} ({digests}): they cannot be compared."
        )
    if grown := _newer(project, today):
        return gate("amber", f"{listed(grown)} has a newer version: `ymir apply` judges anew.")
    if before is None:
        return gate("green", f"Frozen from this round on: {what} ({_short(today)}).")
    return gate(
        "green", f"The same as {round_name(before.number)} was judged on: {what} ({_short(today)})."
    )


def _newer(project: ProjectRecord, judged: frozenset[tuple[str, str]]) -> list[str]:
    """Testing datasets whose content is not what was judged on."""
    digests = dict(judged)
    return [
        name
        for name in project.spec.data.testing
        if (newest := project.datasets.get(name))
        and digests.get(dataset_of(name), newest.digest) != newest.digest
    ]


def _short(judged: frozenset[tuple[str, str]]) -> str:
    return ", ".join(digest[:_DIGITS] for _, digest in sorted(judged))


def _balance(project: ProjectRecord, now: RoundRecord) -> Gate:
    batches = list(_batches(project, now))
    if not batches:
        return Gate("label balance", "off", "No batch was sent to people so far.")
    light: Light = "green"
    if any(each.outstanding for _, each in batches):
        light = "amber"
    if any(each.gap for _, each in batches):
        light = "red"
    said = "; ".join(f"{where}: {_balanced(each)}" for where, each in batches)
    return Gate("label balance", light, f"{said}.")


def _batches(project: ProjectRecord, now: RoundRecord) -> Iterator[tuple[str, Returns]]:
    """The batch that the round learned from, and the one that it sent."""
    for each in project.until(now.number)[-2:]:
        if (found := returns(each)) and each.number >= now.number - 1:
            yield round_name(each.number).capitalize(), found


def _balanced(each: Returns) -> str:
    said = " + ".join(f"{number:,} {what}" for what, number in each.parts.items() if number) or "0"
    lost = each.gap
    if lost > 0:
        return f"{each.sent:,} sent, but {said}: {lost:,} unaccounted for"
    if lost < 0:
        return f"{each.sent:,} sent, but {said}: {-lost:,} too many"
    return f"{each.sent:,} sent = {said}{_besides(each)}"


def _besides(each: Returns) -> str:
    """What the sum does not say."""
    notes = []
    if each.by_model:
        notes.append(f"{each.by_model:,} by a model alone")
    if each.released:
        notes.append(f"{each.released:,} back in the pool")
    if each.reviews and each.outstanding < each.sent:
        notes.append(f"{each.reviewed:,} of {each.reviews:,} answered twice")
    return f" ({', '.join(notes)})" if notes else ""


def _regression(spec: ProjectSpec, worse: Regressions | None) -> Gate:
    then = spec.gates.regression
    if then == "ignore":
        return Gate("regression", "off", "Not looked for: `gates: {regression: ignore}`.")
    if worse is None:
        return Gate("regression", "off", "There is no round before it to compare with.")
    images = f"{plural(worse.fixed, 'image')} fixed, {worse.broken:,} broken"
    if not worse.classes:
        return Gate(
            "regression",
            "green",
            f"No class fell by more than noise since {worse.before}; {images}.",
        )
    count_ = f"{len(worse.classes)} class{'es' if len(worse.classes) > 1 else ''}"
    says = f"{count_} fell by more than noise since {worse.before}: {listed(worse.classes)}"
    return Gate("regression", "red" if then == "block" else "amber", f"{says}; {images}.")


def _package(spec: ProjectSpec, now: RoundRecord) -> Gate:
    prove, file = now.versions.get("prove"), now.fact("package", "file")
    what = f"`{file}`" if file else "The package"
    if prove is None:
        off = spec.gates.package == "ignore"
        why = "Not tried: `gates: {package: ignore}`." if off else f"{what} is not tried yet."
        return Gate("package", "off", why)
    broken, checks = prove.facts.get("broken"), prove.facts.get("checks")
    names = [str(each) for each in broken] if isinstance(broken, list) else []
    if names or not prove.facts.get("holds", True):
        return Gate("package", "red", f"{what} is not what it promises: {listed(names)}.")
    kept = plural(len(checks), "promise") if isinstance(checks, dict) else "what it promises"
    tried = plural(count(prove, "images"), "image")
    return Gate("package", "green", f"{what} keeps {kept}, tried on {tried}.")
