"""The quality of mining: `ymir simulate` in worlds of two kinds, and what must come out."""

from __future__ import annotations

import argparse
import json
import math
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from figures import Figure
from mining_plot import per_class, plot
from mining_scenes import NAMES, Pool
from mining_worlds import PROJECT, QUICK, Size, world, ymir

from ymir.simulation.curves import SHARES, Point, Reach, Replay, Worth, worth
from ymir.simulation.design import LIMITED, RANDOM
from ymir.spec.mine import Mine

DEFAULT = str(Mine.model_fields["use"].default)
OTHERS = (LIMITED, "entropy", "coreset", "deficit", "least-confidence", "margin")
SEEDS = 5
_README = Path(__file__).with_name("README.md")
_BEGIN, _END = "<!-- mining -->", "<!-- /mining -->"  # in README.md, around its tables
TARGETS = {0.8: 0.5, 0.9: 0.65}  # of the labels that chance needs, on the pool of clips


@dataclass(frozen=True)
class Kind:
    """Worlds of one kind, which differ by their seed."""

    name: str
    images: int
    rounds: int
    batch: int
    tail: float = 0.0
    empty: float = 0.1
    is_clips: bool = False

    def pool(self, seed: int) -> Pool:
        """The pool of one world."""
        kind = 1 if self.is_clips else 2
        return Pool(self.images, (kind, seed), self.tail, self.empty, self.is_clips)


KINDS = (
    Kind("clips", images=800, rounds=8, tail=1.3, empty=0.5, is_clips=True, batch=10),
    Kind("easy", images=400, rounds=5, batch=20),
)
TINY = Kind("clips", images=80, rounds=1, tail=1.3, empty=0.5, is_clips=True, batch=10)


def quality(asked: argparse.Namespace) -> list[Figure]:
    """Simulate what is missing, print the tables, and say what falls short."""
    work = asked.work or Path(tempfile.mkdtemp(prefix="ymir-mining-"))
    try:
        if asked.quick:
            _simulate(work, TINY, 1, (RANDOM, DEFAULT), QUICK)
            return list(_figures((TINY,), work, is_judged=False))
        kinds = [each for each in KINDS if each.name in asked.pools.split(",")]
        if not asked.table:
            _run(work, kinds, asked.seeds, tuple(filter(None, asked.strategies.split(","))))
        shown = {kind: replays(work, kind) for kind in kinds}
        told = "\n".join(line for kind, found in shown.items() for line in lines(kind, found))
        print(told)
        if asked.publish:
            _publish(told, {kind.name: found for kind, found in shown.items()})
        return list(_figures(kinds, work, is_judged=True))
    finally:
        if asked.work is None:
            shutil.rmtree(work)


def _run(work: Path, kinds: Sequence[Kind], seeds: int, others: Sequence[str]) -> None:
    """Chance and ours in all worlds first; then the others, world by world."""
    for names in ((RANDOM, DEFAULT), *([tuple(others)] if others else [])):
        for kind in kinds:
            for seed in range(1, seeds + 1):
                _simulate(work, kind, seed, names, Size())


def _simulate(work: Path, kind: Kind, seed: int, names: Sequence[str], size: Size) -> None:
    """Replay strategies in one world, and keep their curves."""
    made = world(work, f"{kind.name}-{seed}", kind.pool(seed), size)
    sizes = {"start": kind.batch, "topk": kind.batch, "rounds": kind.rounds}
    words = [word for name, value in sizes.items() for word in (f"--{name}", str(value))]
    print(f"{kind.name} {seed}: {', '.join(names)} …", flush=True)
    said = ymir(
        made, "simulate", PROJECT, "--seeds", "1", "--strategies", ",".join(names), *words, "--json"
    )
    (found,) = json.loads(said)["replays"]
    file = work / f"{kind.name}-{seed}.json"
    known = json.loads(file.read_text()) if file.exists() else {"curves": {}}
    curves = known["curves"] | found["curves"]
    partial = file.with_suffix(".part")
    partial.write_text(json.dumps({"full": found["full"], "curves": curves}))
    partial.rename(file)


def replays(work: Path, kind: Kind) -> list[Replay]:
    """What is known of the worlds of a kind."""
    found = []
    for file in sorted(work.glob(f"{kind.name}-*.json")):
        said = json.loads(file.read_text())
        curves = {name: _curve(points) for name, points in said["curves"].items()}
        found.append(Replay(int(file.stem.rpartition("-")[2]), said["full"], curves))
    return found


