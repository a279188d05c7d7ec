"""What specs say of any server that people label on."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from ymir.spec.base import Flag, Spec
from ymir.spec.executor import Duration

_ADDRESS = re.compile(r"https?://[^\s/@?#]+(/[^\s?#]*)?")


def _without_credentials(value: str) -> str:
    """Refuse what is no address, without repeating it: it may hold a password."""
    if not _ADDRESS.fullmatch(value):
        raise ValueError(
            "must be an address such as `https://labels.example`, without user or password"
        )
    return value


Url = Annotated[
    str,
    AfterValidator(_without_credentials),
    Field(json_schema_extra={"pattern": f"^{_ADDRESS.pattern}$"}),
]
Path = Annotated[str, StringConstraints(min_length=1)]


class LabelServer(Spec):
    """Where it is, how it is asked, and what becomes of shapes that are no upright boxes."""

    url: Url = Field(description="The address of the server, e.g. `https://labels.example`.")
    rotated: Literal["hull", "polygon", "reject"] = Field(
        default="hull",
        description="What becomes of a rectangle that somebody turned. `hull`: the upright box "
        "around it; `polygon`: that box, with its outline; `reject`: the answer does not count.",
    )
    polygons: Literal["box", "mask", "reject"] = Field(
        default="box",
        description="What becomes of polygons, ellipses and masks. `box`: the box around them; "
        "`mask`: that box, with its outline where it has one; `reject`: the answer does not "
        "count.",
    )
    verify: Flag | Path = Field(
        default=True,
        description="Whether the server's certificate is checked, or the file with the "
        "certificates of those who may have signed it.",
    )
    patience: Duration = Field(
        default="20s",
        description="How long a server that does not answer is asked again, before the batch "
        "waits for the next `ymir apply`.",
    )
