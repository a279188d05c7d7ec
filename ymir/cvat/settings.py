"""What a project's spec says of the CVAT that its people label in."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from ymir.answers.server import LabelServer
from ymir.spec.base import Count, Spec
from ymir.spec.secret import Secret

Text = Annotated[str, StringConstraints(min_length=1, max_length=256)]


class SharedFolder(Spec):
    """A folder that this machine can write, in the server's share."""

    path: Text = Field(
        description="The folder, as this machine sees it; a relative path is seen from the "
        "workspace. The images of a batch are copied to a folder of its own in it."
    )
    served: str = Field(
        default="", description="Where the folder is in the server's share; left out: it is that."
    )


class Settings(LabelServer):
    """What may stand under `with`."""

    token: Secret | None = Field(
        default=None, description="Where the personal access token is; people make theirs in CVAT."
    )
    user: Text | None = Field(default=None, description="Who signs in, where there is no token.")
    password: Secret | None = Field(default=None, description="Where the password of `user` is.")
    organization: Text | None = Field(
        default=None, description="The short name of the organization that the tasks belong to."
    )
    project: Text | None = Field(
        default=None,
        description="The project in CVAT that gets the tasks; it is made where there is none. "
        "Left out: it is called like the project here.",
    )
    segment_size: Count = Field(default=100, description="How many images a job has, at most.")
    images: Literal["upload", "folder"] = Field(
        default="upload",
        description="How the images get there. `upload`: they are sent; `folder`: the server "
        "reads them from its share.",
    )
    folder: SharedFolder | None = Field(default=None, description="For `images: folder`: which.")
    finished: Literal["completed", "accepted"] = Field(
        default="completed",
        description="When the images of a job count as answered. `completed`: when its state is "
        "`completed`, or its stage is `acceptance`; `accepted`: when both are so.",
    )

    @model_validator(mode="after")
    def _can_sign_in(self) -> Self:
        if self.token is not None and (self.user or self.password):
            raise ValueError("give either a `token`, or `user` and `password`")
        if self.token is None and not (self.user and self.password):
            raise ValueError("give a `token`, or `user` and `password`")
        return self

    @model_validator(mode="after")
    def _knows_the_folder(self) -> Self:
        if (self.images == "folder") != (self.folder is not None):
            raise ValueError("`images: folder` and `folder` go together: give both, or neither")
        return self