def _curve(points: Sequence[dict[str, object]]) -> tuple[Point, ...]:
    return tuple(Point(**each) for each in points)  # type: ignore[arg-type] # as it was written


def _publish(told: str, shown: Mapping[str, Sequence[Replay]]) -> None:
    """The tables and the curves, where people read them."""
    before, _, rest = _README.read_text(encoding="utf-8").partition(_BEGIN)
    _, _, after = rest.partition(_END)
    curves = "![mAP over labels](mining.svg)\n\n![AP of each class on clips](mining_classes.svg)"
    text = f"{before}{_BEGIN}\n{told.strip()}\n\n{curves}\n\n{_END}{after}"
    _README.write_text(text, encoding="utf-8")
    drawn = plot(shown, first=DEFAULT, beside=RANDOM)
    _README.with_name("mining.svg").write_text(drawn, encoding="utf-8")
    if found := shown.get("clips"):
        drawn = per_class(found, (DEFAULT, RANDOM), NAMES)
        _README.with_name("mining_classes.svg").write_text(drawn, encoding="utf-8")


def _worths(found: Sequence[Replay]) -> list[Worth]:
    names = dict.fromkeys(name for each in found for name in each.curves)
    return sorted((worth(name, found, beside=RANDOM) for name in names), key=lambda w: -w.area)


def lines(kind: Kind, found: Sequence[Replay]) -> Iterator[str]:
    """Tables in Markdown: strategies, and classes under chance and ours."""
    if not found:
        return
    full = sum(each.full for each in found) / len(found)
    yield f"\n#### {kind.name}: {len(found)} worlds, mAP with all labels {full:.3f}\n"
    shares = [f"labels to {share:.0%}" for share in SHARES]
    head = ["strategy", *shares, "mean mAP", "final mAP", "lead in mean mAP", "wins"]
    yield from _table([head, *(_row(each, found) for each in _worths(found))])
    ours = [each for each in found if {RANDOM, DEFAULT} <= each.curves.keys()]
    if ours:
        yield "\nAP of each class at the end, the usual ones first:\n"
        rows = [[name, *_per_class(ours, name)] for name in (RANDOM, DEFAULT)]
        yield from _table([["strategy", *(name.replace("_", " ") for name in NAMES)], *rows])


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    head, *others = rows
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    yield from (f"| {' | '.join(row)} |" for row in others)


def _row(each: Worth, found: Sequence[Replay]) -> list[str]:
    lead = ""
    if each.lead:
        lead = f"{each.lead.value:+.3f} ({each.lead.low:+.3f} to {each.lead.high:+.3f})"
    worlds = sum(each.strategy in one.curves for one in found)
    wins = f"{each.wins} of {worlds}" if each.lead else ""
    reached = map(_reach, each.reach)
    return [each.strategy, *reached, f"{each.area:.3f}", f"{each.final:.3f}", lead, wins]


def _reach(each: Reach) -> str:
    if each.missed:
        return f"> {each.labels:.0f} ({each.missed} never)"
    if each.ratio is None:
        return f"{each.labels:.0f}"
    return f"{each.labels:.0f} ({'≤ ' if each.is_at_most else ''}{each.ratio:.0%})"


def _per_class(found: Sequence[Replay], name: str) -> Iterator[str]:
    for label in NAMES:
        ends = [each.curves[name][-1].per_class.get(label, 0.0) for each in found]
        yield f"{sum(ends) / len(ends):.2f}"


def _figures(kinds: Sequence[Kind], work: Path, *, is_judged: bool) -> Iterator[Figure]:
    """What the default must reach; without a judgement, what it did."""
    for kind in kinds:
        found = [each for each in replays(work, kind) if DEFAULT in each.curves]
        if not found:
            continue
        own = worth(DEFAULT, found, beside=RANDOM)
        about = f"{kind.name}: {DEFAULT}"
        yield Figure(f"{kind.name}: mAP with all labels", _full(found), "mAP")
        for reach in own.reach if kind.is_clips else ():
            name = f"{about}, labels to {reach.share:.0%}, of those of {RANDOM}"
            value = math.inf if reach.ratio is None else reach.ratio
            most = TARGETS.get(reach.share) if is_judged else None
            yield Figure(name, value, "", *(("at most", most) if most else ()))
        if own.lead:
            yield Figure(f"{about}, lead in mean mAP", own.lead.value, "mAP")
            limit = ("at least", 0.0) if is_judged and not kind.is_clips else ()
            yield Figure(f"{about}, the most that lead may be", own.lead.high, "mAP", *limit)


def _full(found: Sequence[Replay]) -> float:
    return sum(each.full for each in found) / len(found)
