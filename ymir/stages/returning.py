"""How a batch stands at its label tool right now, and how far that is from what was taken in.

`look` is all that commands need to show a batch. To take one in, they open the workspace with
`pulled={"helmet/r1/label": look.digest}`, so that the plan makes that stage again with the answers
of now, or with `closed={"helmet/r1/label"}`, so that it takes what is done and waits for no more;
then they let the loop make what the plan says, and of the rounds `only` these stages.
"""

import time
from dataclasses import dataclass, replace

import polars as pl

from ymir.contracts.labeling import Answers, Batch, Waiting, tools
from ymir.data.answers import REJECTED, changed, digest
from ymir.data.balance import Balance
from ymir.data.consensus import Choice, counting
from ymir.looks import keep_look, last_look, released
from ymir.media.tables import read_table
from ymir.plan.world import Looked
from ymir.stages.accounting import accounted
from ymir.stages.batches import batch
from ymir.stages.kind import Work
from ymir.stages.places import UNANSWERED
from ymir.stages.tables import parameters, text_setting

ANSWERED = "answers.parquet"  # of a `label` stage: all that was said, and by whom


@dataclass(frozen=True)
class Look:
    """A batch as its tool has it now."""

    sent: Batch
    answers: Answers
    picked: pl.DataFrame  # `image` and `objects` of those that count as labelled
    balance: Balance
    changed: pl.Series  # images of a batch that was taken in, whose answers are others now

    @property
    def digest(self) -> str:
        """Stands for what was answered."""
        return digest(self.answers.rows)

    @property
    def outstanding(self) -> pl.Series:
        """The images without an answer, in the order of the batch."""
        images = self.sent.images.select("image")
        return images.join(self.answers.rows, on="image", how="anti", maintain_order="left")[
            "image"
        ]


def look(work: Work) -> Look | Waiting:
    """Ask the tool, and remember what it said; nothing is recorded. `work` is a `label` stage's."""
    send, mine = work.stage.inputs[:2]
    sent = batch(work, mine, work.store.open(send))
    said = tools.load(text_setting(work, "use")).collect(sent, parameters(work))
    if isinstance(said, Waiting):
        remember_why(work, sent, said.what)
        return said
    answers = replace(said, rows=still_wanted(work, sent.key, said.rows))
    picked = counting(answers.rows, _choice(work))
    counted = accounted(sent, answers.rows, picked)
    found = Look(sent, answers, picked, counted, _changed(work, answers.rows))
    looked = Looked(counted, time.time(), len(found.changed), sent.key, found.digest)
    keep_look(work.workspace, send, looked)
    return found


def remember_why(work: Work, sent: Batch, why: str) -> None:
    """A tool could not be asked: the look before stays, and says why there is none later."""
    send = work.stage.name.rsplit("/", 1)[0] + "/send"
    before = last_look(work.workspace, send)
    if before is None or before.key != sent.key:
        size = sent.images.height
        nothing = Balance(sent=size, outstanding=size, reviews=len(sent.twice))
        before = Looked(nothing, at=0.0, key=sent.key)
    keep_look(work.workspace, send, replace(before, why=why))


def _choice(work: Work) -> Choice:
    match work.stage.settings.get("choose"):
        case "agree":
            return "agree"
        case "all":
            return "all"
    return "latest"


def still_wanted(work: Work, key: str, rows: pl.DataFrame) -> pl.DataFrame:
    """The answers, less what a tool says of images that were withdrawn from it: they are gone.

    Also of those that a run had withdrawn before it was killed and could record nothing.
    """
    given_up = [*released(work.workspace, key), *_released(work)]
    if not given_up:
        return rows
    is_gone = (pl.col("state") == REJECTED) & pl.col("image").is_in(given_up)
    return rows.filter(~is_gone)


def _released(work: Work) -> list[str]:
    if not _is_taken_in(work):
        return []
    path = work.store.open(work.stage.name) / UNANSWERED
    return read_table(path)["image"].to_list() if path.exists() else []


def _changed(work: Work, answers: pl.DataFrame) -> pl.Series:
    """Images that are answered otherwise than they were taken in; none before that."""
    if not _is_taken_in(work):
        return pl.Series("image", [], dtype=pl.String)
    before = work.store.open(work.stage.name) / ANSWERED
    if not before.exists():  # of records from before there was one
        return pl.Series("image", [], dtype=pl.String)
    return changed(read_table(before), answers)


def _is_taken_in(work: Work) -> bool:
    return work.stage.name in work.store.observe()
