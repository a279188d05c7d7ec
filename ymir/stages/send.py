"""Hand a round's batch to people, with what the round's model finds on it."""

from datetime import UTC, datetime
from pathlib import Path

from ymir.contracts.backend import Job
from ymir.contracts.labeling import LabelTool, Waiting, tools
from ymir.data.table import SCHEMA
from ymir.jobs.predictions import read_predictions
from ymir.jobs.remarks import Remark, facts
from ymir.jobs.request import Inference
from ymir.media.tables import read_table, write_table
from ymir.plan.snapshot import Facts
from ymir.stages.batches import FOUND, SUGGESTED, bare_images, batch
from ymir.stages.executing import executor_of, job_for, result_of
from ymir.stages.kind import Work
from ymir.stages.returning import remember_why
from ymir.stages.tables import labels_of, parameters, text_setting, weights


def jobs(work: Work) -> tuple[Job, ...]:
    """The executor's inference over the batch, where nobody has asked its model yet."""
    if not _suggests(work) or _mined_by(work).exists():
        return ()
    images = bare_images(work, work.stage.inputs[0])
    if images.is_empty():
        return ()
    request = Inference(
        task=work.folder.name,
        class_names=labels_of(work),
        images=images,
        media=work.media.locate(images["image"]),
        model=weights(work, work.stage.inputs[-1]),
        gpus=executor_of(work).resources.gpus,
    )
    return (job_for(work, request),)


def make(work: Work, into: Path) -> Facts | Waiting:
    """What was suggested, and the record: which tool has how many images, where, and since when."""
    remarks = _suggest(work, into) if _suggests(work) else ()
    sent = batch(work, work.stage.inputs[0], into)
    said = _tool(work).send(sent, parameters(work))
    if isinstance(said, Waiting):
        remember_why(work, sent, said.what)
        return said
    return {
        "tool": text_setting(work, "use"),
        "batch": sent.name,
        "key": sent.key,
        "images": sent.images.height,
        "reviews": len(sent.twice),
        "sent_at": datetime.now(UTC).isoformat(timespec="seconds"),
        **facts(remarks),
        **said,
    }


def _suggest(work: Work, into: Path) -> tuple[Remark, ...]:
    """What the round's model finds on the images that nobody has labelled yet."""
    images = bare_images(work, work.stage.inputs[0])
    if images.is_empty():
        return ()
    remarks: tuple[Remark, ...] = ()
    if _mined_by(work).exists():
        found = read_table(_mined_by(work))
    else:
        read = read_predictions(result_of(work), images, labels_of(work))
        found, remarks = read.images, read.remarks
    ours = found.join(images, on="image", how="semi").select(SCHEMA.names())
    write_table(ours, into / SUGGESTED)
    return remarks


def _suggests(work: Work) -> bool:
    """Whether people, or a model, begin with what the round's model finds."""
    return _tool(work).uses_suggestions and work.stage.settings.get("suggestions", True) is True


def _tool(work: Work) -> LabelTool:
    tool: LabelTool = tools.load(text_setting(work, "use"))
    return tool


def _mined_by(work: Work) -> Path:
    """The predictions that the batch was mined by, if it was."""
    return work.store.open(work.stage.inputs[0]) / FOUND
