"""`ymir simulate PROJECT`: which strategy would need fewest labels, by labels that exist."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer
from pydantic import JsonValue

from ymir.cli import console
from ymir.cli.compare import Here, read_records
from ymir.cli.datasets import layout
from ymir.cli.datasets.layout import counted, plain
from ymir.cli.predict import stoppable
from ymir.cli.running.display import screen
from ymir.cli.specs import WorkspaceOption
from ymir.cli.words import duration
from ymir.comparison.records import Records
from ymir.errors import Exit
from ymir.metrics.scores import Band
from ymir.simulation.choosing import refuse_unknown
from ymir.simulation.curves import SHARES, Point, Reach, Replay, Worth, worth
from ymir.simulation.design import RANDOM, Design, Wishes, design
from ymir.simulation.forecast import forecast
from ymir.simulation.ground import Ground, ground
from ymir.simulation.simulation import Program, simulate

_WORK = "simulation"


def command(  # noqa: PLR0913 - each is an option of the command
    project: Annotated[str, typer.Argument(help="The project whose labels are replayed.")],
    strategies: Annotated[
        str | None,
        typer.Option(
            "--strategies",
            help="Mining strategies, `random,hybrid,…`; `random+limits` is chance that folds near "
            "duplicates and caps groups as the project does. By default `random` and the "
            "project's own.",
        ),
    ] = None,
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="From so many starts.")] = 5,
    start: Annotated[
        int | None, typer.Option("--start", min=1, help="So many images are labelled at first.")
    ] = None,
    topk: Annotated[
        int | None, typer.Option("--topk", min=1, help="So many more in each round.")
    ] = None,
    rounds: Annotated[int | None, typer.Option("--rounds", min=1, help="So many rounds.")] = None,
    workspace: WorkspaceOption = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Replay the loop on images that are labelled already, and say what each strategy is worth.

    Before money goes into labels: how many would each strategy have needed for 80, 90 and 95 % of
    what all labels give? Training sets, batches that came back and labels of the pool are replayed;
    models are judged on the project's testing set. All strategies have the same starts.

    It trains many models. What is done is kept in `.ymir/simulations/`: stop it at any time with
    Ctrl-C, and the same command goes on. Nothing is recorded, and no data changes.
    """
    records = read_records(workspace)
    found = ground(project, records)
    own = (RANDOM, found.project.mine.use)
    names = tuple(dict.fromkeys(strategies.split(",") if strategies else own))
    refuse_unknown(names)
    wanted = design(found, Wishes(names, seeds, start, topk, rounds))
    program = _program(found, workspace)
    replays = _simulated(found, wanted, records, program, quiet=as_json)
    if as_json:
        console.data(data(project, wanted, replays))
    else:
        console.out("\n".join(lines(wanted, replays)))


def _program(found: Ground, workspace: Path) -> Program:
    here, executor = Here(workspace), found.project.train.executor
    runner, backend = here.program(executor)
    return Program(runner, backend, here.digest(executor))


def _simulated(
    found: Ground, wanted: Design, records: Records, program: Program, *, quiet: bool
) -> tuple[Replay, ...]:
    """The simulation, shown while it runs; Ctrl-C and TERM end its jobs."""
    shown = screen(is_quiet=quiet)
    total = 2 * wanted.trainings  # each model looks once

    def tell(done: int) -> None:
        shown.advance(_WORK, min(1.0, done / total))

    if not quiet:
        console.out("\n".join(beforehand(found, wanted, records, program.backend.width)))
    shown.open()
    try:
        shown.begin(_WORK)
        with stoppable():
            return simulate(found, wanted, records, program, tell)
    except KeyboardInterrupt:
        console.error("stopped; its jobs have ended, and the same command goes on from here")
        raise typer.Exit(Exit.PENDING) from None
    finally:
        shown.close()


