"""What a project's spec says of the Label Studio that its people label in."""

from string import Formatter
from typing import Annotated, Literal, Self
from urllib.parse import quote

from pydantic import AfterValidator, Field, model_validator

from ymir.answers.server import LabelServer, Path, Url
from ymir.spec.base import Spec
from ymir.spec.secret import Secret

_PARTS = ("image", "format", "head", "tail", "file")


def _addresses(pattern: str) -> str:
    """Refuse a pattern that does not give each image an address of its own."""
    if not pattern.startswith(("http://", "https://", "/")):
        raise ValueError("must be an address that begins with `https://`, `http://` or `/`")
    try:
        parts = {
            f"{name}{kind or ''}{form}"
            for _, name, form, kind in Formatter().parse(pattern)
            if name is not None
        }
    except ValueError:
        parts = {""}
    if not parts <= set(_PARTS):
        known = ", ".join(f"`{{{part}}}`" for part in _PARTS)
        raise ValueError(f"may hold {known}, and no other braces")
    if parts.isdisjoint({"image", "tail"}):
        raise ValueError("is the same for several images: say where `{image}` stands")
    return pattern


def address_of(pattern: str, image: str, kind: str, file: str) -> str:
    """Where browsers fetch an image."""
    parts = {"image": image, "head": image[:2], "tail": image[2:], "format": kind}
    return pattern.format(**parts, file=quote(file))


class SharedFolder(Spec):
    """A folder that this machine can write and the server can read."""

    path: Path = Field(
        description="The folder, as this machine sees it; a relative path is seen from the "
        "workspace. The images of a batch are linked, or copied, to a folder of its own in it."
    )
    root: Path = Field(
        description="The server's LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT, which holds the folder; "
        "as the server sees it."
    )
    served: Path | None = Field(
        default=None,
        description="The folder as the server sees it, where that is another path.",
    )


class Webhook(Spec):
    """Whom the server tells that somebody has answered, so that nobody needs to ask often."""

    url: Url = Field(description="Where `ymir watch` listens.")
    secret: Secret = Field(description="What the server says there, to be believed.")


class Settings(LabelServer):
    """What may stand under `with`."""

    token: Secret = Field(
        description="Where the access token is; people see theirs in Account & Settings."
    )
    images: Literal["upload", "folder", "address"] = Field(
        default="upload",
        description="How the images get there. `upload`: they are sent; `folder`: the server "
        "reads them from one; `address`: browsers fetch them from elsewhere.",
    )
    folder: SharedFolder | None = Field(default=None, description="For `images: folder`: which.")
    address: Annotated[str, AfterValidator(_addresses)] | None = Field(
        default=None,
        description="For `images: address`: that of an image. `{image}` is its digest, `{head}` "
        "the first two digits of it and `{tail}` the rest, `{format}` `jpg` or `png`, `{file}` its "
        "old name.",
        examples=["https://images.example/{image}.{format}"],
    )
    webhook: Webhook | None = Field(
        default=None, description="Whom the server tells about answers; left out: it is asked."
    )

    @model_validator(mode="after")
    def _images_are_found(self) -> Self:
        given = {"folder": self.folder, "address": self.address}
        for way, what in given.items():
            if self.images == way and what is None:
                raise ValueError(f"`images: {way}` needs `{way}`")
            if self.images != way and what is not None:
                raise ValueError(f"`{way}` is for `images: {way}`")
        return self
