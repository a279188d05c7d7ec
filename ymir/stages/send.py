"""Hand a round's batch to people."""

from datetime import UTC, datetime
from pathlib import Path

from ymir.contracts.backend import Job
from ymir.contracts.labeling import Waiting, tools
from ymir.media.tables import read_table, write_table
from ymir.plan.snapshot import Facts
from ymir.stages.batches import SUGGESTED, batch
from ymir.stages.kind import Work
from ymir.stages.tables import parameters, text_setting


def jobs(work: Work) -> tuple[Job, ...]:
    """Done here, without an executor."""
    return ()


def make(work: Work, into: Path) -> Facts | Waiting:
    """What was suggested, and the record: which tool has how many images, where, and since when."""
    tool, mine = tools.load(text_setting(work, "use")), work.stage.inputs[0]
    if tool.uses_suggestions and work.stage.settings.get("suggestions", True):
        _suggest(work, mine, into)
    sent = batch(work, mine, into)
    said = tool.send(sent, parameters(work))
    if isinstance(said, Waiting):
        return said
    return {
        "tool": text_setting(work, "use"),
        "batch": sent.name,
        "key": sent.key,
        "images": sent.images.height,
        "reviews": len(sent.twice),
        "sent_at": datetime.now(UTC).isoformat(timespec="seconds"),
        **said,
    }


def _suggest(work: Work, mine: str, into: Path) -> None:
    """What the round's model found on the images when it mined them."""
    found = work.store.open(mine) / "pool.parquet"
    if found.exists():
        mined = read_table(work.store.open(mine) / "mined.parquet", columns=["image"])
        write_table(read_table(found).join(mined, on="image", how="semi"), into / SUGGESTED)
