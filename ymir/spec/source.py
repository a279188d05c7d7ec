"""Where an imported dataset comes from, and how strictly it is read."""

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)
from pydantic.config import JsonDict

from ymir.spec.addresses import WEB, data_address, repository_address, scheme_of
from ymir.spec.base import Count, Name, Share, Spec, distinct
from ymir.spec.complaints import Complaint, refuse, shown
from ymir.spec.labels import KnownClass
from ymir.spec.scope import checked, plugin, readable_path

ORIGINS = ("path", "zip", "tar", "url", "git")
_NOT_OF_GIT = (
    *("format", "split", "holds", "verify", "reject", "reject_limit", "store"),
    "sha256",
)  # a catalogue holds versions, which have been read and checked before


def _inside(folder: str) -> str:
    is_out = folder.startswith("/") or ".." in folder.split("/")
    if is_out or "\\" in folder or not folder.isprintable():
        raise ValueError("must be a path inside the source, with `/`, without `..`")
    return folder


def _limit(value: object, handler: ValidatorFunctionWrapHandler) -> int | float:
    try:
        limit: int | float = handler(value)
    except ValidationError as error:
        given = value if isinstance(value, str | int | float | bool | None) else str(value)
        why = f"must be a number of images, or a share such as 0.01, not {shown(given)}"
        raise ValueError(why) from error
    return limit


def _schema(schema: JsonDict) -> None:
    """Say in the JSON Schema, too, what must be given."""
    one_origin: list[JsonValue] = [{"required": [name]} for name in ORIGINS]
    known: list[JsonValue] = [{"required": [name]} for name in ("format", "git")]
    schema["allOf"] = [{"oneOf": one_origin}, {"anyOf": known}]
    fields = schema["properties"]
    if isinstance(fields, dict) and isinstance(layout := fields["format"], dict):
        layout.pop("default")  # an empty name is none


ReadablePath = Annotated[str, checked(readable_path)]
Revision = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.+/-]*$", max_length=200),
    Field(json_schema_extra={"patternErrorMessage": "the name of a tag, or a commit's full id"}),
]
DatasetVersion = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*(@v[1-9][0-9]*)?$", max_length=80),
    Field(json_schema_extra={"patternErrorMessage": "a dataset's name, or `name@v2`"}),
]
Sha256 = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9a-f]{64}$"),
    Field(json_schema_extra={"patternErrorMessage": "64 digits and letters a to f, in lower case"}),
]


class FromGit(Spec):
    """A dataset of another workspace: a catalogue that others keep in git and DVC."""

    url: Annotated[str, checked(repository_address)] = Field(
        min_length=1,
        description="The repository: `https://…`, `ssh://…`, `git@host:path`, or a folder.",
    )
    rev: Revision = Field(description="A tag, or the full id of a commit; a branch would move.")
    dataset: DatasetVersion = Field(
        description="The name of its dataset; `name@v2` is one version, `name` the newest there."
    )
    labels: Annotated[tuple[KnownClass, ...], AfterValidator(distinct)] = Field(
        default=(),
        description="Take only boxes of these classes, and only images that have one.",
    )


class Source(Spec):
    """Files of a known format, in a folder or an archive, here or away; or a dataset from git."""

    model_config = ConfigDict(json_schema_extra=_schema)

    format: Annotated[Name, plugin("formats", "format")] = Field(
        default="",
        description=(
            "How the files are laid out: `voc`, `coco`, `yolo`, `labelstudio`, `fiftyone`, "
            "`datumaro`, `ark`, `images` (no labels), or another that is installed; "
            "required but for `git`."
        ),
    )
    path: ReadablePath | None = Field(
        default=None,
        min_length=1,
        description=(
            "The folder, absolute or relative to the workspace; inside `paths` of `Workspace`."
        ),
    )
    zip: ReadablePath | None = Field(
        default=None, min_length=1, description="A zip archive; where it may lie, as for `path`."
    )
    tar: ReadablePath | None = Field(
        default=None,
        min_length=1,
        description="A tar archive, as it is or packed with gzip, bzip2 or xz; as for `path`.",
    )
    url: Annotated[str, checked(data_address)] | None = Field(
        default=None,
        min_length=1,
        description=(
            "An archive at `http(s)://`, with `sha256`; or what begins with `s3://bucket/folder/` "
            "(or `gs://`, `az://`, `file://`): a folder of objects, or an archive with `sha256`."
        ),
    )
    sha256: Sha256 | None = Field(
        default=None, description="Of the archive at `url`: other content is refused."
    )
    git: FromGit | None = Field(default=None, description="A dataset of another workspace.")
    folder: Annotated[str, AfterValidator(_inside)] | None = Field(
        default=None,
        min_length=1,
        description=(
            "Where the dataset lies in the archive or below the `url`; for `git`, where the "
            "workspace lies in the repository."
        ),
    )
    split: str | None = Field(
        default=None,
        min_length=1,
        description="Take only this one of the format's own splits, e.g. `train`.",
    )
    holds: Literal["labels", "predictions"] = Field(
        default="labels",
        description="What the boxes are: `labels` are true; `predictions` keep their scores.",
    )
    unknown_labels: Literal["stop", "ignore", "add"] = Field(
        default="stop",
        description="A label that `Labels` does not know: stop, drop its boxes, or keep it as is.",
    )
    verify: Literal["header", "full"] = Field(
        default="header",
        description="`header`: check each image's header and end. `full`: decode every image.",
    )
    reject: Literal["stop", "skip"] = Field(
        default="stop",
        description="An unreadable image or annotation: stop, or skip it and say so.",
    )
    reject_limit: Annotated[Count | Share, WrapValidator(_limit)] | None = Field(
        default=None,
        description=(
            "With `reject: skip`: stop after all if more images are rejected than this, a number "
            "of images or a share of them."
        ),
    )
    store: Literal["copy", "link"] = Field(
        default="copy",
        description=(
            "`link` stores hard links to the source's files: no disk is used, but they turn "
            "read-only and must never be edited in place."
        ),
    )
    revision: str = Field(
        default="", description="Free text; change it to have a source that is away read again."
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        given = [name for name in ORIGINS if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError("give exactly one of `path`, `zip`, `tar`, `url` and `git`")
        refuse([*self._lacks(), *self._does_not_fit(given[0])])
        return self

    @property
    def place(self) -> str:
        """Where it comes from, for people: a path or an address."""
        if self.git:
            return f"{self.git.url} at {self.git.rev}"
        return self.path or self.zip or self.tar or self.url or ""

    @property
    def is_away(self) -> bool:
        """Whether only the spec says what it holds: planning does not look there."""
        return bool(self.url or self.git)

    def _lacks(self) -> Iterator[Complaint]:
        if not self.git and not self.format:
            yield Complaint(("format",), "is missing")
        if self.url and scheme_of(self.url) in WEB and not self.sha256:
            why = "is missing: what comes from the web is compared with it (see `sha256sum`)"
            yield Complaint(("sha256",), why)
        if self.reject_limit is not None and self.reject == "stop" and not self.git:
            yield Complaint(("reject_limit",), "needs `reject: skip`", at_key=True)

    def _does_not_fit(self, origin: str) -> Iterator[Complaint]:
        """What is given and would never be looked at."""
        strange = {
            "git": _NOT_OF_GIT,
            "url": (),
            "path": ("sha256", "folder", "revision"),
        }.get(origin, ("sha256", "revision"))
        for name in strange:
            if getattr(self, name) != type(self).model_fields[name].default:
                yield Complaint((name,), f"has no meaning with `{origin}`: leave it out", True)