def beforehand(found: Ground, wanted: Design, records: Records, width: int) -> Iterator[str]:
    """What will be done, and about how long it takes."""
    images = counted(found.labelled.height, "image")
    names = ", ".join(map(plain, wanted.strategies))
    yield (
        f"{images} with labels, judged on {found.testing.height:,}: {names}; "
        f"{counted(len(wanted.seeds), 'start')} of {wanted.start:,} images, "
        f"{counted(wanted.rounds, 'round')} of {wanted.topk:,}"
    )
    ahead = forecast(wanted, found.project.name, width, records.observed)
    took = (
        "no round tells how long" if ahead.seconds is None else f"about {duration(ahead.seconds)}"
    )
    yield f"at most {counted(ahead.trainings, 'training')}, {took}, less what is kept from before"


def lines(wanted: Design, replays: Sequence[Replay]) -> Iterator[str]:
    """The simulation for people: a row for each strategy."""
    full = sum(each.full for each in replays) / len(replays)
    yield f"mAP with all labels: {full:.3f}"
    yield ""
    rows = [_row(each) for each in _worths(wanted, replays)]
    shares = [f"labels to {share:.0%}" for share in SHARES]
    head = (
        "strategy",
        *shares,
        "mean mAP",
        "final",
        f"lead over {RANDOM}",
        "95 % interval",
        "wins",
    )
    yield from layout.table([head, *rows], right=range(1, len(head)))
    yield ""
    yield "labels to 80 %: images that had to be labelled for that share of the mAP with all labels"
    yield f"mean mAP, lead and wins are of the whole way, over {counted(len(replays), 'start')}"


def _worths(wanted: Design, replays: Sequence[Replay]) -> tuple[Worth, ...]:
    return tuple(worth(name, replays, beside=RANDOM) for name in wanted.strategies)


def _row(each: Worth) -> tuple[str, ...]:
    lead, between = "", ""
    if each.lead:
        lead, between = f"{each.lead.value:+.3f}", f"{each.lead.low:+.3f} to {each.lead.high:+.3f}"
    wins = str(each.wins) if each.lead else ""
    reached = map(_reach, each.reach)
    return (
        plain(each.strategy),
        *reached,
        f"{each.area:.3f}",
        f"{each.final:.3f}",
        lead,
        between,
        wins,
    )


def _reach(each: Reach) -> str:
    """`120 (-35 %)`; where a start never got there, how many."""
    if each.missed:
        return f"> {each.labels:,.0f} (missed {each.missed})"
    if each.ratio is None:
        return f"{each.labels:,.0f}"
    about = "at most " if each.is_at_most else ""
    return f"{each.labels:,.0f} ({about}{each.ratio:.0%})"


def data(project: str, wanted: Design, replays: Sequence[Replay]) -> dict[str, JsonValue]:
    """The simulation for programs, with every curve."""
    return {
        "project": project,
        "start": wanted.start,
        "topk": wanted.topk,
        "rounds": wanted.rounds,
        "strategies": [_worth_data(each) for each in _worths(wanted, replays)],
        "replays": [
            {
                "seed": each.seed,
                "full": each.full,
                "curves": {name: [*map(_point_data, curve)] for name, curve in each.curves.items()},
            }
            for each in replays
        ],
    }


def _point_data(point: Point) -> dict[str, JsonValue]:
    return {"labels": point.labels, "map": point.map, "per_class": dict(point.per_class)}


def _worth_data(each: Worth) -> dict[str, JsonValue]:
    return {
        "strategy": each.strategy,
        "reach": [
            {
                "share": one.share,
                "labels": one.labels,
                "missed": one.missed,
                "ratio": one.ratio,
                "is_at_most": one.is_at_most,
            }
            for one in each.reach
        ],
        "area": each.area,
        "final": each.final,
        "lead": _band_data(each.lead),
        "final_lead": _band_data(each.final_lead),
        "wins": each.wins,
    }


def _band_data(band: Band | None) -> JsonValue:
    return {"value": band.value, "low": band.low, "high": band.high} if band else None
