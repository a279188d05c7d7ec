"""What stages read: datasets, the tables of rounds, and a round's model."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
from pydantic import JsonValue

from ymir.data.ops.merge import merge
from ymir.data.table import check, counts, predictions
from ymir.errors import DataError
from ymir.jobs.request import Weights
from ymir.media.tables import read_some, read_table
from ymir.package.contents import Model
from ymir.package.imported import PACKAGE, chosen
from ymir.package.read import read_package, unpack_stage
from ymir.spec.project import ProjectSpec
from ymir.stages.kind import Work

MODEL = "model/model.json"
TABLE = "images.parquet"  # of a dataset


def datasets(
    work: Work, names: Sequence[str], *, among: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Several datasets put together, or their rows `among` some images.

    Two that label one image differently are an error.
    """
    if among is None:
        tables = [table_of(work, name) for name in names]
    else:
        tables = [rows_of(work, name, among) for name in names]
    try:
        return merge(*tables, on_conflict="stop")
    except DataError as error:
        wanted = f"merge: [{', '.join(names)}]"
        hint = f"make one Dataset of them: `{wanted}` with `on_conflict: first` or `last`"
        raise DataError(f"{listed(names)}: {error}", hint=hint) from error


def table_of(work: Work, name: str) -> pl.DataFrame:
    """The table of a dataset: `name`, or `name@v2` for one of its versions."""
    return check(read_table(work.store.open(name) / TABLE))


def rows_of(work: Work, name: str, images: pl.DataFrame) -> pl.DataFrame:
    """Its rows of some images: a pool has a million others."""
    return check(read_some(work.store.open(name) / TABLE, images.select("image")))


def images_of(work: Work, name: str) -> pl.DataFrame:
    """Which images are in a dataset, and nothing of what is on them."""
    return read_table(work.store.open(name) / TABLE, columns=["image"])


def truth(work: Work, names: Sequence[str]) -> pl.DataFrame:
    """Several datasets put together, all of whose boxes are labels."""
    images = datasets(work, names)
    if count := predictions(images):
        raise DataError(
            f"{count} boxes of {listed(names)} have scores: they are predictions, not labels",
            hint="train and judge on labels; predictions are there to be looked at and compared",
        )
    return images


def testing(work: Work) -> pl.DataFrame:
    """The testing set; one that cannot tell a good model from a bad one is refused."""
    project = project_of(work)
    images = truth(work, project.data.testing)
    present = set(counts(images)["per_class"])
    absent = [each for each in project.goal.per_class if each not in present]
    if absent or present.isdisjoint(labels_of(work)):
        which, what = listed(project.data.testing), listed(absent or labels_of(work))
        raise DataError(
            f"the testing set {which} has no box of {what}",
            hint="without labelled objects to find, no model can be judged: check its annotations",
        )
    return images


def listed(names: Sequence[str]) -> str:
    """Names, as messages show them."""
    return ", ".join(f"`{name}`" for name in names)


def of_round(work: Work, stage: str, file: str) -> pl.DataFrame:
    """A table that a stage of a round made."""
    return read_table(work.store.open(stage) / file)


def text_setting(work: Work, name: str) -> str:
    """A setting that is a word."""
    return str(work.stage.settings[name])


def project_of(work: Work) -> ProjectSpec:
    """The project that the stage belongs to."""
    return work.catalogue.projects[work.stage.name.split("/")[0]]


def labels_of(work: Work) -> tuple[str, ...]:
    """The classes of the stage's round."""
    labels = work.stage.settings["labels"]
    return tuple(str(each) for each in labels) if isinstance(labels, list) else ()


def parameters(work: Work) -> dict[str, JsonValue]:
    """What the spec says in `with`."""
    given = work.stage.settings.get("with")
    return dict(given) if isinstance(given, dict) else {}


@contextmanager
def model_weights(work: Work, name: str) -> Iterator[Weights]:
    """The weights of an imported model, unpacked as long as they are needed."""
    stage = str(work.store.observe()[name].facts["stage"])
    package = chosen(read_package(work.store.open(name) / PACKAGE), stage)
    with TemporaryDirectory(prefix="ymir-weights-") as folder:
        yield Weights(stage, unpack_stage(package, Path(folder)))


def weights(work: Work, train: str) -> Weights:
    """The model that a `train` stage made."""
    folder = work.store.open(train)
    model = Model.model_validate_json((folder / MODEL).read_bytes())
    return Weights(model.stage, {name: folder / "model" / name for name in model.files})
