"""Who labels the images that were picked, until when, and what becomes of their answers."""

import re
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from ymir.spec.base import Flag, Name, Use
from ymir.spec.executor import Duration
from ymir.spec.scope import checked, plugin, text_file

_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,3})?) ?%", re.ASCII)
_WRITTEN = Annotated[
    str,
    Field(
        pattern=r"^[0-9]{1,3}(\.[0-9]{1,3})? ?%$",
        json_schema_extra={"patternErrorMessage": "a share such as `5 %`"},
    ),
]


def _share(value: object) -> object:
    """`5 %` as 0.05."""
    found = _PERCENT.fullmatch(value) if isinstance(value, str) else None
    return float(found[1]) / 100 if found else value


def _some(value: float) -> float:
    """Refuse what is no part of a whole."""
    if not 0 < value <= 1:
        raise ValueError("must be above 0 and not above 1, or a share such as `5 %`")
    return value


Part = Annotated[
    float,
    BeforeValidator(_share, json_schema_input_type=Annotated[float, Field(gt=0, le=1)] | _WRITTEN),
    AfterValidator(_some),
]
Price = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{1,6}(\.[0-9]{1,4})? [A-Z]{3}$"),
    Field(
        json_schema_extra={
            "patternErrorMessage": "an amount and a currency, such as `0.08 EUR`",
            "examples": ["0.08 EUR"],
        }
    ),
]


def price(cost: Price) -> tuple[float, str]:
    """`0.08 EUR` as 0.08 and EUR."""
    amount, currency = cost.split(" ")
    return float(amount), currency


class Label(Use):
    """Who labels the images that were picked."""

    plugins: ClassVar[str] = "labeling"

    use: Annotated[Name, plugin("labeling", "label tool")] = Field(
        description="A label tool: `label-studio`, `cvat` or `folder` for people; `model` for what "
        "the round's model is sure of; `existing` where the pool has labels already."
    )
    instructions: Annotated[str, checked(text_file)] | None = Field(
        default=None,
        description="A text file in the workspace that tells annotators what to draw and what not.",
    )
    suggestions: Flag = Field(
        default=True,
        description="Whether people start from what the round's model finds on the images.",
    )
    deadline: Duration | None = Field(
        default=None, description="How long people have, from the moment a batch is sent."
    )
    on_partial: Literal["wait", "proceed", "fail"] = Field(
        default="wait",
        description="What happens at the deadline to a batch that is not done. `wait`: it is "
        "waited for, and said to be late; `proceed`: what is done is taken, the rest goes back to "
        "the pool; `fail`: `ymir apply` fails until this or the deadline is edited.",
    )
    review: Part | None = Field(
        default=None,
        description="The share of a batch that is sent twice, to see how far people agree: `5 %`.",
    )
    choose: Literal["latest", "agree", "all"] = Field(
        default="latest",
        description="What counts where several people answered for one image. `latest`: the "
        "newest answer, or the one with a star; `agree`: the boxes that more than half of them "
        "drew; `all`: every box that anybody drew, once.",
    )
    cost: Price | None = Field(
        default=None, description="What one answer costs, for plans and reports: `0.08 EUR`."
    )

    @model_validator(mode="after")
    def _has_a_deadline(self) -> Self:
        if self.on_partial != "wait" and self.deadline is None:
            raise ValueError(f"`on_partial: {self.on_partial}` needs a `deadline`")
        return self
