"""Hand a round's batch to people, with what the round's model finds on it."""

from datetime import UTC, datetime
from pathlib import Path

from ymir.contracts.labeling import LabelTool, Waiting, tools
from ymir.data.table import SCHEMA
from ymir.jobs.remarks import facts
from ymir.media.tables import read_some, write_table
from ymir.plan.snapshot import Facts
from ymir.stages.batches import FOUND, SENT, SUGGESTED, bare_images, batch
from ymir.stages.kind import Work
from ymir.stages.looking import FOUND_BY, Looks, Model, found, keep, looks, model_of, remarks_of
from ymir.stages.returning import remember_why
from ymir.stages.tables import parameters, text_setting

take = keep


def jobs(work: Work) -> Looks:
    """The executor's inference over the batch, where nobody has asked its model yet."""
    if not _suggests(work) or _mined_by(work).exists():
        return Looks()
    images = bare_images(work, work.stage.inputs[0])
    return looks(_model(work), images) if images.height else Looks()


def make(work: Work, into: Path) -> Facts | Waiting:
    """What was suggested, and the record: which tool has how many images, where, and since when."""
    found_by = _suggest(work, into) if _suggests(work) else {}
    sent = batch(work, work.stage.inputs[0], into)
    write_table(sent.images, into / SENT)
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
        **found_by,
        **facts(remarks_of(work)),
        **said,
    }


def _suggest(work: Work, into: Path) -> Facts:
    """What the round's model finds on the images that nobody has labelled yet."""
    images = bare_images(work, work.stage.inputs[0])
    if images.is_empty():
        return {}
    if _mined_by(work).exists():
        seen, known = read_some(_mined_by(work), images), {}
    else:
        model = _model(work)
        seen, known = found(model.known.shelf(), images), {FOUND_BY: model.known.key}
    write_table(seen.select(SCHEMA.names()), into / SUGGESTED)
    return known


def _suggests(work: Work) -> bool:
    """Whether people, or a model, begin with what the round's model finds."""
    return _tool(work).uses_suggestions and work.stage.settings.get("suggestions", True) is True


def _tool(work: Work) -> LabelTool:
    tool: LabelTool = tools.load(text_setting(work, "use"))
    return tool


def _model(work: Work) -> Model:
    return model_of(work, work.stage.inputs[-1])


def _mined_by(work: Work) -> Path:
    """The predictions that the batch was mined by, if it was."""
    return work.store.open(work.stage.inputs[0]) / FOUND
