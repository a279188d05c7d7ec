"""Hand a round's batch to people."""

from pathlib import Path

from ymir.contracts.backend import Job
from ymir.contracts.labeling import tools
from ymir.plan.snapshot import Facts
from ymir.stages.batches import batch
from ymir.stages.kind import Work
from ymir.stages.tables import parameters, text_setting


def jobs(work: Work) -> tuple[Job, ...]:
    """Done here, without an executor."""
    return ()


def make(work: Work, into: Path) -> Facts:
    """Nothing but the record: which tool has how many images, and where."""
    tool = text_setting(work, "use")
    sent = batch(work, work.stage.inputs[0])
    said = tools.load(tool).send(sent, parameters(work))
    return {"tool": tool, "batch": sent.name, "images": sent.images.height, **said}
